"""What an entry of the audit trail changed, as a person reads it: in their words and their time zone.

What is said otherwise than it is kept has the kept value as its title. Exports and the API tell what is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from accounts.models.person import Density, Theme
from audit.events import LABELS, Event
from audit.models import AuditEvent
from console.forms.policies import overlap_label
from console.forms.rum_applications import TRACKS, TYPES
from console.templatetags.ui import absolute, number
from keys.hygiene import controls
from keys.kinds import KINDS
from keys.models import Acted, LeakAction, MailChoice, Step
from keys.rotation import Overlap
from keys.telling import Topic, places

_FIELDS: Mapping[str, str | Promise] = {
    "acted": _("Done at once"),
    "actor": _("Who"),
    "address": _("Address"),
    "admins_create": _("Only admins create them"),
    "application": _("Application"),
    "assignee": _("Member"),
    "audience": _("Audience"),
    "control": _("Control"),
    "cookie": _("Name of the cookie"),
    "deliveries": _("Deliveries"),
    "email": _("E-mail"),
    "environment": _("Environment"),
    "event": _("Event"),
    "expires_at": _("Expires"),
    "granted": _("New limit"),
    "is_automatic": _("Automatic"),
    "is_on": _("Look for this"),
    "issuer": _("Issuer"),
    "jwks_url": _("Address of your site’s public keys (JWKS)"),
    "key": _("Shared key"),
    "key_name_exclusion_patterns": _("Names to leave out"),
    "kind": _("Kind"),
    "language": _("Language"),
    "last4": _("Ends in"),
    "leak": _("Leak"),
    "leak_action": _("When one is found in public"),
    "longest_days": _("Longest life, in days"),
    "longest_overlap_hours": _("Longest overlap"),
    "mails": _("Mails"),
    "managers": _("Managers"),
    "maximum": _("New limit"),
    "members": _("Members"),
    "mitigate_after": _("Until"),
    "mitigation": _("What is done about it"),
    "name": _("Name"),
    "names": _("Who"),
    "origin": _("Page"),
    "origins": _("Allowed origins"),
    "overlap": _("The old one stops"),
    "owner": _("Owner"),
    "owner_required": _("Owner required"),
    "period": _("Period"),
    "permissions": _("Permissions"),
    "place": _("Found at"),
    "primary": _("First address"),
    "purpose": _("Purpose"),
    "reporter": _("Reported by"),
    "roles": _("Roles"),
    "rotate_every_days": _("Rotate every, in days"),
    "scopes": _("Scopes"),
    "scopes_required": _("Scopes required"),
    "secondary": _("Second address"),
    "sends": _("May send"),
    "sessions": _("Sessions"),
    "since": _("Since"),
    "source": _("Sort of place"),
    "state": _("Status"),
    "step": _("Step"),
    "successor": _("Successor"),
    "target": _("About"),
    "team": _("Team"),
    "theme": _("Theme"),
    "density": _("Density"),
    "time_zone": _("Time zone"),
    "topics": _("Topics"),
    "type": _("Type"),
    "until": _("Until"),
    "wanted": _("How many you need in all"),
    **{topic.value: topic.label for topic in Topic},
    **{each.name: each.label for control in controls.CONTROLS for each in control.numbers},
}
"""What a field is called. One that is not here is called by its own name."""

_CHOICES: Mapping[str, str | Promise] = {"bell": _("In the console"), **dict(MailChoice.choices)}
_WORDS: Mapping[str, Mapping[str, str | Promise]] = {
    "acted": dict(Acted.choices),
    "control": {control.slug: control.name for control in controls.CONTROLS},
    "density": dict(Density.choices),
    "event": {event.value: LABELS[event] for event in Event},
    "kind": {kind.value: capfirst(kind.label) for kind in KINDS},
    "language": dict(settings.LANGUAGES),
    "leak_action": dict(LeakAction.choices),
    "mitigation": {
        control.mitigation.id: control.mitigation.title for control in controls.CONTROLS if control.mitigation
    },
    "overlap": dict(Overlap.choices),
    "proxy": {"open": pgettext_lazy("a door", "Open"), "closed": pgettext_lazy("a door", "Closed")},
    "sends": {track.value: label for track, label in TRACKS.items()},
    "state": {"enabled": _("Enabled"), "disabled": _("Disabled")},
    "step": dict(Step.choices),
    "theme": dict(Theme.choices),
    "topics": {topic.value: topic.label for topic in Topic},
    "type": {kind.value: label for kind, label in TYPES.items()},
    **dict.fromkeys((topic.value for topic in Topic), _CHOICES),
}
"""What the values of a field are called, where they are words of ours."""
_NOTHING: Mapping[str, str | Promise] = {
    "expires_at": _("Never"),
    "language": _("As the browser"),
    "scopes": _("All of the owner’s permissions"),
}
"""What it means that a field has no value, where that is something."""
_SWITCHED = {True: _("On"), False: _("Off")}

_TIMES = {"since", "until", "mitigate_after"}
_BESIDES = {"successor_last4"}
"""What is said with another field."""
_COMPARING = ("changed", "renamed", ".restored", ".assigned", ".delayed")
"""Events of these names tell what was before."""


@dataclass(frozen=True)
class Change:
    """A field, what it is now, and what it was; that is "" where there was nothing to change."""

    label: str
    before: str
    after: str


def of(event: AuditEvent) -> list[Change]:
    """What the event changed, in the order it was told."""
    told = {name: value for name, value in event.changes.items() if value is not None and name not in _BESIDES}
    return [_change(event, name, value) for name, value in told.items()]


def _change(event: AuditEvent, name: str, value: Any) -> Change:
    label = str(_FIELDS.get(name) or name.removeprefix("is_").replace("_", " ").capitalize())
    if isinstance(value, list) and len(value) == 2 and event.event.endswith(_COMPARING):
        return Change(label, _said(event, name, value[0]), _said(event, name, value[1]))
    return Change(label, "", _said(event, name, value))


def _said(event: AuditEvent, name: str, value: Any) -> str:
    if value is None or value == "" or value == []:
        return str(_NOTHING.get(name, "–"))
    if isinstance(value, bool):
        return str(_SWITCHED[value])
    if isinstance(value, dict):
        return _said(event, name, list(value.values()))
    if isinstance(value, list):
        return format_html_join(", ", "{}", ([_said(event, name, each)] for each in value))
    if isinstance(value, int):
        return str(overlap_label(value)) if name == "longest_overlap_hours" else number(value)
    return _text(event, name, str(value))


def _text(event: AuditEvent, name: str, text: str) -> str:
    if name in {"leak", "successor"}:
        return _link(event, name, text)
    if name in _TIMES or name.endswith("_at"):
        return _moment(text)
    words = _WORDS.get(name, {})
    said = ", ".join(str(words.get(word, word)) for word in text.split(", ")) if words else text
    return text if said == text else format_html('<span title="{}">{}</span>', text, said)


def _link(event: AuditEvent, name: str, target_id: str) -> str:
    """The page about a leak, or about the credential that came after the event's."""
    path = places.path_of("leak" if name == "leak" else event.target_type, target_id)
    said = f"…{event.changes.get('successor_last4', '')}" if name == "successor" else f"{target_id[:8]}…"
    return format_html('<a href="{}" title="{}">{}</a>', path, target_id, said) if path else target_id


def _moment(text: str) -> str:
    """A time in the reader's zone; a day, which is of no zone, as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    said = absolute(moment) if moment.tzinfo else date_format(moment, pgettext("date with its year", "j M Y"))
    return format_html('<time datetime="{0}" title="{0}">{1}</time>', text, said)
