"""Questions that were asked before, byte for byte: for one client a gateway asks the same thing again and again, and
what it comes to is known without reading it once more.

Only verdicts on credentials of ours are remembered, each with the standing it was made from: when that is forgotten or
has expired, the question is read and judged anew. As in keys.cache, a question is kept as a digest under a key of this
process, never as its text.
"""

import hashlib
import secrets
from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from api.verify.answers import Answer
from keys.cache import Entry
from keys.standings import Standing

LONGEST = 2048
"""Bytes of a question that is remembered: a longer one costs more to recognise than it saves."""


class Repeat(NamedTuple):
    """What a question came to: its answer, the line that counts it, and the entry both were made from."""

    entry: Entry[Standing, Answer]
    answer: Answer
    line: bytes


class Repeats:
    """At most `size` questions; the oldest goes."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._repeats: OrderedDict[bytes, Repeat] = OrderedDict()
        self._key = secrets.token_bytes(32)

    def __len__(self) -> int:
        return len(self._repeats)

    def mark(self, data: bytes, peer: str) -> bytes:
        """What these bytes from this address are recognised by; empty if they are not to be remembered."""
        if len(data) > LONGEST or not self.size:
            return b""
        return hashlib.blake2b(b"%b\n%b" % (peer.encode(), data), digest_size=16, key=self._key).digest()

    def get(self, mark: bytes, now: datetime) -> Repeat | None:
        """What the question came to, if that still holds."""
        repeat = self._repeats.get(mark)
        if repeat is None:
            return None
        entry = repeat.entry
        expires_at = entry.known.expires_at
        if not entry.is_current or (expires_at is not None and expires_at <= now):
            del self._repeats[mark]
            return None
        entry.used = True
        return repeat

    def keep(self, mark: bytes, repeat: Repeat) -> None:
        """Remember what a question came to."""
        standing = repeat.entry.known
        if not mark or not repeat.entry.is_current or standing.blocked_at:  # a block ends by itself, and soon
            return
        if len(self._repeats) >= self.size:
            self._repeats.popitem(last=False)
        self._repeats[mark] = repeat
