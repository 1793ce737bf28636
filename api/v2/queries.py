"""What may be asked of the lists of credentials, and the rows that answer."""

from typing import Annotated, Literal

import msgspec
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.db.models.functions import Coalesce
from msgspec import UNSET, UnsetType

from accounts.actors import Actor
from api.paging import DATE_TIME, Paging, moment, order_of
from keys.kinds import Kind
from keys.models import Credential, Leak, Where

Moment = Annotated[str, DATE_TIME]
Text = Annotated[str, msgspec.Meta(max_length=128)]
Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F-]{36}$")]
People = Annotated[str, msgspec.Meta(pattern="^(created_by|modified_by)(,(created_by|modified_by))*$")]

COLUMNS = {
    "name": "name_key",
    "created_at": "created_at",
    "last4": "last4",
    "modified_at": "changed_at",
    "expires_at": "expires_at",
    "last_used_at": "last_used_at",
    "leaked": "is_leaked",
}


_LEAKS = Prefetch("leaks", Leak.objects.confirmed().order_by("-reported_at", "pk"), to_attr="known_leaks")


class Created(Paging):
    """Between two moments, both included."""

    filter: Text = ""
    created_from: Moment | UnsetType = msgspec.field(name="filter[created_at][start]", default=UNSET)
    created_until: Moment | UnsetType = msgspec.field(name="filter[created_at][end]", default=UNSET)


class ApiKeyQuery(Created):
    sort: Literal["name", "-name", "created_at", "-created_at", "last4", "-last4", "modified_at", "-modified_at"] = (
        "name"
    )
    modified_from: Moment | UnsetType = msgspec.field(name="filter[modified_at][start]", default=UNSET)
    modified_until: Moment | UnsetType = msgspec.field(name="filter[modified_at][end]", default=UNSET)
    remote_config: bool | UnsetType = msgspec.field(name="filter[remote_config_read_enabled]", default=UNSET)
    category: Text | UnsetType = msgspec.field(name="filter[category]", default=UNSET)
    include: People | UnsetType = UNSET


class ApiKeyInclude(msgspec.Struct):
    include: People | UnsetType = UNSET


class ServiceAccountKeyQuery(Created):
    size: Annotated[int, msgspec.Meta(ge=1, le=100)] = msgspec.field(name="page[size]", default=100)
    sort: Literal["name", "-name", "created_at", "-created_at", "last4", "-last4"] = "name"


class OwnKeyQuery(ServiceAccountKeyQuery):
    include: Literal["owned_by"] | UnsetType = UNSET


class ApplicationKeyQuery(OwnKeyQuery):
    owned_by: Id | UnsetType = msgspec.field(name="filter[owned_by]", default=UNSET)


class ApplicationKeyInclude(msgspec.Struct):
    include: Literal["owned_by"] | UnsetType = UNSET


class TokenQuery(Paging):
    filter: Text = ""
    sort: Literal[
        "name",
        "-name",
        "created_at",
        "-created_at",
        "expires_at",
        "-expires_at",
        "last_used_at",
        "-last_used_at",
        "leaked",
        "-leaked",
    ] = "name"
    leaked: bool = msgspec.field(name="filter[leaked]", default=False)
    include: Literal["leak_information"] | UnsetType = UNSET


class TokenInclude(msgspec.Struct):
    include: Literal["leak_information"] | UnsetType = UNSET


class AnyTokenQuery(TokenQuery):
    owned_by: Annotated[list[Id], msgspec.Meta(max_length=20)] = msgspec.field(name="filter[owned_by]", default=[])


def active(actor: Actor, *kinds: Kind) -> QuerySet[Credential]:
    """The organisation's credentials of these kinds, neither revoked nor expired: what this API's clients see."""
    rows = Credential.objects.of(actor.organization).filter(kind__in=kinds)
    return rows.where(Where.active(actor.now)).with_people().prefetch_related(_LEAKS)


def sorted_by(rows: QuerySet[Credential], sort: str) -> QuerySet[Credential]:
    """The rows in the order asked for; what was never changed counts as changed when it was created."""
    leaked = Exists(Leak.objects.confirmed().filter(credential=OuterRef("pk")))
    rows = rows.annotate(changed_at=Coalesce("modified_at", "created_at"), is_leaked=leaked)
    return rows.order_by(*order_of(sort, COLUMNS))


def created_between(rows: QuerySet[Credential], query: Created) -> QuerySet[Credential]:
    """The rows that `filter` and `filter[created_at]` let through."""
    if query.filter:
        rows = rows.filter(name__icontains=query.filter)
    if query.created_from is not UNSET:
        rows = rows.filter(created_at__gte=moment(query.created_from, "filter[created_at][start]"))
    if query.created_until is not UNSET:
        rows = rows.filter(created_at__lte=moment(query.created_until, "filter[created_at][end]"))
    return rows


def api_keys(rows: QuerySet[Credential], query: ApiKeyQuery) -> QuerySet[Credential]:
    """The API keys asked for."""
    rows = sorted_by(created_between(rows, query), query.sort)
    if query.modified_from is not UNSET:
        rows = rows.filter(changed_at__gte=moment(query.modified_from, "filter[modified_at][start]"))
    if query.modified_until is not UNSET:
        rows = rows.filter(changed_at__lte=moment(query.modified_until, "filter[modified_at][end]"))
    if query.remote_config is not UNSET:
        rows = rows.filter(remote_config_read_enabled=query.remote_config)
    return rows if query.category is UNSET else rows.filter(category=query.category)


def tokens(rows: QuerySet[Credential], query: TokenQuery) -> QuerySet[Credential]:
    """The access tokens asked for."""
    if query.filter:
        rows = rows.filter(name__icontains=query.filter)
    if query.leaked:
        rows = rows.filter(pk__in=Leak.objects.confirmed().values("credential"))
    return sorted_by(rows, query.sort)
