"""The drainer: counts what the spool of its node holds, each record once, whatever is killed when.

How far a segment is counted stands in the database and moves in the transaction that counts. One process of a node
drains, the one that holds the lock; when it dies the kernel gives the lock to the next.
"""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from keys.models import UsageSegment
from keys.usage import archive, chunks, retention, rollups, spool
from keys.usage.alarm import Alarm
from keys.usage.reserve import Reserve

PIECE_SIZE = spool.LARGEST_FRAME + spool.HEADER.size
"""Bytes that are read at once."""
MOST_LINES = 8_000
"""Different lines after which no further piece is counted in the same transaction: each touches six rows at most."""
BUSY_SECONDS, IDLE_SECONDS, SLOWEST_SECONDS = 0.25, 0.5, 5.0
"""How long to wait after a turn that found something, one that found nothing, and at most after those that failed."""
LEISURE, LONGEST_LEISURE = 10, 3.0
"""After a turn that took long, so many times as long, in seconds at most: what comes meanwhile is counted together, and
the same rows are touched less often."""
STANDBY_SECONDS = 1.0
HOUSEKEEPING_SECONDS = 60.0
REST_SECONDS = 5.0
"""For how long a segment that failed is left alone."""
BREATH_SECONDS = 0.002
"""After a piece and after a transaction, for those who wait for the interpreter or the database."""
_TRY_AGAIN = {"40P01", "40001", "55P03"}  # PostgreSQL: a deadlock, a serialization failure, a lock not to be had
_alarm = Alarm(__name__)


class Raced(Exception):
    """Somebody else counted the same stretch of a segment; this count was taken back.

    That was this process's predecessor, or this process before it lost the database: whoever is cut off while
    PostgreSQL works on its last commit is gone, and its lock with it, before that commit can be seen.
    """


