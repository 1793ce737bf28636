"""The real server: gunicorn in a process of its own, on a database of its own, with the demo organisation."""

import os
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
    port = free_port()
    environment = os.environ | {
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url(folder, f"server_{os.getpid()}"),
        "PORT": str(port),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DEMO": "1",
        "API_RATES": "read=1000000/60,write=1000000/60,search=1000000/60,validate=1000000/60",
    }
    running = Server(f"http://127.0.0.1:{port}", folder, environment)
    running.manage("prepare")
    running.start()
    yield running
    running.stop()
