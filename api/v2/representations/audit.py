"""Events of the audit trail as the API gives them."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from api.v2.representations.shapes import Moment, zulu
from audit import facets
from audit.events import Event
from audit.models import AuditEvent


class AuditAttributes(msgspec.Struct, kw_only=True):
    """`attributes` holds what the query language asks by: `usr`, `evt`, `asset`, `http` and so on."""

    timestamp: Moment
    service: str = "keyhouse"
    message: str
    tags: list[str]
    attributes: dict[str, Any]


class Audit(msgspec.Struct, tag_field="type", tag="audit", kw_only=True):
    """One thing that happened."""

    id: str
    attributes: AuditAttributes


class After(msgspec.Struct):
    """The cursor of the next page."""

    after: str


class AuditMeta(msgspec.Struct, kw_only=True):
    request_id: str
    status: Literal["done"] = "done"
    elapsed: int = 0
    page: After | UnsetType = UNSET


class Links(msgspec.Struct):
    """The address of the next page."""

    next: str


class AuditDocument(msgspec.Struct, kw_only=True):
    data: list[Audit]
    meta: AuditMeta
    links: Links | UnsetType = UNSET


def audit_document(events: list[Audit], *, request_id: str, after: str | None, link: str | None) -> AuditDocument:
    """A page of events, with the way to the next one if there is one."""
    meta = AuditMeta(request_id=request_id, page=After(after) if after else UNSET)
    return AuditDocument(data=events, meta=meta, links=Links(link) if link else UNSET)


def audit_event(row: AuditEvent, email: str | None) -> Audit:
    """An event; `email` is the actor's, where they are a member still."""
    event, moment = Event(row.event), zulu(row.at)
    said = {
        "status": facets.status(event),
        "timestamp": moment,
        "event": row.event,
        "sequence": row.sequence,
        "usr": {"id": row.actor_id, "name": row.actor_label, "email": email or ""},
        "evt": {"name": facets.category(event), "actor": {"type": row.actor_type}},
        "action": facets.action(event),
        "asset": {"type": row.target_type, "id": row.target_id, "name": row.target_label},
        "org": {"uuid": str(row.organization_id)},
        "auth_method": row.auth_method,
        "auth_id": row.auth_id,
        "http": {"useragent": row.user_agent, "request_id": row.request_id},
        "network": {"client": {"ip": row.ip}},
        "changes": row.changes,
        "reason": row.reason,
        "hash": row.hash,
    }
    return Audit(
        id=f"{row.organization_id}-{row.sequence}",
        attributes=AuditAttributes(
            timestamp=moment, message=row.sentence, tags=[f"source:{facets.SOURCE}"], attributes=said
        ),
    )
