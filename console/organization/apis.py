"""Integration → APIs: every kind of credential on one page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.permissions import Permission as P
from console import kind_pages
from console.access import member
from console.forms.credentials import CredentialForm
from console.organization import listing
from console.pages import csv_file, page
from console.requests import SignedInRequest
from keys import exports, governance, limits, policies
from keys.kinds import Kind
from keys.lifecycle import Issued
from keys.models import Credential, CredentialQuerySet, Limit, Policy

ROWS_SHOWN = 5
REASONS_SHOWN = 3


@dataclass(frozen=True)
class Section:
    """One kind on the page: its words, its first rows, how many there are, and whether more can be made. `kept` if the
    policy leaves that to admins alone, though the actor's permissions would do."""

    kind: Kind
    words: kind_pages.KindPage
    rows: list[listing.Row]
    total: int
    limit: Limit | None
    off: bool
    may_create: bool
    kept: bool
    form: CredentialForm | None

    @property
    def full(self) -> bool:
        return self.limit is not None and not self.limit.left

    @property
    def more(self) -> bool:
        return self.total > len(self.rows)


@dataclass(frozen=True)
class Attention:
    """Something true today that somebody should look at, and where to see it."""

    tone: str
    count: int
    text: str
    url: str


@require_safe
@member
def apis(request: SignedInRequest) -> HttpResponse:
    """The page; `q` and `state` narrow every section alike."""
    if not governance.kinds_seen_by(request.actor):
        raise PermissionDenied("api_keys_read")
    return apis_page(request)


def apis_page(
    request: SignedInRequest, *, form: CredentialForm | None = None, issued: Issued | None = None, status: int = 200
) -> HttpResponse:
    """The page with, perhaps, a form that was refused or a credential that was just created."""
    words, state = listing.asked(request.GET)
    visible, at = Credential.objects.visible_to(request.actor), listing.Standpoint(request.actor)
    sections = _sections(request, listing.narrowed(visible, words=words, state=state, at=at), form, at)
    may_change = any(section.may_create for section in sections)
    if words or state:
        sections = [section for section in sections if section.total]
    attention, total = _attention(visible, at)
    worst = attention if state == listing.ATTENTION.slug else attention[:REASONS_SHOWN]
    context: dict[str, Any] = {
        "sections": sections,
        "attention": worst,
        "needing": total if len(attention) > len(worst) else 0,
        "may_review": request.actor.can(P.GOVERNANCE_CONSOLE_READ),
        "q": words,
        "filter": listing.chosen_filter(state),
        "narrowed": bool(words or state),
        "may_change": may_change,
        "export_query": urlencode({"q": words, "state": state}),
    }
    if issued:
        context |= revealed(issued)
    return page(request, "organization/apis.html", context, status=status)


def revealed(issued: Issued) -> dict[str, Any]:
    """What the dialog shows of a credential that was just created: the one place its secret goes."""
    kind = issued.credential.kind
    return {
        "issued": issued,
        "issued_words": kind_pages.PAGES[kind],
        "issued_snippets": kind_pages.snippets(kind, secret=issued.secret.text, site=settings.SITE_URL),
    }


def _sections(
    request: SignedInRequest, found: CredentialQuerySet, form: CredentialForm | None, at: listing.Standpoint
) -> list[Section]:
    actor = request.actor
    totals = dict(found.order_by().values_list("kind").annotate(Count("pk")))
    off = governance.switched_off(actor.organization)
    maxima = {limit.kind: limit for limit in limits.limits_of(request.member.organization)}
    kinds = governance.kinds_seen_by(actor)
    asked = policies.all_of(actor.organization)
    may = {kind: governance.may_create(actor, kind) for kind in kinds}
    kept = {kind: may[kind] and governance.kept_to_admins(actor, asked[kind]) for kind in kinds}
    first = [_newest(found, kind) if totals.get(kind) else [] for kind in kinds]
    shown = listing.rows_by_kind(actor, first, now=at.now, terms=at.policies)
    return [
        Section(
            kind=kind,
            words=kind_pages.PAGES[kind],
            rows=rows,
            total=totals.get(kind, 0),
            limit=maxima.get(kind) if actor.can(kind.rights.read) else None,
            off=kind in off,
            may_create=may[kind] and not kept[kind],
            kept=kept[kind],
            form=_form(request, asked[kind], form),
        )
        for kind, rows in zip(kinds, shown, strict=True)
    ]


def _newest(found: CredentialQuerySet, kind: Kind) -> list[Credential]:
    return list(found.of_kind(kind).with_people().with_browsers().order_by("-created_at", "-pk")[:ROWS_SHOWN])


def _form(request: SignedInRequest, policy: Policy, refused: CredentialForm | None) -> CredentialForm | None:
    kind = policy.kind
    if not kind_pages.PAGES[kind].inline:
        return None
    if refused and refused.kind is kind:
        return refused
    owners = governance.owners_for(request.actor, kind)
    return CredentialForm(policy, owners, inline=True, auto_id=f"{kind.slug}-%s")


def _attention(visible: CredentialQuerySet, at: listing.Standpoint) -> tuple[list[Attention], int]:
    """What needs a look today, the worst first, and how many credentials in all: counted in one query."""
    asked = (*listing.WORST_FIRST, listing.ATTENTION)
    counts = visible.aggregate(**{one.slug: Count("pk", filter=one.rule(at)) for one in asked})
    found = [
        Attention(one.tone, count, _WHY[one.slug](count), f"{reverse('apis')}?state={one.slug}")
        for one in listing.WORST_FIRST
        if (count := counts[one.slug])
    ]
    return found, counts[listing.ATTENTION.slug]


_WHY: dict[str, Callable[[int], str]] = {
    "in_browser": lambda n: ngettext("seen in a browser", "seen in a browser", n),
    "blocked": lambda n: ngettext("is blocked", "are blocked", n),
    "expiring": lambda n: ngettext("expires within 7 days", "expire within 7 days", n),
    "overdue": lambda n: ngettext("is overdue for rotation", "are overdue for rotation", n),
    "unknown_owner": lambda n: ngettext("has no known owner", "have no known owner", n),
    "unscoped": lambda n: ngettext("has all of its owner’s access", "have all of their owner’s access", n),
    "idle": lambda n: ngettext("unused for 90 days", "unused for 90 days", n),
    "waiting": lambda n: ngettext("waits for a first use", "wait for a first use", n),
    "due_soon": lambda n: ngettext("is due for rotation soon", "are due for rotation soon", n),
}


@require_safe
@member
def apis_export(request: SignedInRequest) -> StreamingHttpResponse:
    """The list as CSV, as filtered; never a secret. Recorded in the audit trail."""
    if not governance.kinds_seen_by(request.actor):
        raise PermissionDenied("api_keys_read")
    words, state = listing.asked(request.GET)
    visible, at = Credential.objects.visible_to(request.actor), listing.Standpoint(request.actor)
    found = listing.narrowed(visible, words=words, state=state, at=at)
    lines = exports.credentials(found.with_people(), by=request.actor, asked={"q": words, "state": state})
    return csv_file("credentials.csv", lines)
