"""Pages of long lists by key, not by number: page 4,000 costs what page 1 does."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

PAGE_SIZE = 50


@dataclass(frozen=True)
class Order:
    """How a list is ordered: by one column, ties by primary key."""

    column: str
    descending: bool = False

    def cursor(self, row: Model) -> str:
        """Where the row stands in this order, as text for a URL."""
        value = getattr(row, self.column)
        return f"{value.isoformat() if isinstance(value, datetime) else value}~{row.pk}"


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and the query strings of the pages before and after (empty where there is none)."""

    rows: list[Any]
    previous: str
    next: str


def paged(rows: QuerySet[Any], order: Order, params: QueryDict, *, size: int = PAGE_SIZE) -> Page:
    """The page the query string asks for by `after` or `before`; nonsense there gives the first page."""
    backwards = "before" in params
    cursor = params.get("before") or params.get("after") or ""
    rows = _ordered(rows, order, backwards=backwards)
    bounded = _beyond(rows, order, cursor, backwards=backwards) if cursor else None
    found = list((rows if bounded is None else bounded)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_previous, has_next = (more, bool(cursor)) if backwards else (bounded is not None, more)
    return Page(
        rows=found,
        previous=_link(params, "before", order.cursor(found[0])) if found and has_previous else "",
        next=_link(params, "after", order.cursor(found[-1])) if found and has_next else "",
    )


def _ordered(rows: QuerySet[Any], order: Order, *, backwards: bool) -> QuerySet[Any]:
    sign = "-" if order.descending != backwards else ""
    return rows.order_by(f"{sign}{order.column}", f"{sign}pk")


def _beyond(rows: QuerySet[Any], order: Order, cursor: str, *, backwards: bool) -> QuerySet[Any] | None:
    """The rows past the cursor in the direction asked for, or None if the cursor makes no sense."""
    value, separator, key = cursor.rpartition("~")
    way = "lt" if order.descending != backwards else "gt"
    column = rows.model._meta.get_field(order.column)
    try:
        value, key = column.to_python(value), rows.model._meta.pk.to_python(key)
        if isinstance(value, datetime):
            value = value.astimezone(UTC)
    except (ValidationError, OverflowError, ValueError):
        return None
    if not separator or "\0" in str(value):
        return None
    return rows.filter(Q(**{f"{order.column}__{way}": value}) | Q(**{order.column: value, f"pk__{way}": key}))


def _link(params: QueryDict, direction: str, cursor: str) -> str:
    kept = [(key, value) for key, value in params.items() if key not in {"before", "after"}]
    return "?" + urlencode([*kept, (direction, cursor)])
