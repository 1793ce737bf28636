"""Leaks as the API gives them: what a key was found in, and what became of texts that were reported."""

from typing import Literal

import msgspec

from api.v2.representations.shapes import LeakLink, Moment, ToLeak, micros
from keys.models import Credential, Leak
from keys.safety.github import hash_of

Action = Literal["told", "quarantined", "revoked", "ended"]


class LeakedKeyAttributes(msgspec.Struct):
    """When it was reported, and what sort of place it was found in."""

    date: Moment
    leak_source: str


class LeakedKey(msgspec.Struct, tag_field="type", tag="leaked_keys"):
    """A leak: a key was found where it must not be."""

    id: str
    attributes: LeakedKeyAttributes


class LeakResultAttributes(msgspec.Struct, kw_only=True):
    """`token_hash` is the SHA-256 of the text; `is_ours` whether it is a credential of the organization. If so:
    which leak it is, and what was done."""

    token_hash: str
    is_ours: bool
    leak_id: str | None = None
    action: Action | None = None


class LeakResultRow(msgspec.Struct, tag_field="type", tag="leak_results", kw_only=True):
    """One text, by its place in what was sent."""

    id: str
    attributes: LeakResultAttributes


class LeakResultsDocument(msgspec.Struct):
    data: list[LeakResultRow]


def result(place: int, text: str, leak: Leak | None) -> LeakResultRow:
    """What became of one text, which is not said again."""
    attributes = LeakResultAttributes(
        token_hash=hash_of(text),
        is_ours=leak is not None,
        leak_id=str(leak.pk) if leak else None,
        action=leak.acted if leak else None,  # type: ignore[arg-type]  # a column of these,
    )
    return LeakResultRow(id=str(place), attributes=attributes)


def known_of(credential: Credential) -> Leak | None:
    """The leak it was last found in. No query where the rows were read by api.v2.queries."""
    read = getattr(credential, "known_leaks", None)
    known = credential.leaks.confirmed().order_by("-reported_at", "pk")[:1] if read is None else read
    return next(iter(known), None)


def to_leak(credential: Credential) -> ToLeak:
    """Which leak that is, if any is known."""
    leak = known_of(credential)
    return ToLeak(LeakLink(str(leak.pk)) if leak else None)


def leaked_key(leak: Leak) -> LeakedKey:
    """A leak beside the key it is of."""
    return LeakedKey(str(leak.pk), LeakedKeyAttributes(micros(leak.reported_at), leak.source or leak.way))
