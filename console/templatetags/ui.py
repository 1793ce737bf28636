"""What templates draw with: icons, pips, initials, and times as a person would say them."""

import re
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from zipfile import ZipFile

from django import template
from django.template.context import RequestContext
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext

register = template.Library()

MOST_PIPS = 10
_SVG = (
    '<svg class="i" width="{size}" height="{size}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
    ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
    "{shapes}</svg>"
)
MINUTE, HOUR = 60, 3600  # seconds

_SYMBOLS_BY_VERB = {
    "revoked": "ban",
    "renamed": "pencil",
    "exported": "download",
    "signed_in": "log-in",
    "signed_out": "log-out",
    "refused": "shield-alert",
    "disabled": "user-round-x",
    "deleted": "trash-2",
    "rotated": "refresh-cw",
    "rotation_cancelled": "undo-2",
    "restored": "undo-2",
    "blocked": "octagon-pause",
    "unblocked": "play",
    "ownership_changed": "user-round-check",
    "seen_in_browser": "eye",
    "secret_rotated": "refresh-cw",
    "leaked": "shield-alert",
    "sent_again": "send",
}
_SYMBOLS_BY_NOUN = {
    "credential": "key-round",
    "service_account": "bot",
    "member": "user-round",
    "person": "user-round",
    "invitation": "mail",
    "role": "shield-check",
    "request": "gauge",
    "limit": "gauge",
    "kind": "circle-power",
    "organization": "building-2",
    "policy": "scale",
    "client_token": "key-round",
    "rum_application": "app-window",
    "rum_proxy": "shield-check",
    "upstream": "waypoints",
    "webhook": "webhook",
    "control": "list-checks",
    "detection": "list-checks",
    "notifications": "bell",
    "leak": "shield-alert",
    "security_contacts": "mail",
}
_TONES_BY_VERB = {
    "issued": "ok",
    "created": "ok",
    "joined": "ok",
    "approved": "ok",
    "enabled": "ok",
    "revoked": "bad",
    "disabled": "bad",
    "deleted": "bad",
    "refused": "bad",
    "seen_in_browser": "bad",
    "leaked": "bad",
    "declined": "warn",
    "switched_off": "warn",
    "blocked": "warn",
    "unblocked": "ok",
    "restored": "ok",
}


class NoSuchIcon(Exception):
    """The template asked for an icon the set does not have."""


@lru_cache(maxsize=1)
def _icon_set() -> ZipFile:
    return ZipFile(BytesIO((files("lucide") / "lucide.zip").read_bytes()))


@lru_cache(maxsize=512)
def _svg(name: str, size: int) -> SafeString:
    try:
        source = _icon_set().read(f"{name}.svg").decode()
    except KeyError as missing:
        raise NoSuchIcon(name) from missing
    shapes = mark_safe("".join(re.findall(r"<(?!/?svg|!)[^>]+>", source)))  # noqa: S308 -- the installed icon set's own
    return format_html(_SVG, size=size, shapes=shapes)


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """The icon as decoration: words beside it, or an aria-label on its button, say what it means."""
    return _svg(str(name), int(size))


@register.simple_tag
def pips(used: int, maximum: int) -> SafeString:
    """A limit as small bars, amber from the last free one on; beyond ten, each stands for its share."""
    shown = min(maximum, MOST_PIPS)
    lit = used if maximum <= MOST_PIPS else -(-used * shown // maximum)
    almost = maximum > 0 and lit >= shown - 1
    bars = format_html_join("", '<i class="{}"></i>', (("on" if n < lit else "",) for n in range(shown)))
    return format_html('<span class="pips{}" aria-hidden="true">{}</span>', " hi" if almost else "", bars)


@register.filter
def initials(name: str) -> str:
    """Two letters for an avatar: of first and last word, or the first two of a single one."""
    words = re.findall(r"[^\s]+", str(name).split("@")[0])
    letters = words[0][:1] + words[-1][:1] if len(words) > 1 else "".join(words)[:2]
    return letters.upper()


@register.filter
def number(value: int) -> str:
    """A whole number as the reader's language groups its digits."""
    return number_format(value, force_grouping=True)


def _day(moment: datetime, now: datetime) -> str:
    if moment.year == now.year:
        return date_format(moment, pgettext("date without its year", "j M"))
    return date_format(moment, pgettext("date with its year", "j M Y"))


def _past(moment: datetime, now: datetime) -> str:
    seconds, days = int((now - moment).total_seconds()), (now.date() - moment.date()).days
    if seconds < MINUTE:
        return gettext("Just now")
    if seconds < HOUR:
        return ngettext("%d minute ago", "%d minutes ago", seconds // MINUTE) % (seconds // MINUTE)
    if days == 0:
        return ngettext("%d hour ago", "%d hours ago", seconds // HOUR) % (seconds // HOUR)
    if days == 1:
        return gettext("Yesterday, %s") % date_format(moment, "H:i")
    if days < 30:
        return ngettext("%d day ago", "%d days ago", days) % days
    return _day(moment, now)


def _future(moment: datetime, now: datetime) -> str:
    seconds, days = int((moment - now).total_seconds()), (moment.date() - now.date()).days
    if seconds < HOUR:
        return ngettext("in %d minute", "in %d minutes", 1 + seconds // MINUTE) % (1 + seconds // MINUTE)
    if days == 0:
        return ngettext("in %d hour", "in %d hours", seconds // HOUR) % (seconds // HOUR)
    if days == 1:
        return gettext("tomorrow, %s") % date_format(moment, "H:i")
    if days < 60:
        return ngettext("in %d day", "in %d days", days) % days
    return _day(moment, now)


@register.filter
def ago(moment: datetime, now: datetime) -> str:
    """The moment as seen from now, in words; in the active time zone."""
    moment, now = timezone.localtime(moment), timezone.localtime(now)
    return _future(moment, now) if moment > now else _past(moment, now)


@register.filter
def absolute(moment: datetime) -> str:
    """The moment in full, with its time zone."""
    return date_format(timezone.localtime(moment), pgettext("date and time in full", "j F Y, H:i T"))


@register.filter
def day(moment: datetime, now: datetime) -> str:
    """The moment's day, with its year unless that is this one."""
    return _day(timezone.localtime(moment), timezone.localtime(now))


@register.simple_tag(takes_context=True)
def when(context: RequestContext, moment: datetime, style: str = "ago") -> SafeString:
    """A <time> that reads relative to the request's `now`, or as "day" or in "full"; its title is always in full."""
    now = context.get("now") or context.request.now  # an include with `only` has the request alone
    words = absolute(moment) if style == "full" else {"ago": ago, "day": day}[style](moment, now)
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), absolute(moment), words)


@register.simple_tag
def event_mark(event: str) -> SafeString:
    """The round mark of an audit event: a symbol for what it is about, a colour for what became of it."""
    noun, _dot, verb = event.partition(".")
    symbol = _SYMBOLS_BY_VERB.get(verb) or _SYMBOLS_BY_NOUN.get(noun, "dot")
    return format_html('<span class="mark {}">{}</span>', _TONES_BY_VERB.get(verb, ""), icon(symbol, 13))
