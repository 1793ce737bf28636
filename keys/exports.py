"""Lists that leave the console as files. Taking one along is recorded."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery

from accounts.actors import Actor
from audit import export, log, search
from audit.events import Event
from keys import lifecycle, ownership
from keys.models import Credential, CredentialQuerySet, Ownership
from keys.usage import reports
from keys.usage.periods import Grain, Period

COLUMNS = (
    "kind",
    "name",
    "last4",
    "owner",
    "team",
    "environment",
    "purpose",
    "scopes",
    "created_at",
    "created_by",
    "expires_at",
    "revoked_at",
    "last_used_at",
    "id",
)
USAGE_COLUMNS = ("since", "kind", "name", "id", "outcome", "count")


def credentials(rows: CredentialQuerySet, *, by: Actor, asked: Mapping[str, str]) -> Iterator[str]:
    """The credentials as CSV, line by line; of each secret only the last four characters. `asked` is the filter."""
    _record(Event.CREDENTIALS_EXPORTED, _organization(by), by=by, asked=asked)
    ordered = rows.order_by("kind", "name_key", "pk")
    return export.csv_lines(COLUMNS, (_row(credential) for credential in ordered.iterator(chunk_size=500)))


def audit_trail(query: search.Query, *, by: Actor, asked: Mapping[str, str]) -> Iterator[str]:
    """The matching audit events as CSV, line by line."""
    _record(Event.AUDIT_EXPORTED, _organization(by), by=by, asked=asked)
    return export.stream(search.run(query, organization_id=by.organization).iterator(chunk_size=500))


def usage(period: Period, *, by: Actor, credential: Credential | None = None) -> Iterator[str]:
    """How often there was which outcome, by hour or day of UTC, as CSV, line by line: of one credential, or of all in
    the organisation. Of one that nobody knows, or the actor may not know of, there is neither name nor id."""
    target = lifecycle.target(credential) if credential else _organization(by)
    _record(Event.USAGE_EXPORTED, target, by=by, asked={"period": period.slug})
    rows = reports.counts(by.organization, period=period, now=by.now)
    if credential:
        rows = rows.filter(credential_id=credential.pk)
    start = "at" if period.grain is Grain.HOUR else "day"
    known = Credential.objects.visible_to(by).filter(pk=OuterRef("credential_id"))
    named = rows.annotate(kind=Subquery(known.values("kind")), name=Subquery(known.values("name")))
    found = named.order_by(start, "credential_id", "outcome")
    columns = (start, "kind", "name", "credential_id", "outcome", "count")
    return export.csv_lines(USAGE_COLUMNS, map(_usage_row, found.values_list(*columns).iterator(chunk_size=500)))


def _usage_row(counted: tuple[Any, ...]) -> list[object]:
    start, kind, name, pk, outcome, count = counted
    whose = [kind, name, pk] if kind else ["", "", ""]
    return [start.isoformat(), *whose, outcome, count]


def _organization(by: Actor) -> log.Target:
    return log.Target("organization", str(by.organization), by.organization_name)


@transaction.atomic
def _record(event: Event, target: log.Target, *, by: Actor, asked: Mapping[str, str]) -> None:
    log.record(event, by=by, target=target, changes={name: text for name, text in asked.items() if text})


def _row(credential: Credential) -> list[object]:
    return [
        credential.kind.value,
        credential.name,
        credential.last4,
        *_ownership(credential),
        " ".join(credential.scopes or []),
        credential.created_at.isoformat(),
        credential.created_by.name if credential.created_by else "",
        credential.expires_at.isoformat() if credential.expires_at else "",
        credential.revoked_at.isoformat() if credential.revoked_at else "",
        credential.last_used_at.isoformat() if credential.last_used_at else "",
        credential.id,
    ]


def _ownership(credential: Credential) -> list[str]:
    """Who owns it or looks after it, team, environment and purpose."""
    said = ownership.of(credential) or Ownership()
    owner = credential.owner or said.member
    return [owner.name if owner else "", said.team, said.environment, said.purpose]
