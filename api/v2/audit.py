"""/api/v2/audit/events: the audit trail, searched in its own language."""

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from msgspec import UNSET, UnsetType

from accounts.models import Member
from accounts.permissions import Permission as P
from api.answers import ApiError
from api.door import Call
from api.operations import Rate, operation
from api.v2 import people
from api.v2.payloads.shapes import Strict
from api.v2.representations import audit as shown
from audit import language, search, times
from audit.refusals import QueryError

TAG = "Audit"
LOOK_BACK = timedelta(minutes=15)
Text = Annotated[str, msgspec.Meta(max_length=2000)]
Time = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Cursor = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$")]
Order = Literal["timestamp", "-timestamp"]


class AuditQuery(msgspec.Struct, kw_only=True):
    query: Annotated[str, msgspec.Meta(max_length=500)] = msgspec.field(name="filter[query]", default="")
    since: Time | UnsetType = msgspec.field(name="filter[from]", default=UNSET)
    until: Time | UnsetType = msgspec.field(name="filter[to]", default=UNSET)
    sort: Order = "timestamp"
    cursor: Cursor | UnsetType = msgspec.field(name="page[cursor]", default=UNSET)
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = msgspec.field(name="page[limit]", default=10)


class Filter(Strict, frozen=True):
    """Times are ISO 8601, epoch milliseconds, or such as now-15m."""

    query: Text = ""
    since: Time | UnsetType = msgspec.field(name="from", default=UNSET)
    until: Time | UnsetType = msgspec.field(name="to", default=UNSET)


class Options(Strict, frozen=True):
    """Accepted and without effect: every moment is given in UTC."""

    timezone: Annotated[str, msgspec.Meta(max_length=64)] = "UTC"
    time_offset: int = 0


class Page(Strict, frozen=True):
    cursor: Cursor | UnsetType = UNSET
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 10


class AuditSearch(Strict, frozen=True):
    """What to search for, in what order, and which page of it."""

    filter: Filter = Filter()
    options: Options = Options()
    page: Page = Page()
    sort: Order = "timestamp"


EVERYTHING = AuditSearch()


@operation(tag=TAG, needs=(P.AUDIT_LOGS_READ,), rate=Rate.SEARCH)
def list_audit_logs(call: Call, query: AuditQuery) -> shown.AuditDocument:
    """List events of the audit trail: of the last 15 minutes, unless told otherwise."""
    return _found(call, query)


@operation(tag=TAG, needs=(P.AUDIT_LOGS_READ,), rate=Rate.SEARCH)
def search_audit_logs(call: Call, body: AuditSearch = EVERYTHING) -> shown.AuditDocument:
    """Search the audit trail: the last 15 minutes, unless told otherwise."""
    asked = AuditQuery(
        query=body.filter.query,
        since=body.filter.since,
        until=body.filter.until,
        sort=body.sort,
        cursor=body.page.cursor,
        limit=body.page.limit,
    )
    return _found(call, asked)


def _found(call: Call, asked: AuditQuery) -> shown.AuditDocument:
    now = call.actor.now
    try:
        rows = search.events(
            organization_id=call.organization.id,
            condition=language.condition("" if asked.query == "*" else asked.query, now=now),
            since=times.moment(asked.since, now) if asked.since else now - LOOK_BACK,
            until=times.moment(asked.until, now) if asked.until else None,
            descending=asked.sort == "-timestamp",
            after=search.position(asked.cursor) if asked.cursor else None,
            limit=asked.limit,
        )
    except QueryError as error:
        raise ApiError(400, str(error)) from None
    page, more = rows[: asked.limit], len(rows) > asked.limit
    members = Member.objects.in_bulk(people.ids({row.actor_id for row in page}))
    emails = {str(key): member.email for key, member in members.items()}
    after = search.cursor_of(page[-1]) if more else None
    return shown.audit_document(
        [shown.audit_event(row, emails.get(row.actor_id)) for row in page],
        request_id=call.actor.request_id,
        after=after,
        link=_link(asked, after) if after else None,
    )


def _link(asked: AuditQuery, after: str) -> str:
    """The address of the next page."""
    parts = {
        "filter[query]": asked.query,
        "filter[from]": asked.since,
        "filter[to]": asked.until,
        "sort": asked.sort,
        "page[cursor]": after,
        "page[limit]": asked.limit,
    }
    kept = {name: value for name, value in parts.items() if value is not UNSET and value != ""}
    return f"{settings.SITE_URL}/api/v2/audit/events?{urlencode(kept)}"
