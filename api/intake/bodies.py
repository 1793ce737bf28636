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

PIECE = 64 * 1024
"""Bytes that are sent on together; a body that is no larger is sent on when it is whole."""

MOST_CHUNKS = 20_000
"""In how many chunks a body may come: one byte each would cost more to read than to send."""

MOST_UNPACKED = 4 * settings.INTAKE_MAX_BODY
"""Bytes a compressed body may come to."""

SKIP_SECONDS = 0.05
LINGER_SECONDS = 5.0
PACKED = {"deflate", "gzip"}
CODINGS = {"", "identity", "zstd", *PACKED}


class Gone(Exception):
    """The client left before it had sent everything."""


class Body:
    """What comes after a request's head. `refusal` is what was wrong with it, once that is known."""

    def __init__(self, receive: Receive, length: int | None, coding: str) -> None:
        self.length = length
        self.is_whole = False
        self.refusal: ApiError | Gone | None = None
        self._receive = receive
        self._coding = coding.strip().lower()
        self._size = self._chunks = 0
        self._check = _Unpacker(self._coding) if self._coding in PACKED else None
        self._ends_at = asyncio.get_running_loop().time() + SECONDS

    async def begin(self) -> bytes:
        """What comes first, up to a piece or two; of most requests that is all there is. Raises ApiError or Gone."""
        if self._coding not in CODINGS:
            raise ApiError(415, "Content-Encoding: send gzip, deflate, zstd or nothing.")
        if (self.length or 0) > settings.INTAKE_MAX_BODY:
            raise _too_large()
        return await self._piece()

    async def all_from(self, first: bytes) -> AsyncIterator[bytes]:
        """All of it, piece by piece, after what came first. Raises ApiError or Gone, and says so in `refusal`."""
        try:
            yield first
            while not self.is_whole:
                yield await self._piece()
        except (ApiError, Gone) as refusal:
            self.refusal = refusal
            raise

    async def forget(self, first: bytes) -> None:
        """Take the rest, and keep nothing. Raises ApiError or Gone."""
        async for _ in self.all_from(first):
            pass

    async def _piece(self) -> bytes:
        """As much as makes a piece, or all that is left; unpacked beside, to see that it can be."""
        found = bytearray()
        while len(found) < PIECE and not self.is_whole:
            found += await self._next()
        if self._check:
            await self._check.feed(bytes(found), is_last=self.is_whole)
        return bytes(found)

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout_at(self._ends_at):
                message = await self._receive()
        except TimeoutError:
            raise ApiError(408, "The request took too long to arrive. Send it again.") from None
        if message["type"] == "http.disconnect":
            raise Gone
        chunk: bytes = message.get("body", b"")
        self._size, self._chunks = self._size + len(chunk), self._chunks + 1
        if self._size > settings.INTAKE_MAX_BODY:
            raise _too_large()
        if self._chunks > MOST_CHUNKS:
            raise ApiError(400, f"The body comes in more than {MOST_CHUNKS} chunks. Send larger ones.")
        if self._chunks % 64 == 0:
            await asyncio.sleep(0)  # what has arrived already is read without waiting: let others have a turn
        self.is_whole = not message.get("more_body")
        return chunk

    async def skip(self) -> None:
        """Take what is there already of a small body that is not wanted, so that its connection can go on."""
        with contextlib.suppress(TimeoutError, ApiError, Gone):
            async with asyncio.timeout(SKIP_SECONDS):
                while not self.is_whole and self._size < PIECE:
                    await self._next()

    async def linger(self) -> None:
        """Take what a refused client still sends, and forget it: one cut off at once never reads why."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not self.is_whole:
                    message = await self._receive()
                    await asyncio.sleep(0)
                    self._size += len(message.get("body", b""))
                    self.is_whole = not message.get("more_body") or self._size > 8 * settings.INTAKE_MAX_BODY


class _Unpacker:
    """Finds out whether what is compressed can be unpacked, and to how much; keeps nothing of it."""

    SLICE = 128 * 1024

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._unpack = zlib.decompressobj(wbits=47)  # with a header of either sort
        self._size = 0

    async def feed(self, packed: bytes, *, is_last: bool) -> None:
        """More of it. Raises ApiError. Others get a turn after each slice."""
        try:
            while packed:
                if self._unpack.eof:
                    self._begin_member()
                self._size += len(self._unpack.decompress(packed, self.SLICE))
                packed = self._unpack.unused_data if self._unpack.eof else self._unpack.unconsumed_tail
                if self._size > MOST_UNPACKED:
                    raise _too_large()
                await asyncio.sleep(0)
        except zlib.error:
            raise self._broken() from None
        if is_last and not self._unpack.eof:
            raise self._broken()

    def _begin_member(self) -> None:
        """gzip may come as several in a row."""
        if self._coding != "gzip":
            raise self._broken()
        self._unpack = zlib.decompressobj(wbits=31)

    def _broken(self) -> ApiError:
        return ApiError(400, f"The body is not what it is said to be: {self._coding} that can be unpacked.")


def _too_large() -> ApiError:
    return ApiError(413, f"The body is larger than {settings.INTAKE_MAX_BODY // 1024 // 1024} MiB. Send less at once.")
