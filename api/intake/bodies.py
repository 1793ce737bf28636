"""A request's body on its way through: as it comes, byte for byte, within bounds of size and time."""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from django.conf import settings

from api.answers import ApiError

Receive = Callable[[], Awaitable[Any]]

SECONDS = 10.0
"""How long a client may take to send a body."""

MOST_UNPACKED = 4 * settings.INTAKE_MAX_BODY
"""Bytes a compressed body may come to."""

LINGER_SECONDS = 5.0
PACKED = {"deflate", "gzip"}
CODINGS = {"", "identity", "zstd", *PACKED}


class Gone(Exception):
    """The client left before it had sent everything."""


class Body:
    """What comes after a request's head. `refusal` is what was wrong with it, once that is known."""

    def __init__(self, receive: Receive, length: int | None) -> None:
        self.length = length
        self.is_whole = False
        self.refusal: ApiError | Gone | None = None
        self._receive = receive
        self._first = b""
        self._size = 0
        self._check: _Unpacker | None = None
        self._ends_at = asyncio.get_running_loop().time() + SECONDS

    async def begin(self, coding: str) -> None:
        """Wait for what comes first; of most requests that is all there is. Raises ApiError or Gone."""
        coding = coding.strip().lower()
        if coding not in CODINGS:
            raise ApiError(415, "Content-Encoding: send gzip, deflate, zstd or nothing.")
        if coding in PACKED:
            self._check = _Unpacker(coding)
        if (self.length or 0) > settings.INTAKE_MAX_BODY:
            raise _too_large()
        self._first = await self._next()

    @property
    def first(self) -> bytes:
        """What came first."""
        return self._first

    async def chunks(self) -> AsyncIterator[bytes]:
        """All of it, piece by piece. Raises ApiError or Gone, and says so in `refusal`."""
        try:
            yield self._first
            while not self.is_whole:
                yield await self._next()
        except (ApiError, Gone) as refusal:
            self.refusal = refusal
            raise

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout_at(self._ends_at):
                message = await self._receive()
        except TimeoutError:
            raise ApiError(408, "The request took too long to arrive. Send it again.") from None
        if message["type"] == "http.disconnect":
            raise Gone
        chunk: bytes = message.get("body", b"")
        self._size += len(chunk)
        if self._size > settings.INTAKE_MAX_BODY:
            raise _too_large()
        self.is_whole = not message.get("more_body")
        if self._check:
            self._check.feed(chunk, is_last=self.is_whole)
        return chunk

    async def linger(self) -> None:
        """Take what a refused client still sends, and forget it: one cut off at once never reads why."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not self.is_whole:
                    message = await self._receive()
                    self._size += len(message.get("body", b""))
                    self.is_whole = not message.get("more_body") or self._size > 8 * settings.INTAKE_MAX_BODY


class _Unpacker:
    """Finds out whether what is compressed can be unpacked, and to how much; keeps nothing of it."""

    PIECE = 256 * 1024

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._unpack = zlib.decompressobj(wbits=47)  # with a header of either sort
        self._size = 0

    def feed(self, chunk: bytes, *, is_last: bool) -> None:
        try:
            while chunk and not self._unpack.eof:
                self._size += len(self._unpack.decompress(chunk, self.PIECE))
                chunk = self._unpack.unconsumed_tail
                if self._size > MOST_UNPACKED:
                    raise _too_large()
        except zlib.error:
            raise self._broken() from None
        if is_last and not self._unpack.eof:
            raise self._broken()

    def _broken(self) -> ApiError:
        return ApiError(400, f"The body is not what it is said to be: {self._coding} that can be unpacked.")


def _too_large() -> ApiError:
    return ApiError(413, f"The body is larger than {settings.INTAKE_MAX_BODY // 1024 // 1024} MiB. Send less at once.")
