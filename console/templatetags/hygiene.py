"""What controls found, in words, and the score as a chart."""

from datetime import UTC, date, datetime, time
from typing import Any

from django import template
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Status
from console import charts
from console.templatetags.ui import ago
from keys.hygiene.findings import MEMBER, ROLE, SERVICE_ACCOUNT
from keys.hygiene.scores import BEST, Standing
from keys.kinds import BY_VALUE
from keys.models import Detection
from keys.telling import places

register = template.Library()

MOST_NAMED = 3
_TYPES: dict[str, Promise] = {MEMBER: _("member"), SERVICE_ACCOUNT: _("service account"), ROLE: _("role")}
_STATUSES = {
    Status.DISABLED.value: _("Is disabled"),
    Status.PENDING.value: _("Has not accepted the invitation"),
    Status.ACTIVE.value: _("Has no way to sign in"),
}


@register.filter
def thing(detection: Detection) -> str:
    """What sort of thing was found."""
    kind = BY_VALUE.get(detection.resource_type)
    return str(kind.label if kind else _TYPES[detection.resource_type])


@register.filter
def place(detection: Detection) -> str:
    """The page of what was found."""
    return places.path_of(detection.resource_type, str(detection.resource_id))


@register.filter
def finding(detection: Detection, now: datetime) -> str:
    """What the control saw, in a sentence without its end."""
    facts = detection.facts
    said = next((words(facts, now) for key, words in _SAID.items() if key in facts), None)
    return said or gettext("Created %(when)s") % {"when": _when(facts["created_at"], now)}


def _last_used(facts: dict[str, Any], now: datetime) -> str:
    if not facts["last_used_at"]:
        return gettext("Never used, created %(when)s") % {"when": _when(facts["created_at"], now)}
    return gettext("Last used %(when)s") % {"when": _when(facts["last_used_at"], now)}


def _signed_in(facts: dict[str, Any], now: datetime) -> str:
    if not facts["signed_in_at"]:
        return gettext("Never signed in")
    return gettext("Last signed in %(when)s") % {"when": _when(facts["signed_in_at"], now)}


def _due(facts: dict[str, Any], now: datetime) -> str:
    return gettext("Rotation was due %(when)s") % {"when": _when(facts["due_at"], now)}


def _left(facts: dict[str, Any], _now: datetime) -> str:
    return gettext("%(name)s has left") % {"name": facts["left"]} if facts["left"] else gettext("Nobody is named")


def _unused(facts: dict[str, Any], _now: datetime) -> str:
    return gettext("Not used: %(names)s") % {"names": _named(facts["unused_scopes"])}


def _shared(facts: dict[str, Any], _now: datetime) -> str:
    networks = ngettext("%d network", "%d networks", facts["networks"]) % facts["networks"]
    if not facts["clients"]:
        return networks
    return f"{_named([name or gettext('Unnamed program') for name in facts['clients']])} · {networks}"


def _status(facts: dict[str, Any], _now: datetime) -> str:
    number = facts["credentials"]
    owned = ngettext("owns %d key or token", "owns %d keys and tokens", number) % number
    return f"{_STATUSES[facts['status']]} · {owned}"


_SAID = {
    "last_used_at": _last_used,
    "due_at": _due,
    "left": _left,
    "unused_scopes": _unused,
    "clients": _shared,
    "status": _status,
    "signed_in_at": _signed_in,
}


def _named(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" +{more}" if more > 0 else "")


def _when(moment: str, now: datetime) -> str:
    words = ago(parse_datetime(moment) or now, now)
    return words[:1].lower() + words[1:]


@register.inclusion_tag("components/score_chart.html")
def score_chart(standing: Standing) -> dict[str, object]:
    """The score of each day as a bar, with its axes and as a table."""
    days = [(_noon(day), score) for day, score in standing.trend]
    columns = [
        (day, score, n * charts.STEP, charts.bar(n, score, BEST) if score is not None else "")
        for n, (day, score) in enumerate(days)
    ]
    return {
        "columns": columns,
        "standing": standing,
        "width": len(days) * charts.STEP,
        "bar": charts.STEP,
        "height": charts.HEIGHT,
        "half": charts.HEIGHT // 2,
        "scale": (BEST, BEST // 2, 0),
        "marked": [day for day, _score in (days[0], days[len(days) // 2], days[-1])],
    }


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)
