"""How often credentials were used, drawn and in words."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from console import charts
from console.templatetags.ui import number
from keys.models import Credential, Facet
from keys.usage.observations import ELSEWHERE
from keys.usage.periods import Grain
from keys.usage.reports import Series, Sparkline
from keys.verification import Outcome

register = template.Library()

LABELS: dict[Outcome, Promise] = {
    Outcome.VALID: _("Good"),
    Outcome.ABSENT: _("No credential"),
    Outcome.UNKNOWN: _("Unknown credential"),
    Outcome.REVOKED: _("Revoked credential"),
    Outcome.EXPIRED: _("Expired credential"),
    Outcome.BLOCKED: _("Blocked credential"),
    Outcome.OWNER_DISABLED: _("Owner disabled"),
    Outcome.SWITCHED_OFF: _("Switched off"),
    Outcome.WRONG_KIND: _("Kind not accepted"),
    Outcome.WRONG_ORGANIZATION: _("Another organization’s credential"),
    Outcome.MISSING_SCOPE: _("Scope missing"),
    Outcome.THROTTLED: _("Too many attempts"),
    Outcome.IN_BROWSER: _("API key in a browser"),
    Outcome.WRONG_TRACK: _("May not send this"),
    Outcome.WRONG_ORIGIN: _("Wrong origin"),
    Outcome.WRONG_VISITOR: _("Visitor not signed in"),
}
"""What each outcome is called."""

_SPARKLINE = (
    '<svg class="spark" role="img" aria-label="{label}" viewBox="0 0 {width} {height}" width="{width}"'
    ' height="{height}"><path class="none" d="{ticks}"/><path d="{bars}"/></svg>'
)
_METER = (
    '<svg class="meter" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
    '<path class="none" d="M0 0h100v1h-100z"/><path d="M0 0h{percent}v1h-{percent}z"/></svg>'
)


@register.simple_tag
def sparkline(used: Sparkline) -> SafeString:
    """The last 28 days as bars; a sentence says them to whoever cannot see."""
    return format_html(
        _SPARKLINE,
        label=uses_in_words(used),
        width=len(used.days) * charts.SPARK_STEP,
        height=charts.SPARK_HEIGHT,
        ticks=charts.spark_ticks(used.days),
        bars=charts.spark_path(used.days),
    )


@register.filter
def uses_in_words(used: Sparkline) -> str:
    """How often in 28 days, and when last."""
    ago = used.days_since
    if ago is None:
        return gettext("No uses in 28 days")
    days = ngettext("%d day ago", "%d days ago", ago) % ago
    last = {0: gettext("today"), 1: gettext("yesterday")}.get(ago, days)
    sentence = ngettext("%(uses)s use in 28 days, last %(when)s", "%(uses)s uses in 28 days, last %(when)s", used.total)
    return sentence % {"uses": number(used.total), "when": last}


@register.inclusion_tag("components/usage_chart.html")
def usage_chart(series: Series) -> dict[str, object]:
    """The series as bars, refused on top of good, with its axes and as a table."""
    top = charts.round_top(max(bucket.good + bucket.refused for bucket in series.buckets))
    buckets = series.buckets
    return {
        "series": series,
        "columns": charts.columns(buckets, top),
        "width": len(buckets) * charts.STEP,
        "bar": charts.STEP,
        "height": charts.HEIGHT,
        "half": charts.HEIGHT // 2,
        "scale": (top, top // 2, 0),
        "marked": (buckets[0], buckets[len(buckets) // 2], buckets[-1]),
    }


@register.filter
def begun(start: datetime, grain: Grain) -> str:
    """When a bucket began, as a chart says it: hours are the reader's, days and months those of UTC."""
    if grain is Grain.HOUR:
        return date_format(timezone.localtime(start), "H:i")
    if grain is Grain.DAY:
        return date_format(start, pgettext("date without its year", "j M"))
    return date_format(start, pgettext("month with its year", "M Y"))


@register.filter
def percent(share: float) -> str:
    """A share of the whole; what is there at all is never said to be nothing."""
    rounded = round(share * 100)
    if share and not rounded:
        return gettext("< 1%%") % ()
    return gettext("%s%%") % number_format(rounded)


@register.simple_tag
def meter(share: float) -> SafeString:
    """A share as a bar, beside its number."""
    return format_html(_METER, percent=round(share * 100))


@register.filter
def outcome(value: Outcome) -> Promise:
    """What the outcome is called."""
    return LABELS[value]


@register.filter
def source(value: str, facet: str) -> str:
    """A client, network or endpoint by name; those that are not told apart, and what none was said of, in words."""
    if value == ELSEWHERE:
        return gettext("All others")
    return value or {Facet.CLIENT: gettext("Unnamed program")}.get(Facet(facet), gettext("Not known"))


@register.filter
def origin(credential: Credential) -> str:
    """The program and the network that used it last, as far as they are known."""
    return ", ".join(filter(None, [credential.last_used_client, credential.last_used_network]))


@register.filter
def age(credential: Credential, now: datetime) -> int:
    """How many days ago it was created."""
    return (now - credential.created_at).days
