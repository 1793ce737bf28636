"""Room on the disk that is kept for the spool: given up bit by bit when the disk is full, taken back when it is not."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

STEP = 1024 * 1024
HEADROOM = 16 * STEP
"""How much must be free beyond the reserve before it is taken back: one that takes the last byte is needed at once."""


class Reserve:
    """A file of `size` bytes that holds nothing, shared by all processes of a node. A size of 0 is no reserve."""

    def __init__(self, file: Path, size: int) -> None:
        self.file = file
        self.size = size

    def take(self) -> None:
        """Make the file as large as it should be, if the disk has room for that and some more. OSError if it cannot."""
        if not self.size and not self.file.exists():
            return
        with self._locked() as descriptor:
            held = os.fstat(descriptor).st_size
            if held > self.size:
                os.ftruncate(descriptor, self.size)
            elif held < self.size and self._is_room_for(self.size - held):
                self._grow(descriptor, held)

    def give_up(self) -> bool:
        """Free a step of it. False when there is nothing left. OSError if the file cannot be changed."""
        if not self.file.exists():
            return False
        with self._locked() as descriptor:
            held = os.fstat(descriptor).st_size
            os.ftruncate(descriptor, max(0, held - STEP))
            return held > 0

    def _is_room_for(self, wanted: int) -> bool:
        disk = os.statvfs(self.file.parent)
        return disk.f_bavail * disk.f_frsize >= wanted + HEADROOM

    def _grow(self, descriptor: int, held: int) -> None:
        try:
            os.posix_fallocate(descriptor, 0, self.size)
        except OSError:
            os.ftruncate(descriptor, held)  # some file systems leave behind what they could allocate
            raise

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)
