"""The safety center: what leaked, what else asks for a look, reporting a leak, and whom to tell."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from console.access import member, requires
from console.forms.errors import add_refusal
from console.forms.safety import ContactsForm, ReportForm
from console.lists import Order, paged
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import policies
from keys.kinds import Kind
from keys.models import Acted, Leak, LeakAction, LeakQuerySet, SecurityContacts, Way
from keys.safety import contacts, leaks, overview, patterns
from keys.safety.matches import Match

NEWEST = Order("reported_at", descending=True)


@dataclass(frozen=True)
class Reaction:
    """What a leak of a kind does."""

    kind: Kind
    action: LeakAction


@require_safe
@requires(P.GOVERNANCE_CONSOLE_READ)
def safety(request: SignedInRequest) -> HttpResponse:
    """Leaks, open or finished, page by page; what else asks for a look; and what happens with the next leak."""
    state = "finished" if request.GET.get("state") == "finished" else "open"
    known = Leak.objects.of(request.actor.organization)
    named = contacts.of(request.actor.organization)
    rules = policies.all_of(request.actor.organization)
    context = {
        "page": paged(_in_state(known, state).with_credentials(), NEWEST, request.GET),
        "state": state,
        "overview": overview.of(request.actor),
        "contacts": named,
        "review_due_at": contacts.due_at(named),
        "is_review_due": _is_review_due(request, named),
        "reactions": [Reaction(kind, LeakAction(policy.leak_action)) for kind, policy in rules.items()],
        "site": settings.SITE_URL,
        "may_write": request.actor.can(P.GOVERNANCE_CONSOLE_WRITE),
        "may_manage": request.actor.can(P.ORG_MANAGEMENT),
    }
    return page(request, "organization/safety/center.html", context, fragments=("leak-table",))


def _in_state(known: LeakQuerySet, state: str) -> LeakQuerySet:
    return known.open() if state == "open" else known.finished()


def _is_review_due(request: SignedInRequest, named: SecurityContacts) -> bool:
    due = contacts.due_at(named)
    return due is None or due <= request.now


@sensitive_post_parameters("text")
@require_http_methods(["GET", "HEAD", "POST"])
@member
def leak_report(request: SignedInRequest) -> HttpResponse:
    """For every member: whoever holds the text may say that it leaked."""
    form = ReportForm(posted(request))
    if form.is_valid():
        found = _reported(request, form)
        _answer(request, found)
        return moved(_next(request, found))
    context = {"form": form, "may_read": request.actor.can(P.GOVERNANCE_CONSOLE_READ)}
    return page(request, "organization/safety/report.html", context, status=422 if form.is_bound else 200)


def _reported(request: SignedInRequest, form: ReportForm) -> list[Leak]:
    place = form.cleaned_data["place"]
    matches = [Match(text, place) for text in patterns.found_in(form.cleaned_data["text"])]
    reporter = leaks.Reporter.acting(request.actor, way=Way.MEMBER)
    return [leak for leak in leaks.accept(matches, reporter=reporter, within=request.actor.organization) if leak]


def _answer(request: SignedInRequest, found: list[Leak]) -> None:
    """Say what became of it, without a name: whoever reports need not know of the credential."""
    words = {
        Acted.REVOKED: _("It is one of yours, and it is revoked now. Its people are told. Thank you."),
        Acted.QUARANTINED: _("It is one of yours, and it is blocked now. Its people are told. Thank you."),
        Acted.TOLD: _("It is one of yours, and its people are told. Thank you."),
        Acted.ENDED: _("It was one of yours, and no longer lets anybody in. Its people are told. Thank you."),
    }
    if not found:
        messages.info(request, _("Nothing in it is a credential of this organization."))
    elif len(found) == 1:
        is_alarm = found[0].dismissed_at is not None  # which stopped nothing, or no longer does
        messages.success(request, words[Acted.TOLD if is_alarm else Acted(found[0].acted)])
    else:
        said = _("%(n)d of yours were found in it. Each was dealt with by its policy, and its people are told.")
        messages.success(request, said % {"n": len(found)})


def _next(request: SignedInRequest, found: list[Leak]) -> str:
    if not found or not request.actor.can(P.GOVERNANCE_CONSOLE_READ):
        return reverse("leak-report")
    return reverse("leak-detail", args=[found[0].pk]) if len(found) == 1 else reverse("safety")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.ORG_MANAGEMENT)
def security_contacts(request: SignedInRequest) -> HttpResponse:
    """Name them, or confirm that they are right."""
    named = contacts.of(request.actor.organization)
    form = ContactsForm(posted(request), initial={"primary": named.primary, "secondary": named.secondary})
    if form.is_valid():
        try:
            contacts.change(**form.asked(), by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The security contacts are saved."))
            return moved(reverse("safety") + "#contacts")
    context = {"form": form, "contacts": named}
    return page(request, "organization/safety/contacts.html", context, status=422 if form.is_bound else 200)
