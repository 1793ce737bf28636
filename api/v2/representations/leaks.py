"""What became of texts that were reported as leaked."""

from typing import Literal

import msgspec

from keys.models import Leak
from keys.safety.github import hash_of

Action = Literal["told", "quarantined", "revoked", "ended"]


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
