"""How the audit trail names what programs call themselves and how somebody was known."""

import re
from collections.abc import Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.events import LABELS, SENTENCES, Event
from audit.models import AuditEvent
from console import changes
from console.changes import Change
from keys.hygiene.controls import CONTROLS
from keys.kinds import BY_VALUE, KINDS

register = template.Library()

_BROWSERS = (
    ("Firefox", re.compile(r"Firefox/(\d+)")),
    ("Edge", re.compile(r"Edg/(\d+)")),
    ("Chrome", re.compile(r"Chrome/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+).*Safari/")),
)
_METHODS = {
    "SESSION": _("a browser session"),
    "NONE": _("nothing yet"),
    "COMMAND": _("a command on the server"),
    "POLICY": _("the organization’s policy"),
    "API + App Key": _("an API key and an application key"),
    "Personal Access Token": _("a personal access token"),
    "Service Access Token": _("a service access token"),
}

_KINDS = {kind.value: kind.plural for kind in KINDS}
_OURS: Mapping[str, Mapping[str, str | Promise]] = {
    "limit": _KINDS,
    "policy": _KINDS,
    "control": {control.slug: control.name for control in CONTROLS},
}


@register.filter
def client(user_agent: str) -> str:
    """The browser with its version, or the first word a program says of itself."""
    for name, pattern in _BROWSERS:
        if found := pattern.search(user_agent):
            return f"{name} {found[1]}"
    return user_agent.split(" ")[0].replace("/", " ")[:40]


@register.filter
def known_by(auth_method: str) -> str | Promise:
    """How the actor was known, in words."""
    return _METHODS.get(auth_method, auth_method)


@register.filter
def sentence(event: AuditEvent) -> str:
    """What happened; what is known by a name of ours is named in the reader's language."""
    named = _OURS.get(event.target_type, {}).get(event.target_id)
    if named is None:
        return event.sentence
    return str(SENTENCES[Event(event.event)]) % {"actor": event.actor_label, "target": named}


@register.filter
def kind_word(event: AuditEvent) -> str | Promise:
    """The kind of credential the event is about, if it is about one."""
    kind = BY_VALUE.get(event.target_type)
    return kind.label if kind else ""


@register.filter
def event_label(event: str) -> Promise:
    """The event's name."""
    return LABELS[Event(event)]


@register.filter
def changed(event: AuditEvent) -> list[Change]:
    """What it changed, field by field."""
    return changes.of(event)
