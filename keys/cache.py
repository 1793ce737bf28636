"""What a process remembers: so much and no more, found by a digest of a text, forgotten by subject. Most of all, the
standings of presented texts.

For one thread. It knows nothing of time: whoever uses it keeps it in step with keys.revisions, and judges what it gives
at every use, for credentials expire by the clock and not by a change.
"""

import hashlib
import secrets
import uuid
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Known(Protocol):
    """What can be remembered: it names the subjects whose change outdates it."""

    @property
    def subjects(self) -> tuple[uuid.UUID, ...]:
        """The ids of everything it was made from."""
        ...


K = TypeVar("K", bound=Known)
T = TypeVar("T")


@dataclass(slots=True)
class Entry(Generic[K, T]):
    """Something remembered, as long as it `is_current`. `made` is room for what its user makes of it, once."""

    known: K
    made: T | None = None
    used: bool = False
    is_current: bool = False


class Cache(Generic[K, T]):
    """At most `size` entries. Only what is known gets in, so made-up texts push nothing out; when it is full, the
    oldest that was not used since it was last looked at goes."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.revision = 0
        """Rises whenever something is forgotten for being outdated."""
        self._entries: OrderedDict[bytes, Entry[K, T]] = OrderedDict()
        self._digests: dict[uuid.UUID, set[bytes]] = {}
        self._key = secrets.token_bytes(32)

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, text: str) -> Entry[K, T] | None:
        """What is remembered of a text."""
        entry = self._entries.get(self._digest(text))
        if entry is not None:
            entry.used = True
        return entry

    def put(self, text: str, known: K, *, revision: int) -> Entry[K, T]:
        """Remember it, unless something was forgotten since `revision`, which was read before it was: then nobody can
        tell whether it is outdated already."""
        entry: Entry[K, T] = Entry(known)
        if revision == self.revision and self.size:
            digest = self._digest(text)
            self._drop(digest)
            while len(self._entries) >= self.size:
                self._make_room()
            self._entries[digest] = entry
            entry.is_current = True
            for subject in known.subjects:
                self._digests.setdefault(subject, set()).add(digest)
        return entry

    def forget(self, subjects: Iterable[uuid.UUID]) -> None:
        """Forget everything that one of the subjects took part in."""
        for subject in subjects:
            self.revision += 1
            for digest in list(self._digests.get(subject, ())):
                self._drop(digest)

    def clear(self) -> None:
        """Forget everything."""
        self.revision += 1
        for entry in self._entries.values():
            entry.is_current = False
        self._entries.clear()
        self._digests.clear()

    def _make_room(self) -> None:
        digest, entry = next(iter(self._entries.items()))
        if entry.used:
            entry.used = False
            self._entries.move_to_end(digest)
        else:
            self._drop(digest)

    def _drop(self, digest: bytes) -> None:
        entry = self._entries.pop(digest, None)
        if entry is None:
            return
        entry.is_current = False
        for subject in entry.known.subjects:
            digests = self._digests[subject]
            digests.discard(digest)
            if not digests:
                del self._digests[subject]

    def _digest(self, text: str) -> bytes:
        """Sixteen bytes under a key of this process: the text itself is not kept."""
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=self._key).digest()
