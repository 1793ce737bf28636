"""The only writer of the audit trail."""

import uuid
from collections.abc import Mapping
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


def record(event: Event, *, by: Doer, target: Target, changes: Changes | None = None, reason: str = "") -> AuditEvent:
    """Append one event to the organisation's chain, inside the caller's transaction.

    `changes` maps a field to its new value, or to [before, after]; JSON types only, never a secret.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An event is recorded in the transaction of the change it tells of.")
    organization_id = by.organization_id or INSTALLATION
    chain = _locked_chain(organization_id)
    entry = AuditEvent(
        organization_id=organization_id,
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
        target_type=target.type,
        target_id=target.id,
        target_label=target.label,
        changes=dict(changes or {}),
        reason=reason,
        previous_hash=chain.head,
    )
    entry.hash = hash_of(entry, chain.head)
    entry.save(force_insert=True)
    chain.length, chain.head = entry.sequence, entry.hash
    chain.save(update_fields=["length", "head"])
    return entry


def _locked_chain(organization_id: uuid.UUID) -> Chain:
    Chain.objects.get_or_create(organization_id=organization_id)
    return Chain.objects.select_for_update().get(organization_id=organization_id)
