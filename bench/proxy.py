"""`make bench-proxy`: what the intake and the authenticated proxy cost beside nginx's proxy_pass to the same upstream.
Prints a table and, last, the ratios as one line of JSON.

A body of 4 KiB is posted over one connection, for the latency, and over 32, for the throughput; everybody in turn, and
then everybody again. ROUNDS (3) and SECONDS of each run (3) may be set in the environment.
"""

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import quote

import jwt

from bench import load, packages
from bench.load import Load
from tests.run import find, free_port
from tests.server.intake import KEY, Company, company
from tests.serving import Server, node

WORKERS = 2
BODY = 4096
MANY = 32
SCRIPT = Path(__file__).with_name("post.lua")
QUERY = "ddsource=browser&dd-api-key={}&dd-evp-origin-version=7.16.0&dd-evp-origin=browser&dd-request-id=1"


@dataclass(frozen=True)
class Way:
    """One way to the upstream: where to post, and with what proof."""

    name: str
    url: str
    proof: str = "-"

    def loaded(self, connections: int, seconds: float) -> Load:
        """What wrk sees there. RuntimeError if anything but good answers came."""
        seen = load.wrk(self.url, SCRIPT, str(BODY), self.proof, connections=connections, seconds=seconds)
        if seen.refused:
            raise RuntimeError(f"{self.name}: {seen.refused} were not taken in.")
        return seen


def main() -> None:
    """Start everything, time everybody, print."""
    packages.need("wrk", "wrk")
    packages.need("nginx", "nginx-light")
    seconds, count = float(os.environ.get("SECONDS", "3")), int(os.environ.get("ROUNDS", "3"))
    with (
        tempfile.TemporaryDirectory(prefix="keyhouse-proxy-") as folder,
        _nginx(Path(folder)) as (upstream, proxy),
        _keyhouse(Path(folder)) as server,
    ):
        ways = _ways(server, company(server, f"http://127.0.0.1:{upstream}"), upstream, proxy)
        for way in ways:
            way.loaded(MANY, 1)
        rounds = [{way.name: (way.loaded(1, seconds), way.loaded(MANY, seconds)) for way in ways} for _ in range(count)]
    _print(ways, rounds)


def _ways(server: Server, found: Company, upstream: int, proxy: int) -> list[Way]:
    path = "/api/v2/rum?" + QUERY
    visitor = jwt.encode({"sub": "visitor", "exp": time.time() + 3600}, KEY, "HS256")
    forwarded = quote(path.format(found.placeholder), safe="")
    return [
        Way("the upstream itself", f"http://127.0.0.1:{upstream}{path.format(found.token)}"),
        Way("nginx, proxy_pass", f"http://127.0.0.1:{proxy}{path.format(found.token)}"),
        Way("intake", f"{server.url}{path.format(found.token)}"),
        Way("authenticated proxy", f"{server.url}/rum-proxy/{found.application}/?ddforward={forwarded}", visitor),
    ]


def _print(ways: list[Way], rounds: list[dict[str, tuple[Load, Load]]]) -> None:
    direct, nginx, *ours = (way.name for way in ways)
    print("| way | alone: p50 / p99 ms | added by it, p50 ms | 32 at once, a second | x nginx | p99 ms |")
    print("| --- | --- | --- | --- | --- | --- |")
    figures = {}
    for way in ways:
        one = [each[way.name][0] for each in rounds]
        many = [each[way.name][1] for each in rounds]
        added = median(each[way.name][0].p50 - each[direct][0].p50 for each in rounds) / 1000
        share = median(each[way.name][1].rate / each[nginx][1].rate for each in rounds)
        p50, p99 = (median(getattr(run, name) for run in one) / 1000 for name in ("p50", "p99"))
        rate, tail = median(run.rate for run in many), median(run.p99 for run in many) / 1000
        print(f"| {way.name} | {p50:.2f} / {p99:.2f} | {added:.2f} | {rate:,.0f} | {share:.2f} | {tail:.1f} |")
        figures[way.name] = {"added_ms": round(added, 3), "vs_nginx": round(share, 3)}
    print(json.dumps({name: figures[name] for name in (nginx, *ours)}))


@contextlib.contextmanager
def _nginx(folder: Path) -> Iterator[tuple[int, int]]:
    """nginx as upstream and as proxy; the ports of both."""
    upstream, proxy = free_port(), free_port()
    config = folder / "nginx.conf"
    text = Path(__file__).with_name("nginx.conf").read_text()
    config.write_text(text.format(folder=folder, workers=WORKERS, upstream=upstream, proxy=proxy))
    process = subprocess.Popen(
        [find("nginx") or "nginx", "-p", str(folder), "-c", str(config), "-e", f"{folder}/start.log"]
    )
    try:
        _wait(proxy)
        yield upstream, proxy
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def _keyhouse(folder: Path) -> Iterator[Server]:
    """The console as `make run` starts it, on SQLite."""
    data = folder / "data"
    data.mkdir()
    settings = {"WORKERS": str(WORKERS), "PROXY_VISITS": "1000000"}
    server = node(data, f"sqlite:///{data / 'keyhouse.sqlite3'}", **settings)
    server.manage("prepare")
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _wait(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"nginx does not answer on port {port}.")


if __name__ == "__main__":
    main()
