"""Support: every organisation, what is known of one, and its limits and switches. Metadata only, never a secret."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Model, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.builtin_roles import ADMIN
from accounts.models import Member, Organization
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from console.access import support
from console.acting import as_support
from console.forms.errors import add_refusal
from console.forms.support import LimitForm, SwitchForm
from console.lists import Order, paged
from console.organization import listing
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import governance, limits
from keys.kinds import KINDS, Kind
from keys.models import Credential, Limit, SupportRequest

BY_NAME = Order("name_key")
NEWEST = Order("created_at", descending=True)
RECENT = 20
ADMINS_SHOWN = 10


@dataclass(frozen=True)
class OrganizationRow:
    """An organisation in the list, with what it holds."""

    organization: Organization
    members: int
    credentials: int
    requests: int


@require_safe
@support
def support_organizations(request: SignedInRequest) -> HttpResponse:
    """All organisations by name, searched by the query string, page by page."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:128]
    found = Organization.objects.all()
    shown = paged(found.matching(words) if words else found, BY_NAME, request.GET)
    context = {"rows": _rows(shown.rows), "page": shown, "q": words}
    return page(request, "support/organizations.html", context, fragments=("organization-table",))


def _rows(found: list[Organization]) -> list[OrganizationRow]:
    """The rows with their counts: three queries, however many rows."""
    members = _counted(Member.objects.users().filter(disabled_at__isnull=True), found)
    credentials = _counted(Credential.objects.live(), found)
    requests = _counted(SupportRequest.objects.open(), found)
    return [
        OrganizationRow(one, members.get(one.id, 0), credentials.get(one.id, 0), requests.get(one.id, 0))
        for one in found
    ]


def _counted(rows: QuerySet[Any], among: Iterable[Model]) -> dict[uuid.UUID, int]:
    return dict(rows.filter(organization__in=among).order_by().values_list("organization").annotate(Count("pk")))


@require_safe
@support
def support_organization(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """What is known of one organisation."""
    organization = get_object_or_404(Organization, pk=pk)
    words, state = request.GET.get("q", ""), request.GET.get("state", "")
    actor = as_support(request, organization)
    visible, at = Credential.objects.visible_to(actor).with_people(), listing.Standpoint(actor)
    shown = paged(listing.narrowed(visible, words=words, state=state, at=at), NEWEST, request.GET)
    context = {
        "organization": organization,
        "page": shown,
        "rows": [(credential, credential.state(request.now)) for credential in shown.rows],
        "q": words,
        "state": state,
        "filters": listing.FILTERS,
        **_surroundings(organization),
    }
    return page(request, "support/organization.html", context, fragments=("credential-table",))


def _surroundings(organization: Organization) -> dict[str, Any]:
    """Everything about the organisation but its credentials."""
    members = Member.objects.of(organization.id)
    off = governance.switched_off(organization.id)
    return {
        "people": members.users().active().count(),
        "programs": members.service_accounts().active().count(),
        "admins": members.users().active().with_role(ADMIN.id).order_by("name_key")[:ADMINS_SHOWN],
        "limits": limits.limits_of(organization),
        "switches": [(kind, kind in off) for kind in KINDS if kind.switchable],
        "requests": SupportRequest.objects.of(organization.id).with_people().order_by("-created_at")[:RECENT],
        "events": AuditEvent.objects.of(organization.id).newest_first()[:RECENT],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@support
def support_limit(request: SignedInRequest, pk: uuid.UUID, kind: Kind) -> HttpResponse:
    """Set how many of a kind the organisation may have."""
    organization = get_object_or_404(Organization, pk=pk)
    limit = _limit_of(organization, kind)
    if request.method == "POST":
        form = LimitForm(request.POST)
        if form.is_valid() and _set_limit(request, organization, kind, form):
            return moved(reverse("support-organization", args=[pk]))
    else:
        form = LimitForm(initial={"granted": limit.maximum})
    context = {"organization": organization, "kind": kind, "limit": limit, "form": form}
    return page(request, "support/limit.html", context, status=422 if form.is_bound else 200)


def _limit_of(organization: Organization, kind: Kind) -> Limit:
    for limit in limits.limits_of(organization):
        if limit.kind is kind:
            return limit
    raise Http404


def _set_limit(request: SignedInRequest, organization: Organization, kind: Kind, form: LimitForm) -> bool:
    by, asked = as_support(request, organization), form.cleaned_data
    try:
        limit = limits.set_limit(kind, maximum=asked["granted"], reason=asked["answer"], by=by)
    except NotAllowed as refusal:
        add_refusal(form, refusal)
        return False
    messages.success(request, _("The limit is %(maximum)d now.") % {"maximum": limit.maximum})
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@support
def support_switch(request: SignedInRequest, pk: uuid.UUID, kind: Kind) -> HttpResponse:
    """Confirm, and then switch a kind on or off for the organisation."""
    organization = get_object_or_404(Organization, pk=pk)
    if not kind.switchable:
        raise Http404
    off = governance.is_off(organization.id, kind)
    form = SwitchForm(posted(request), initial={"to": "on" if off else "off"})
    if form.is_valid():
        by, asked = as_support(request, organization), form.cleaned_data
        limits.switch(kind, on=asked["to"] == "on", reason=asked["answer"], by=by)
        return moved(reverse("support-organization", args=[pk]))
    context = {
        "organization": organization,
        "kind": kind,
        "off": off,
        "form": form,
        "affected": Credential.objects.of(organization.id).of_kind(kind).live().count(),
    }
    return page(request, "support/switch.html", context, status=422 if form.is_bound else 200)
