"""Learning what has changed, so that what is remembered of credentials can be forgotten in time.

Truth is the table of revisions, which triggers fill in the transaction that changes something. Whoever remembers
standings reads it at least every `PULSE`; being woken, by a notification or by the node's own mark, only makes it
sooner. A notification that is lost costs a quarter of a second and nothing else.
"""

import contextlib
import logging
import mmap
import os
import sqlite3
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from django.conf import settings
from django.db import connection, connections

from keys.guards import CHANNEL
from keys.standings import id_of

log = logging.getLogger(__name__)

PULSE = 0.25
"""Seconds between two readings when nothing calls for one."""


class Anchor(NamedTuple):
    """The newest revision a reader has seen. It is there as long as the reader can have missed nothing: retention takes
    only what is old, and never the newest of all; a database restored from a backup has another in its place."""

    id: int
    subject: uuid.UUID
    at: datetime


class Position(NamedTuple):
    """Where a reader stands: the newest revision it saw, if any, and on PostgreSQL the horizon, below which every
    transaction had ended."""

    anchor: Anchor | None = None
    horizon: int = 0


@dataclass(frozen=True)
class Changes:
    """Whose standings are outdated, and the position to read on from. `is_whole` is False where more may have changed
    than can be told: then everything is outdated."""

    subjects: frozenset[uuid.UUID]
    position: Position
    is_whole: bool


_AFTER = {
    # A transaction below the horizon has ended, so what it wrote was visible to the reading that set the horizon.
    # One at or above it may still commit: its rows are read again, which forgets a little more than necessary.
    "postgresql": """
        SELECT revision.id, revision.subject, revision.at, pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        FROM (SELECT 1) AS one
        LEFT JOIN keys_revision AS revision ON revision.transaction >= %(horizon)s OR revision.id = %(anchor)s
    """,
    # Writers queue, so ids are in the order of commits.
    "sqlite": """
        SELECT revision.id, revision.subject, revision.at, 0
        FROM (SELECT 1) AS one LEFT JOIN keys_revision AS revision ON revision.id >= %(anchor)s
    """,
}
_NOW = {
    "postgresql": """
        SELECT revision.id, revision.subject, revision.at, pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        FROM (SELECT 1) AS one
        LEFT JOIN keys_revision AS revision ON revision.id = (SELECT max(id) FROM keys_revision)
    """,
    "sqlite": """
        SELECT revision.id, revision.subject, revision.at, 0
        FROM (SELECT 1) AS one
        LEFT JOIN keys_revision AS revision ON revision.id = (SELECT max(id) FROM keys_revision)
    """,
}


def position() -> Position:
    """Where a reader begins that remembers nothing yet."""
    seen, horizon = _read(_NOW[connection.vendor], {})
    return Position(max(seen, default=None), horizon)


def since(position: Position) -> Changes:
    """What was committed after the reading that gave this position; perhaps a little of what was before."""
    anchor = position.anchor
    asked = {"horizon": position.horizon, "anchor": anchor.id if anchor else 0}
    seen, horizon = _read(_AFTER[connection.vendor], asked)
    is_whole = horizon >= position.horizon and (anchor in seen if anchor else not seen)
    subjects = frozenset(one.subject for one in seen if one != anchor)
    return Changes(subjects, Position(max(seen, default=anchor if is_whole else None), horizon), is_whole)


def _read(statement: str, asked: dict[str, int]) -> tuple[list[Anchor], int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        rows = cursor.fetchall()
    return [Anchor(pk, id_of(subject), at) for pk, subject, at, _ in rows if pk is not None], int(rows[0][3])


class Sign(Protocol):
    """Tells within microseconds whether anything may have changed since it was asked last, from any process here."""

    def moved(self) -> bool:
        """Whether something may have."""
        ...


class DataVersion:
    """SQLite's own count of commits by other connections. For the thread that made it."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=0)
        self._seen = -1

    def moved(self) -> bool:
        seen, self._seen = self._seen, self._connection.execute("PRAGMA data_version").fetchone()[0]
        return bool(seen != self._seen)


class Mark:
    """Eight bytes that the processes of a node share, and that `announce` writes anew after every change made here.

    The bytes are random each time: a count could be raised by two at once and look as if it was raised by one.
    """

    SIZE = 8

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with contextlib.closing(os.fdopen(descriptor, "r+b")) as file:
            os.ftruncate(file.fileno(), self.SIZE)
            self._page = mmap.mmap(file.fileno(), self.SIZE)
        self._seen = b""

    def moved(self) -> bool:
        seen, self._seen = self._seen, self._page[:]
        return seen != self._seen

    def write(self) -> None:
        """Let every other reader's `moved` be true once."""
        self._page[:] = os.urandom(self.SIZE)


def sign() -> Sign:
    """The quickest sign there is on this engine."""
    if connection.vendor == "sqlite":
        return DataVersion(Path(connection.settings_dict["NAME"]).resolve())
    return Mark(_mark_path())


def _mark_path() -> Path:
    return Path(settings.DATA_DIR) / "revisions.mark"


def announce() -> None:
    """Tell the other processes of this node that something may have changed, once it is committed and before whoever
    asked for it hears so: their next question is answered by what is now true. SQLite tells them by itself.

    Where the mark cannot be written they hear of it a little later, from the database."""
    if connection.vendor != "sqlite":
        try:
            Mark(_mark_path()).write()
        except OSError:
            log.exception("The mark of changes cannot be written.")


def listen(wake: Callable[[], None], stop: threading.Event) -> None:
    """Call `wake` whenever PostgreSQL says that there are revisions, until told to stop. Does nothing on SQLite.

    Runs in a thread of its own, on a connection of its own; connects again after any trouble.
    """
    while connection.vendor == "postgresql" and not stop.is_set():
        with contextlib.suppress(Exception):
            _listen_once(wake, stop)
        stop.wait(PULSE)


def _listen_once(wake: Callable[[], None], stop: threading.Event) -> None:
    with contextlib.closing(connections.create_connection("default")) as listener:
        listener.ensure_connection()
        driver = listener.connection
        driver.execute(f"LISTEN {CHANNEL}")
        while not stop.is_set():
            for _ in driver.notifies(timeout=1.0, stop_after=1):
                wake()
