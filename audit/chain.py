"""The hash chain: every event holds the hash of the one before it, so no row can change, go, come or move unseen."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from itertools import groupby

from audit.models import AuditEvent, Chain

HASHED_FIELDS = (
    "event",
    "actor_type",
    "actor_id",
    "actor_label",
    "auth_method",
    "auth_id",
    "ip",
    "user_agent",
    "request_id",
    "target_type",
    "target_id",
    "target_label",
    "changes",
    "reason",
)


def hash_of(event: AuditEvent, previous_hash: str) -> str:
    """SHA-256, as 64 hex digits, over the previous hash and the event as canonical JSON."""
    body = {field: getattr(event, field) for field in HASHED_FIELDS} | {
        "organization": str(event.organization_id),
        "sequence": event.sequence,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{previous_hash}\n{canonical}".encode()).hexdigest()


@dataclass(frozen=True)
class Finding:
    """A place where a chain does not hold, and why."""

    organization_id: uuid.UUID
    sequence: int
    problem: str


def verify(organization_id: uuid.UUID | None = None) -> Iterator[Finding]:
    """Walk one chain, or all of them, and yield every place that does not hold."""
    events = AuditEvent.objects.order_by("organization_id", "sequence")
    heads = Chain.objects.all()
    if organization_id:
        events, heads = events.of(organization_id), heads.filter(organization_id=organization_id)
    chains = {chain.organization_id: chain for chain in heads}
    for owner, rows in groupby(events.iterator(), key=lambda event: event.organization_id):
        yield from _verify_one(owner, rows, chains.pop(owner, None))
    for owner, chain in chains.items():
        if chain.length:
            yield Finding(owner, chain.length, "every event of this chain is missing")


def _verify_one(owner: uuid.UUID, rows: Iterator[AuditEvent], chain: Chain | None) -> Iterator[Finding]:
    expected, previous = 1, ""
    for event in rows:
        if event.sequence != expected:
            yield Finding(owner, expected, f"missing: the next event stored is number {event.sequence}")
        elif event.previous_hash != previous:
            yield Finding(owner, event.sequence, "does not follow from the event before it (inserted or swapped)")
        if event.hash != hash_of(event, event.previous_hash):
            yield Finding(owner, event.sequence, f"was changed after it was written ({event.event})")
        expected, previous = event.sequence + 1, event.hash
    if chain is None:
        yield Finding(owner, expected, "this chain has no head")
    elif (chain.length, chain.head) != (expected - 1, previous):
        yield Finding(owner, expected, f"the chain should be {chain.length} events long and end in its head's hash")
