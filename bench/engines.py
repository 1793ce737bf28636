"""Where everybody's keys are: databases on a PostgreSQL server of the bench's own, or SQLite files."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench import packages
from tests.run import postgresql


@dataclass(frozen=True)
class Engine:
    """Makes databases. `pid` is the database server's process, 0 where there is none."""

    folder: Path
    server: str = ""
    pid: int = 0

    def database(self, name: str) -> str:
        """The URL of a new, empty database."""
        if not self.server:
            return f"sqlite:///{self.folder / name}.sqlite3"
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return f"{self.server.rpartition('/')[0]}/{name}"


@contextlib.contextmanager
def engine(name: str, folder: Path) -> Iterator[Engine]:
    """The engine of this name, "postgresql" or "sqlite", as long as it is needed."""
    if name == "sqlite":
        yield Engine(folder)
        return
    packages.need("initdb", "postgresql")
    with postgresql() as url:
        with psycopg.connect(url) as connection:
            row = connection.execute("SHOW data_directory").fetchone() or ("",)
        pid = int(Path(row[0], "postmaster.pid").read_text().split()[0])
        yield Engine(folder, url, pid)