class Drainer:
    """Drains the spool in `folder`, and keeps house there: retention, and `reserve` bytes of the disk."""

    def __init__(self, folder: Path, *, reserve: int = 0) -> None:
        self.folder = folder
        self._reserve = Reserve(folder / "reserve", reserve)
        self._stop = threading.Event()
        self._rollups = rollups.Rollups()
        self._segments: dict[str, UsageSegment] = {}
        self._resting: dict[str, float] = {}
        self._housekeeping_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Drain, whenever no other process of the node does, until told to stop. Survives whatever fails."""
        self._stop = stop
        try:
            while not stop.is_set():
                try:
                    self._serve()
                except Exception as error:
                    _alarm("The usage drainer starts over.", error=error)
                stop.wait(STANDBY_SECONDS)
        finally:
            connection.close()

    def drain_once(self, now: datetime) -> int:
        """Count all that is in the spool; how many records that were. Raises what the database does when it is away.

        A segment that fails otherwise is reported, and left alone for a while.
        """
        files = {file.name: file for file in spool.segments(self.folder)}
        self._segments = {name: segment for name, segment in self._segments.items() if name in files}
        self._resting = {name: until for name, until in self._resting.items() if until > time.monotonic()}
        return sum(self._attempt(file, now) for name, file in files.items() if name not in self._resting)

    def keep_house(self, now: datetime) -> None:
        """Forget what is older than it is kept, and take the reserve back if it was given up."""
        retention.forget(self.folder, now=now)
        self._reserve.take()

    def _serve(self) -> None:
        with _lock(self.folder) as held:
            self._forget()
            pause = 0.0
            while held and not self._stop.wait(pause):
                pause = self._turn(pause)

    def _turn(self, pause: float) -> float:
        """Drain and, now and then, keep house; how long to pause then. A failure doubles the pause there was."""
        began = time.monotonic()
        try:
            counted = self.drain_once(timezone.now())
            if time.monotonic() >= self._housekeeping_at:
                self._housekeeping_at = time.monotonic() + HOUSEKEEPING_SECONDS
                self.keep_house(timezone.now())
        except Exception as error:
            _alarm("Usage is not counted for now; it waits in the spool.", error=error)
            connection.close()
            return min(SLOWEST_SECONDS, 2 * max(pause, BUSY_SECONDS))
        leisure = min(LONGEST_LEISURE, LEISURE * (time.monotonic() - began))
        return max(BUSY_SECONDS, leisure) if counted else IDLE_SECONDS

    def _attempt(self, file: Path, now: datetime) -> int:
        """Drain one segment unless we are to stop."""
        try:
            return 0 if self._stop.is_set() else self._drain(file, now)
        except Exception as error:
            self._resting[file.name] = time.monotonic() + REST_SECONDS
            self._forget()
            if isinstance(error, OperationalError | InterfaceError):
                raise
            if not isinstance(error, Raced):  # that it is counted already is no trouble: it is looked up again
                _alarm("The usage segment %s cannot be counted.", file.name, about=file.name, error=error)
            return 0

    def _forget(self) -> None:
        """What is remembered is right as long as nobody else drains and nothing fails."""
        self._segments.clear()
        self._rollups.forget()

    def _drain(self, file: Path, now: datetime) -> int:
        with _opened(file) as (descriptor, dead):
            size = os.fstat(descriptor).st_size
            segment = self._segment(file.name) if size else UsageSegment()
            before = segment.records
            while segment.position < size:
                chunk = self._gathered(descriptor, segment.position)
                if not chunk.frames:
                    break
                self._count(segment, chunk, rollups.tally(chunk.counted()), now)
                if self._stop.wait(BREATH_SECONDS):
                    return segment.records - before
            if dead:
                self._put_away(file, torn=size - segment.position, empty=not size)
            return segment.records - before

    def _gathered(self, descriptor: int, position: int) -> chunks.Chunk:
        """What the segment holds from there on, as far as it is to be counted at once: the same lines come again and
        again, and a row that is touched once costs no more for counting many."""
        chunk = _piece(descriptor, position)
        while chunk.frames and chunk.distinct <= MOST_LINES // 2 and not self._stop.wait(BREATH_SECONDS):
            piece = _piece(descriptor, position + chunk.size)
            if not piece.frames or chunk.distinct + piece.distinct > MOST_LINES:
                break
            chunk.add(piece)
        return chunk

    def _segment(self, name: str) -> UsageSegment:
        """How far the segment is counted, from memory where it is known: nobody else moves it."""
        if name not in self._segments:
            self._segments[name], _made = UsageSegment.objects.get_or_create(
                node=spool.node(self.folder), name=name, defaults={"day": spool.day_of(name)}
            )
        return self._segments[name]

    def _count(self, segment: UsageSegment, chunk: chunks.Chunk, sums: rollups.Tally, now: datetime) -> None:
        """Count the chunk, again if the first time met another node's count, or a change, the wrong way round."""
        try:
            self._commit(segment, chunk, sums, now)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in _TRY_AGAIN:
                raise
            self._rollups.forget()
            self._commit(segment, chunk, sums, now)
        segment.position += chunk.size
        segment.records += chunk.records
        segment.frames += chunk.frames

    @transaction.atomic
    def _commit(self, segment: UsageSegment, chunk: chunks.Chunk, sums: rollups.Tally, now: datetime) -> None:
        unmoved = UsageSegment.objects.filter(pk=segment.pk, position=segment.position)
        moved = unmoved.update(
            position=segment.position + chunk.size,
            frames=segment.frames + chunk.frames,
            records=segment.records + chunk.records,
            drained_at=now,
        )
        if not moved:
            raise Raced(segment.name)
        self._rollups.add(sums)

    def _put_away(self, file: Path, *, torn: int, empty: bool) -> None:
        """Archive a segment that nobody writes any more and that is counted up to its end, or to where it is torn."""
        if torn:
            _alarm("The usage segment %s is torn: %s bytes at its end are lost.", file.name, torn, about=file.name)
        if empty:
            file.unlink()
        else:
            archive.keep(self.folder, file)


def _piece(descriptor: int, position: int) -> chunks.Chunk:
    return chunks.read(os.pread(descriptor, PIECE_SIZE, position))


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[tuple[int, bool]]:
    """The segment, and whether its writer is gone: asked before it is read, so that what is read then is all."""
    descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    try:
        yield descriptor, _locked(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """Whether this process is the one that drains; if so it is until the end of the block."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / "drain.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
