"""Limits & requests: how many of each kind there may be, what is switched off, and what support was asked."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.refusals import NotAllowed
from console.access import member
from console.forms.errors import add_refusal
from console.forms.limits import AskForm
from console.lists import Order, paged
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import governance
from keys import limits as verbs
from keys.kinds import KINDS, Kind
from keys.models import Limit, SupportRequest

NEWEST = Order("created_at", descending=True)


@dataclass(frozen=True)
class LimitRow:
    """A limit of the organisation, and whether the actor may ask for a higher one now."""

    limit: Limit
    waiting: bool
    may_ask: bool


@dataclass(frozen=True)
class SwitchRow:
    """A kind that support can switch off, how it stands, and whether the actor may ask for it now."""

    kind: Kind
    off: bool
    waiting: bool
    may_ask: bool


@require_safe
@member
def limits(request: SignedInRequest) -> HttpResponse:
    """Every limit and switch, and the requests with their answers."""
    seen = governance.kinds_seen_by(request.actor)
    if not seen:
        raise PermissionDenied("api_keys_read")
    requests = SupportRequest.objects.of(request.actor.organization)
    waiting = {found.kind for found in requests.open()}
    context = {
        "limits": _limit_rows(request, waiting),
        "switches": _switch_rows(request, waiting),
        "per_owner": [kind for kind in seen if kind.quota and not kind.quota.per],
        "unlimited": [kind for kind in seen if not kind.quota],
        "page": paged(requests.with_people(), NEWEST, request.GET),
        "may_change": any(governance.may_create(request.actor, kind) for kind in KINDS if _can_be_asked_for(kind)),
    }
    return page(request, "organization/limits/limits.html", context)


def _can_be_asked_for(kind: Kind) -> bool:
    return kind.switchable or bool(kind.quota and kind.quota.per)


def _limit_rows(request: SignedInRequest, waiting: set[Kind]) -> list[LimitRow]:
    return [
        LimitRow(
            limit=limit,
            waiting=limit.kind in waiting,
            may_ask=governance.may_create(request.actor, limit.kind) and limit.kind not in waiting,
        )
        for limit in verbs.limits_of(request.member.organization)
        if governance.may_see(request.actor, limit.kind)
    ]


def _switch_rows(request: SignedInRequest, waiting: set[Kind]) -> list[SwitchRow]:
    off = governance.switched_off(request.actor.organization)
    return [
        SwitchRow(
            kind=kind,
            off=kind in off,
            waiting=kind in waiting,
            may_ask=kind in off and kind not in waiting and governance.may_create(request.actor, kind),
        )
        for kind in KINDS
        if kind.switchable and governance.may_see(request.actor, kind)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@member
def limit_ask(request: SignedInRequest, kind: Kind) -> HttpResponse:
    """Ask support for more of a kind, or to switch it on."""
    if not _can_be_asked_for(kind):
        raise Http404
    if not governance.may_create(request.actor, kind):
        raise PermissionDenied(kind.rights.create)
    limit = _limit_of(request, kind)
    form = AskForm(posted(request), current=limit.maximum if limit else None)
    if form.is_valid():
        try:
            _ask(request, kind, form)
            return moved(reverse("limits"))
        except NotAllowed as refusal:
            add_refusal(form, refusal)
    context = {"kind": kind, "limit": limit, "form": form, "obstacle": _obstacle(request, kind, limit)}
    return page(request, "organization/limits/ask.html", context, status=422 if form.is_bound else 200)


def _limit_of(request: SignedInRequest, kind: Kind) -> Limit | None:
    found = verbs.limits_of(request.member.organization)
    return next((limit for limit in found if limit.kind is kind), None)


def _ask(request: SignedInRequest, kind: Kind, form: AskForm) -> None:
    verbs.ask(kind, wanted=form.cleaned_data.get("wanted"), reason=form.cleaned_data["reason"], by=request.actor)
    messages.success(request, _("Support was asked. The answer will stand on this page."))


def _obstacle(request: SignedInRequest, kind: Kind, limit: Limit | None) -> str:
    """Why there is nothing to ask for now, if so."""
    organization_id = request.actor.organization
    if SupportRequest.objects.of(organization_id).open().filter(kind=kind).exists():
        return _("Support is already looking at a request about this.")
    if limit is None and not governance.is_off(organization_id, kind):
        return _("This is switched on already.")
    return ""
