"""Writers and drainers are killed at random: nothing that was acknowledged is lost, nothing is counted twice."""

import itertools
import json
import os
import random
import sqlite3
import subprocess
import sys
import time

import psycopg
import pytest
from django.conf import settings
from django.db import connection

SECONDS = 4


@pytest.fixture
def processes(tmp_path, django_db_setup, django_db_blocker):
    """Starts processes that share a database, and keeps what each says in a file."""
    with django_db_blocker.unblock():
        running = Processes(tmp_path, copied_database(tmp_path))
    yield running
    running.kill_all()


def copied_database(folder):
    """The address of a copy of the tests' empty database: what other processes write there no test could undo."""
    if connection.vendor == "postgresql":
        empty, copy, given = connection.settings_dict["NAME"], f"killed_{os.getpid()}", os.environ["DATABASE_URL"]
        connection.close()
        with psycopg.connect(given, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {copy} TEMPLATE {empty}")
        return f"{given.rpartition('/')[0]}/{copy}"
    connection.ensure_connection()
    copy = sqlite3.connect(folder / "copy.sqlite3")
    connection.connection.backup(copy)
    copy.execute("PRAGMA journal_mode=WAL")
    copy.close()
    return f"sqlite:///{folder / 'copy.sqlite3'}"


class Processes:
    def __init__(self, folder, database):
        self.folder = folder
        self.environment = os.environ | {
            "DATA_DIR": str(folder),
            "DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "console.settings",
        }
        self.running = []
        self.numbers = itertools.count(1)

    def start(self, what):
        number = next(self.numbers)
        output = (self.folder / f"{what}-{number}.out").open("wb")
        command = [sys.executable, "-m", "tests.keys.usage_process", what, str(self.folder / "usage"), str(number)]
        with output:
            process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=self.environment, stdout=output)
        self.running.append((process, what))

    def replace(self, place):
        process, what = self.running.pop(place)
        process.kill()
        process.wait()
        self.start(what)

    def kill_all(self):
        for process, _what in self.running:
            process.kill()
            process.wait()
        self.running.clear()

    def ask(self, *command):
        done = subprocess.run(
            [sys.executable, *command], cwd=settings.BASE_DIR, env=self.environment, capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout.splitlines()[-1])

    def acknowledged(self):
        """All that writers said was stored, but for a line that was cut by the kill."""
        said = [file.read_bytes() for file in self.folder.glob("write-*.out")]
        return {word.decode() for text in said for word in text[: text.rfind(b"\n") + 1].split()}


def test_killed_at_random_nothing_is_lost_and_nothing_counted_twice(processes):
    for what in ("write", "write", "write", "drain", "drain"):
        processes.start(what)
    end, chance = time.monotonic() + SECONDS, random.Random(7)
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.2, 0.5))
        processes.replace(chance.randrange(len(processes.running)))
    processes.kill_all()

    counted = processes.ask("-m", "tests.keys.usage_process", "report", str(processes.folder / "usage"))

    acknowledged = processes.acknowledged()
    assert len(acknowledged) > 300
    assert acknowledged <= {credential for credential, _count in counted}
    assert {count for _credential, count in counted} == {1}
    proof = processes.ask("manage.py", "prove_usage")
    assert (proof["records"], proof["pending"], proof["rollup_difference"]) == (len(counted), 0, 0)
