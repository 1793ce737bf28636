"""What a query may ask about, by the names Datadog's Audit Trail has for it, and how each compares."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit import facets
from audit.events import Event
from audit.patterns import Pattern, matches
from audit.refusals import QueryError
from audit.times import moment

NOTHING = Q(pk__in=[])
EVERYTHING = ~NOTHING
"""Not Q(), which Django takes for no condition at all: its negation would find everything too."""


class Attribute(Protocol):
    """Something known of every event."""

    def equal(self, value: Pattern, now: datetime) -> Q:
        """Those that are as the value says; of `*` alone, those that have any."""

    def ordered(self, sign: str, value: str, now: datetime) -> Q:
        """Those that are `>`, `>=`, `<` or `<=` the value."""


@dataclass(frozen=True)
class Text:
    """A column of text, compared whole and whatever the case."""

    column: str

    def equal(self, value: Pattern, now: datetime) -> Q:
        return ~Q(**{self.column: ""}) if value.is_anything else matches(self.column, value)

    def ordered(self, sign: str, value: str, now: datetime) -> Q:
        raise _no_order()


@dataclass(frozen=True)
class Derived:
    """What follows from the event's name, compared like a text."""

    of: Callable[[Event], str]

    def equal(self, value: Pattern, now: datetime) -> Q:
        return Q(event__in=[event.value for event in Event if value.matches(self.of(event))])

    def ordered(self, sign: str, value: str, now: datetime) -> Q:
        raise _no_order()


@dataclass(frozen=True)
class Number:
    """A column of whole numbers."""

    column: str

    def equal(self, value: Pattern, now: datetime) -> Q:
        return EVERYTHING if value.is_anything else Q(**{self.column: _whole(value.text)})

    def ordered(self, sign: str, value: str, now: datetime) -> Q:
        return Q(**{f"{self.column}__{_LOOKUPS[sign]}": _whole(value)})


@dataclass(frozen=True)
class Time:
    """A column of times, compared by the millisecond, which is as much as an answer of the API shows."""

    column: str

    def equal(self, value: Pattern, now: datetime) -> Q:
        if value.is_anything:
            return EVERYTHING
        return self.ordered(">=", value.text, now) & self.ordered("<=", value.text, now)

    def ordered(self, sign: str, value: str, now: datetime) -> Q:
        exact = moment(value, now)
        first = exact.replace(microsecond=exact.microsecond // 1000 * 1000)
        past = min(first, _LAST) + _MILLISECOND
        bounds = {">=": Q(at__gte=first), ">": Q(at__gte=past), "<": Q(at__lt=first), "<=": Q(at__lt=past)}
        return bounds[sign]


@dataclass(frozen=True)
class Unknown:
    """What no event has: nothing is found, as in a search of logs."""

    def equal(self, value: Pattern, now: datetime) -> Q:
        return NOTHING

    def ordered(self, sign: str, value: str, now: datetime) -> Q:
        return NOTHING


ATTRIBUTES: dict[str, Attribute] = {
    "@usr.id": Text("actor_id"),  # the member who acted; of support staff, the person
    "@usr.name": Text("actor_label"),  # the name they went by then
    "@evt.name": Derived(facets.category),  # the category, such as Authentication
    "@evt.actor.type": Text("actor_type"),  # USER, SERVICE_ACCOUNT, SUPPORT_USER, SYSTEM, ANONYMOUS
    "@action": Derived(facets.action),  # created, modified, deleted, accessed, login, logout
    "@event": Text("event"),  # our own name, such as credential.issued
    "@asset.type": Text("target_type"),  # what sort of thing it was done to, such as api_key
    "@asset.id": Text("target_id"),  # which one
    "@asset.name": Text("target_label"),  # the name it went by then
    "@auth_method": Text("auth_method"),  # how they were known, such as SESSION
    "@auth_id": Text("auth_id"),  # the session or credential they were known by
    "@network.client.ip": Text("ip"),  # the address they came from
    "@http.useragent": Text("user_agent"),  # the program they used
    "@http.request_id": Text("request_id"),  # the request, as the log of the server has it
    "@reason": Text("reason"),  # the reason they gave
    "@sequence": Number("sequence"),  # the number of the event in the organisation's chain
    "@timestamp": Time("at"),  # when, as audit.times reads it
    "@status": Derived(facets.status),  # warn of a refused sign-in, info of all else
    "status": Derived(facets.status),  # a reserved attribute of logs: the same
    "source": Derived(facets.source),  # a tag every event has: source:audit
}
"""The name as the query has it, and what it asks about."""

WORDS = ("actor_label", "target_label", "reason", "event")
"""Where a word without an attribute is looked for."""

_LOOKUPS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_BIGGEST = 2**63 - 1
_MILLISECOND = timedelta(milliseconds=1)
_LAST = datetime.max.replace(tzinfo=UTC) - _MILLISECOND


def named(name: str) -> Attribute:
    """The attribute of that name, or Unknown."""
    return ATTRIBUTES.get(name, Unknown())


def mentions(word: Pattern) -> Q:
    """Those that have the word somewhere in what is read of them."""
    if word.is_anything:
        return EVERYTHING
    found = NOTHING
    for column in WORDS:
        found |= matches(column, word.anywhere)
    return found


def _whole(text: str) -> int:
    """The number, or the biggest that a database holds in its place. No event has a number that big."""
    if not re.fullmatch(r"-?[0-9]+", text):
        raise QueryError(_("“%(text)s” is not a whole number.") % {"text": text})
    return max(-_BIGGEST, min(int(text), _BIGGEST))


def _no_order() -> QueryError:
    return QueryError(_("Only @sequence and @timestamp have an order to compare by."))
