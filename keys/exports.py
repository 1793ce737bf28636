"""Lists that leave the console as files. Taking one along is recorded."""

from collections.abc import Iterator, Mapping

from django.db import transaction

from accounts.actors import Actor
from audit import export, log, search
from audit.events import Event
from keys.models import Credential, CredentialQuerySet

COLUMNS = ("kind", "name", "last4", "owner", "scopes", "created_at", "created_by", "expires_at", "revoked_at", "id")


def credentials(rows: CredentialQuerySet, *, by: Actor, asked: Mapping[str, str]) -> Iterator[str]:
    """The credentials as CSV, line by line; of each secret only the last four characters. `asked` is the filter."""
    _record(Event.CREDENTIALS_EXPORTED, by=by, asked=asked)
    ordered = rows.order_by("kind", "name_key", "pk")
    return export.csv_lines(COLUMNS, (_row(credential) for credential in ordered.iterator(chunk_size=500)))


def audit_trail(query: search.Query, *, by: Actor, asked: Mapping[str, str]) -> Iterator[str]:
    """The matching audit events as CSV, line by line."""
    _record(Event.AUDIT_EXPORTED, by=by, asked=asked)
    return export.stream(search.run(query, organization_id=by.organization).iterator(chunk_size=500))


@transaction.atomic
def _record(event: Event, *, by: Actor, asked: Mapping[str, str]) -> None:
    target = log.Target("organization", str(by.organization), by.organization_name)
    log.record(event, by=by, target=target, changes={name: text for name, text in asked.items() if text})


def _row(credential: Credential) -> list[object]:
    return [
        credential.kind.value,
        credential.name,
        credential.last4,
        credential.owner.name if credential.owner else "",
        " ".join(credential.scopes or []),
        credential.created_at.isoformat(),
        credential.created_by.name if credential.created_by else "",
        credential.expires_at.isoformat() if credential.expires_at else "",
        credential.revoked_at.isoformat() if credential.revoked_at else "",
        credential.id,
    ]
