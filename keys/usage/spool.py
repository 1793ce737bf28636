"""The write side of the spool, and the format of what it writes.

A segment is a file of frames that one process writes in one day of UTC, holding its lock as long as it lives. A frame
is a header and the lines of what happened at one moment; it is written whole or not at all.
"""

import contextlib
import errno
import fcntl
import os
import struct
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from django.conf import settings

from keys.usage.alarm import Alarm
from keys.usage.reserve import Reserve

HEADER = struct.Struct("<IIQ")
"""Length of the lines in bytes, CRC-32 of time and lines, time in milliseconds since the epoch."""
LARGEST_FRAME = 1024 * 1024
"""Bytes of lines in one frame: a larger length in a header is none."""
LARGEST_SEGMENT = 16 * 1024 * 1024
SUFFIX = ".seg"
DAY_MS = 86_400_000
_TIME = struct.Struct("<Q")
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_alarm = Alarm(__name__)


class Full(OSError):
    """The spool cannot take it; nothing of it is stored."""


class Frame(NamedTuple):
    """What one frame says: when, in milliseconds since the epoch, its lines with newlines between, where it ends."""

    at_ms: int
    lines: bytes
    end: int


def encoded(lines: Sequence[bytes], at_ms: int) -> bytes:
    """The lines as a frame, or as several where they are too much for one."""
    payload = b"\n".join(lines)
    if len(payload) > LARGEST_FRAME and len(lines) > 1:
        half = len(lines) // 2
        return encoded(lines[:half], at_ms) + encoded(lines[half:], at_ms)
    return HEADER.pack(len(payload), crc32(payload, crc32(_TIME.pack(at_ms))), at_ms) + payload


def frames(data: bytes, start: int = 0) -> Iterator[Frame]:
    """The whole, intact frames from `start` on, up to the first that is neither."""
    while start + HEADER.size <= len(data):
        length, checksum, at_ms = HEADER.unpack_from(data, start)
        first, start = start + HEADER.size, start + HEADER.size + length
        lines = data[first:start]
        intact = length <= LARGEST_FRAME and len(lines) == length
        if not intact or crc32(lines, crc32(data[first - 8 : first])) != checksum:
            return
        yield Frame(at_ms, lines, start)


def day_of(name: str) -> date:
    """The day that a segment's name says all in it happened on. ValueError for another file's name."""
    return datetime.strptime(name[:8], "%Y%m%d").replace(tzinfo=UTC).date()


def segments(folder: Path) -> list[Path]:
    """The segments not yet archived, oldest first."""
    return sorted((folder / "spool").glob(f"[0-9]*{SUFFIX}"))


def node(folder: Path) -> uuid.UUID:
    """What this node calls itself, for good: made up the first time, whole or not at all."""
    file = folder / "node"
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f".node.{uuid.uuid4().hex}"
        with draft.open("w") as stream:
            stream.write(f"{uuid.uuid4()}\n")
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its name counts
            os.link(draft, file)
        draft.unlink()
    return uuid.UUID(file.read_text().strip())


