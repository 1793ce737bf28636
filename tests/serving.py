"""The real server: gunicorn in a process of its own, on a database of its own, with the demo organisation."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.run import free_port

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0


@dataclass
class Server:
    """A running console. `data_dir` is its folder, with everything it keeps."""

    url: str
    data_dir: Path
    environment: dict[str, str]
    process: subprocess.Popen | None = None

    def manage(self, *arguments):
        """Run a manage.py command against the server's database; what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log(self):
        """Everything the server has written so far."""
        return (self.data_dir / "server.log").read_text()

    def start(self):
        """Start gunicorn and wait until it answers."""
        with (self.data_dir / "server.log").open("ab") as log:
            command = [sys.executable, "-m", "gunicorn", "-c", "python:console.gunicorn_conf"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=1):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.log())

    def stop(self):
        """Stop it and wait."""
        self.process.terminate()
        self.process.wait(20)

    def workers(self):
        """The process ids of its workers."""
        return children(self.process.pid)

    def kill(self):
        """End all of its processes at once, and give none of them a chance to say good-bye."""
        for pid in (self.process.pid, *self.workers()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def beside(self, folder, **environment):
        """Another node on the same database, not started yet, with a folder of its own as on another machine."""
        secrets = {
            "SECRET_KEY": (self.data_dir / "secret_key").read_text().strip(),
            "PEPPERS_FILE": str(self.data_dir / "peppers.json"),
        }
        return node(folder, self.environment["DATABASE_URL"], **(self.environment | secrets | environment))


def children(pid):
    """The processes that this one started."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def node(folder, database, **environment):
    """A server that is not started yet, on a port of its own."""
    port = free_port()
    own = {
        "DATA_DIR": str(folder),
        "DATABASE_URL": database,
        "PORT": str(port),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "EGRESS_ALLOW": "127.0.0.0/8",
        "API_RATES": "read=1000000/60,write=1000000/60,search=1000000/60,validate=1000000/60",
    }
    return Server(f"http://127.0.0.1:{port}", folder, os.environ | {"TICK": "0"} | environment | own)


def database_url(folder, name):
    """A database nobody else uses: a file, or a new database on the server the tests were given."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        return f"sqlite:///{folder / 'keyhouse.sqlite3'}"
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{given.rpartition('/')[0]}/{name}"


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    running = node(folder, database_url(folder, f"server_{os.getpid()}"), DEMO="1", TICK="1")
    running.manage("prepare")
    running.start()
    yield running
    running.stop()
