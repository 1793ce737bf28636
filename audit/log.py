"""The only writer of the audit trail."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import transaction

from audit.chain import hash_of
from audit.events import Event
from audit.models import INSTALLATION, AuditEvent, Chain

Changes = Mapping[str, object]


class Doer(Protocol):
    """Who acts, for which organisation, with what and from where. Accounts' Actor is one."""

    @property
    def organization_id(self) -> uuid.UUID | None: ...
    @property
    def type(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def auth_method(self) -> str: ...
    @property
    def auth_id(self) -> str: ...
    @property
    def ip(self) -> str: ...
    @property
    def user_agent(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    @property
    def now(self) -> datetime: ...


@dataclass(frozen=True)
class Target:
    """What the event is about, copied as text."""

    type: str
    id: str
    label: str


@dataclass(frozen=True)
class Happening:
    """What happened to what: one event of several of a sort."""

    target: Target
    changes: Changes
    reason: str = ""


def record(event: Event, *, by: Doer, target: Target, changes: Changes | None = None, reason: str = "") -> AuditEvent:
    """Append one event to the organisation's chain, inside the caller's transaction.

    `changes` maps a field to its new value, or to [before, after]; JSON types only, never a secret.
    """
    return record_all(event, [Happening(target, changes or {}, reason)], by=by)[0]


def record_all(event: Event, happenings: Sequence[Happening], *, by: Doer) -> list[AuditEvent]:
    """Append several of a sort, in their order; each as `record` does. The chain is locked once for all of them."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An event is recorded in the transaction of the change it tells of.")
    if not happenings:
        return []
    chain = lock(by.organization_id)
    entries = []
    for happening in happenings:
        entry = _entry(event, happening, chain, by=by)
        entry.hash = hash_of(entry, chain.head)
        chain.length, chain.head = entry.sequence, entry.hash
        entries.append(entry)
    AuditEvent.objects.bulk_create(entries)
    chain.save(update_fields=["length", "head"])
    return entries


def lock(organization_id: uuid.UUID | None) -> Chain:
    """Lock a chain until the transaction ends: an organisation's, or with None the installation's. `record` does."""
    Chain.objects.get_or_create(organization_id=organization_id or INSTALLATION)
    return Chain.objects.select_for_update().get(organization_id=organization_id or INSTALLATION)


def _entry(event: Event, happening: Happening, chain: Chain, *, by: Doer) -> AuditEvent:
    return AuditEvent(
        organization_id=chain.organization_id,
        sequence=chain.length + 1,
        at=by.now,
        event=event.value,
        actor_type=by.type,
        actor_id=by.id,
        actor_label=by.label,
        auth_method=by.auth_method,
        auth_id=by.auth_id,
        ip=by.ip,
        user_agent=by.user_agent[:256],
        request_id=by.request_id,
        target_type=happening.target.type,
        target_id=happening.target.id,
        target_label=happening.target.label,
        changes=dict(happening.changes),
        reason=happening.reason,
        previous_hash=chain.head,
    )
