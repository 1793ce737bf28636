"""Pages of a list by number, as this API's clients ask for them, and moments in a query string."""

import uuid
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec
from django.db.models import Model, QuerySet
from msgspec import Meta

from api.answers import ApiError, NotFound

Row = TypeVar("Row", bound=Model)

DATE_TIME = Meta(extra_json_schema={"format": "date-time"})


class Paging(msgspec.Struct, kw_only=True):
    """Which page, counted from 0, and how many at once."""

    size: Annotated[int, Meta(ge=1, le=100)] = msgspec.field(name="page[size]", default=10)
    number: Annotated[int, Meta(ge=0, le=1_000_000)] = msgspec.field(name="page[number]", default=0)


class Total(msgspec.Struct):
    """How many the filters let through."""

    total_filtered_count: int


def page_of(rows: QuerySet[Row], paging: Paging) -> list[Row]:
    """The rows of the page asked for; none beyond the end."""
    first = paging.number * paging.size
    return list(rows[first : first + paging.size])


def order_of(sort: str, columns: dict[str, str]) -> list[str]:
    """The columns a `sort` parameter orders by, ties by primary key: `-name` is descending."""
    sign = "-" if sort.startswith("-") else ""
    return [f"{sign}{columns[sort.removeprefix('-')]}", f"{sign}pk"]


def moment(text: str, parameter: str) -> datetime:
    """A moment in ISO 8601; without a zone it is UTC. Raises ApiError, naming the parameter."""
    try:
        found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ApiError(400, f"{parameter}: expected a moment such as 2026-01-31T09:00:00Z.") from None


def found(rows: QuerySet[Row], text: str, missing: str) -> Row:
    """The row with the id in a path. What is no id is not found, like an id of nobody: raises NotFound with these
    words."""
    try:
        key = uuid.UUID(text)
    except ValueError:
        raise NotFound(missing) from None
    row = rows.filter(pk=key).first() if str(key) == text.lower() else None
    if row is None:
        raise NotFound(missing)
    return row
