"""The only reader of the audit trail: a Query serves the page and the export, a condition serves the API."""

import re
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.events import Event
from audit.models import AuditEvent, AuditEventQuerySet
from audit.refusals import QueryError


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


def targets(event: Event, *, organization_id: uuid.UUID, since: datetime) -> set[str]:
    """The ids of what this happened to, from then on."""
    found = AuditEvent.objects.of(organization_id).since(since).filter(event=event)
    return set(found.values_list("target_id", flat=True))


def events(
    *,
    organization_id: uuid.UUID,
    condition: Q,
    since: datetime | None = None,
    until: datetime | None = None,
    descending: bool = False,
    after: int | None = None,
    limit: int,
) -> list[AuditEvent]:
    """A page of the matching events of one organisation, both times included, and one more if another page follows.

    In the order of the chain, from the event after number `after` of it; `condition` is audit.language's.
    """
    found = AuditEvent.objects.of(organization_id).filter(condition)
    if since:
        found = found.since(since)
    if until:
        found = found.filter(at__lte=until)
    if after is not None:
        found = found.filter(sequence__lt=after) if descending else found.filter(sequence__gt=after)
    return list(found.order_by("-sequence" if descending else "sequence")[: limit + 1])


def cursor_of(event: AuditEvent) -> str:
    """Where the event stands, as text for `position` that means nothing to anybody else."""
    return _cursor(event.sequence)


def position(cursor: str) -> int:
    """The number of the event that the cursor was made of. Raises QueryError."""
    try:
        inside = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        inside = ""
    found = re.fullmatch(r"sequence:([1-9][0-9]{0,17})", inside)
    if not found or _cursor(int(found[1])) != cursor:
        raise QueryError(_("This cursor belongs to no page of the audit trail."))
    return int(found[1])


def _cursor(sequence: int) -> str:
    return urlsafe_b64encode(f"sequence:{sequence}".encode()).decode().rstrip("=")