class Spool:
    """One process's way into the spool in `folder`. Every method may be called from any thread."""

    def __init__(self, folder: Path, *, reserve: int = 0) -> None:
        """`reserve` is how many bytes of the disk are kept free for the spool, 0 for none."""
        self.folder = folder
        self._reserve = Reserve(folder / "reserve", reserve)
        self._lock = threading.Lock()
        self._descriptor = -1
        self._day = -1
        self._size = 0
        self._written = False
        self._retired: list[int] = []
        (folder / "spool").mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._reserve.take()
        except OSError as error:
            _alarm("The usage spool has no reserve on the disk: %s.", error)

    def write(self, lines: Sequence[bytes], *, at_ms: int) -> None:
        """Store the lines, which happened at this moment. When it returns they outlive this process. Raises Full."""
        frame = encoded(lines, at_ms) if lines else b""
        with self._lock:
            while frame:
                try:
                    self._append(frame, at_ms // DAY_MS)
                    break
                except OSError as error:
                    self._make_room(error)

    def sync(self) -> None:
        """Bring what was written to the disk, so that it outlives the machine's power. OSError if the disk cannot."""
        with self._lock:
            waiting, self._retired = self._retired, []
            if self._written:
                waiting.append(os.dup(self._descriptor))
                self._written = False
        _sync_and_close(waiting, self.folder / "spool")

    def close(self) -> None:
        """Sync and let go of the segment. Another write opens the next."""
        with self._lock:
            self._retire()
        self.sync()

    def leave(self) -> None:
        """Forget the files in a process that was forked: they, and their locks, stay its parent's."""
        for descriptor in [*self._retired, self._descriptor]:
            if descriptor >= 0:
                os.close(descriptor)
        self._retired, self._descriptor, self._lock = [], -1, threading.Lock()

    def _append(self, frame: bytes, day: int) -> None:
        if day != self._day or self._size + len(frame) > LARGEST_SEGMENT or self._descriptor < 0:
            self._retire()
            self._descriptor, self._day, self._size = _open(self.folder / "spool", day), day, 0
        try:
            written = os.write(self._descriptor, frame)
        except OSError:
            self._take_back()
            raise
        if written < len(frame):
            self._take_back()
            raise OSError(errno.ENOSPC, "The disk took a part.")
        self._size += written
        self._written = True

    def _take_back(self) -> None:
        """Cut off what was written of a frame. A segment that cannot be cut is left: its reader stops there."""
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError:
            self._retire()

    def _retire(self) -> None:
        """Leave the segment to the next sync, which may wait for the disk as a writer may not."""
        if self._descriptor >= 0:
            self._retired.append(self._descriptor)
        self._descriptor, self._written = -1, False

    def _make_room(self, error: OSError) -> None:
        """Give up some of the reserve, that the write may be tried again. Raises Full if that is no help."""
        try:
            helped = error.errno in _NO_ROOM and self._reserve.give_up()
        except OSError:
            helped = False
        if not helped:
            _alarm("The usage spool cannot be written: %s.", error)
            raise Full(error.errno, "The usage spool cannot be written.") from error
        _alarm("The disk is full: the usage spool lives on its reserve.")


def _open(folder: Path, day: int) -> int:
    """A new segment, locked before it has the name by which a drainer finds it."""
    date = datetime.fromtimestamp(day * DAY_MS // 1000, UTC)
    file = folder / f"{date:%Y%m%d}-{time.time_ns()}-{os.getpid()}{SUFFIX}"
    draft = folder / f".{file.name}"
    flags = os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    descriptor = os.open(draft, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        draft.rename(file)
    except OSError:
        os.close(descriptor)
        draft.unlink(missing_ok=True)
        raise
    return descriptor


def _sync_and_close(descriptors: list[int], folder: Path) -> None:
    """Sync every file, and the folder that names them; close them whatever happens."""
    if not descriptors:
        return
    with contextlib.ExitStack() as closing:
        for descriptor in descriptors:
            closing.callback(os.close, descriptor)
        for descriptor in descriptors:
            os.fdatasync(descriptor)
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_opening = threading.Lock()
_current: Spool | None = None


def current() -> Spool:
    """This process's spool, in settings.USAGE_DIR. OSError if its folder cannot be made."""
    if _current is None or _current.folder is not settings.USAGE_DIR:
        return _reopened()
    return _current


def _reopened() -> Spool:
    global _current
    with _opening:
        if _current is None or _current.folder is not settings.USAGE_DIR:
            if _current is not None:
                _current.close()
            _current = Spool(settings.USAGE_DIR, reserve=settings.USAGE_RESERVE)
        return _current


def _leave_to_the_parent() -> None:
    global _current, _opening
    _opening = threading.Lock()
    if _current is not None:
        _current.leave()
        _current = None


os.register_at_fork(after_in_child=_leave_to_the_parent)
