"""A contestant's server, up and checked."""

import contextlib
import http.client
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.contestants import Contestant
from bench.houses import ROOT
from tests.run import free_port

PATIENCE = 60.0
GOOD_ASKED, BAD_ASKED = 1000, 10


@dataclass
class Running:
    """A server that answers. `asked` counts the questions it has answered, `loads` how often wrk loaded it."""

    contestant: Contestant
    port: int
    process: subprocess.Popen[bytes]
    questions: Path
    asked: int = 0
    loads: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.contestant.path}"


@contextlib.contextmanager
def running(contestant: Contestant) -> Iterator[Running]:
    """The contestant's server, as long as it is needed, once it has let 1,000 good keys in and kept 10 bad ones out."""
    port, house = free_port(), contestant.house
    environment = house.environment | contestant.settings | {"PORT": str(port), "SITE_URL": f"http://127.0.0.1:{port}"}
    command = list(contestant.command)
    if "bench.rivals.wsgi:application" in command:
        command += ["-b", f"127.0.0.1:{port}"]
    log = house.keys.with_name(f"{contestant.name}.log")
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    server = Running(contestant, port, process, house.keys.with_name(f"{contestant.name}.questions"))
    try:
        _wait(server, log)
        _check(server)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _wait(server: Running, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"{server.contestant.label} does not answer.\n{log.read_text()}")


def _check(server: Running) -> None:
    """See that it knows good keys from bad ones, and write the questions it will be asked."""
    contestant = server.contestant
    with contestant.house.keys.open() as file:
        keys = [line.strip() for line in islice(file, contestant.first, contestant.first + contestant.hot)]
    bad = [_spoilt(key) for key in keys[:BAD_ASKED]]
    good, refused = ask(server, (keys * GOOD_ASKED)[:GOOD_ASKED]), ask(server, bad)
    wanted = {401, 403} if contestant.judges else {200}
    if set(good) != {200} or not set(refused) <= wanted:
        raise RuntimeError(f"{contestant.label} answers {dict(good)} to good keys and {dict(refused)} to bad ones.")
    with server.questions.open("w") as file:
        for number, key in enumerate(keys):
            file.write(f"{contestant.question.format(key)}\n")
            if number % 100 == 99:
                file.write(f"{contestant.question.format(bad[number // 100 % BAD_ASKED])}\n")


def _spoilt(key: str) -> str:
    """Another text that is spelled alike."""
    return key[:-20] + key[:-21:-1]


def ask(server: Running, keys: list[str]) -> Counter[int]:
    """How often each status answered these keys, asked one after the other."""
    statuses: Counter[int] = Counter()
    contestant = server.contestant
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for key in keys:
        connection.request("GET", contestant.path, headers={contestant.header: contestant.question.format(key)})
        answer = connection.getresponse()
        answer.read()
        statuses[answer.status] += 1
    connection.close()
    server.asked += len(keys)
    return statuses
