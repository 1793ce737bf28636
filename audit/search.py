"""The only reader of the audit trail: one query serves the page, the export and, later, the API."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from audit.models import AuditEvent, AuditEventQuerySet


@dataclass(frozen=True, kw_only=True)
class Query:
    """What a reader looks for. Empty fields do not narrow; texts match anywhere, whatever their case."""

    actor: str = ""
    event: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def narrows(self) -> bool:
        """Whether anything is asked for at all."""
        return bool(self.actor or self.event or self.target or self.since or self.until)


def run(query: Query, *, organization_id: uuid.UUID) -> AuditEventQuerySet:
    """The matching events of one organisation, newest first."""
    events = AuditEvent.objects.of(organization_id).newest_first()
    if query.actor:
        events = events.filter(Q(actor_label__icontains=query.actor) | Q(actor_id=query.actor))
    if query.event:
        events = events.filter(event=query.event)
    if query.target:
        events = events.filter(Q(target_label__icontains=query.target) | Q(target_id=query.target))
    if query.since:
        events = events.since(query.since)
    if query.until:
        events = events.filter(at__lt=query.until)
    return events


def timeline(target_id: uuid.UUID, *, organization_id: uuid.UUID) -> AuditEventQuerySet:
    """Everything that happened to one thing, newest first."""
    return AuditEvent.objects.of(organization_id).about(target_id).newest_first()
