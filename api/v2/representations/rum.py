"""RUM applications as the API gives them. Times are milliseconds since the epoch; lists leave the client token out."""

import uuid
from datetime import datetime, timedelta

import msgspec
from msgspec import UNSET, UnsetType

from accounts.models import Member
from keys.models import AnalyticsRetention, ApplicationType, EventProcessing, RumApplication

ACTIVE = timedelta(days=30)
"""For how long an application counts as active after its client token was used: as long as its sessions are kept."""
EVERY_SESSION = 100


class EventProcessingScale(msgspec.Struct):
    state: EventProcessing
    last_modified_at: int


class AnalyticsRetentionScale(msgspec.Struct):
    state: AnalyticsRetention
    last_modified_at: int


class ProductScales(msgspec.Struct):
    rum_event_processing_scale: EventProcessingScale
    product_analytics_retention_scale: AnalyticsRetentionScale


class RumApplicationAttributes(msgspec.Struct, kw_only=True):
    """`hash` and `client_token` are the same: what a page carries to report as this application."""

    application_id: str
    name: str
    type: ApplicationType
    org_id: int
    hash: str | UnsetType = UNSET
    client_token: str | UnsetType = UNSET
    created_at: int
    created_by_handle: str
    updated_at: int
    updated_by_handle: str
    is_active: bool
    tags: list[str] = []
    product_analytics_replay_sample_rate: int = EVERY_SESSION
    product_scales: ProductScales


class RumApplicationRow(msgspec.Struct, tag_field="type", tag="rum_application", kw_only=True):
    """What browsers or phones report as."""

    id: str
    attributes: RumApplicationAttributes


class RumApplicationDocument(msgspec.Struct):
    data: RumApplicationRow


class RumApplicationsDocument(msgspec.Struct):
    data: list[RumApplicationRow]


def application(row: RumApplication, now: datetime, *, with_token: bool = True) -> RumApplicationRow:
    """An application with its tokens read."""
    token = row.token
    text = (token.public_text if token else None) or ""
    uses = [use.credential.last_used_at for use in row.tokens.all() if use.credential.last_used_at]
    attributes = RumApplicationAttributes(
        application_id=str(row.id),
        name=row.name,
        type=ApplicationType(row.type),
        org_id=org_number(row.organization_id),
        hash=text if with_token else UNSET,
        client_token=text if with_token else UNSET,
        created_at=_ms(row.created_at),
        created_by_handle=_handle(row.created_by),
        updated_at=_ms(row.modified_at),
        updated_by_handle=_handle(row.modified_by),
        is_active=bool(uses) and now - max(uses) < ACTIVE,
        product_scales=ProductScales(
            EventProcessingScale(EventProcessing(row.event_processing), _ms(row.event_processing_at)),
            AnalyticsRetentionScale(AnalyticsRetention(row.analytics_retention), _ms(row.analytics_retention_at)),
        ),
    )
    return RumApplicationRow(id=str(row.id), attributes=attributes)


def org_number(organization_id: uuid.UUID) -> int:
    """A number for an organization, where Datadog's clients expect one: the first 31 bits of its id."""
    return organization_id.int >> 97


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _handle(member: Member | None) -> str:
    return member.email if member else ""
