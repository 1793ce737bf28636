"""Service accounts: members without a person, for programs. List, create, edit, disable, enable."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import members, roles, service_accounts
from accounts.builtin_roles import ROLES
from accounts.models import Member, MemberQuerySet, Status
from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from audit import search
from console import kind_pages
from console.access import member, requires
from console.forms.errors import add_refusal
from console.forms.members import MemberFilterForm
from console.forms.service_accounts import ServiceAccountForm
from console.lists import Order, paged
from console.organization import listing
from console.organization.members import TIMELINE_LENGTH
from console.pages import moved, page
from console.requests import SignedInRequest
from keys import governance, offboarding
from keys.kinds import KINDS, Kind, Owner
from keys.models import Credential


@require_safe
@member
def service_account_list(request: SignedInRequest) -> HttpResponse:
    """The active ones, or those the query string asks for."""
    form = MemberFilterForm(request.GET)
    form.is_valid()
    words, status = form.cleaned_data.get("q", ""), form.cleaned_data.get("status", "")
    found = _accounts(request).with_roles().in_state(Status(status) if status else Status.ACTIVE)
    context = {
        "page": paged(found.matching(words) if words else found, Order("name_key"), request.GET),
        "q": words,
        "status": status,
        "reach": _who_can_reach(request),
        "may_write": request.actor.can(P.SERVICE_ACCOUNT_WRITE),
    }
    return page(request, "organization/service_accounts/list.html", context, fragments=("service-account-table",))


def _accounts(request: SignedInRequest) -> MemberQuerySet:
    return Member.objects.of(request.actor.organization).service_accounts()


def _account(request: SignedInRequest, pk: uuid.UUID) -> Member:
    return get_object_or_404(_accounts(request).with_roles(), pk=pk)


def _who_can_reach(request: SignedInRequest) -> list[Member]:
    """The members who manage every service account, and so can act as one."""
    holding = [role.slug for role in ROLES if P.SERVICE_ACCOUNT_WRITE in role.permissions]
    found = Member.objects.of(request.actor.organization).users().active()
    return list(found.filter(assignments__role__in=holding).distinct().order_by("name_key")[:20])


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SERVICE_ACCOUNT_WRITE)
def service_account_create(request: SignedInRequest) -> HttpResponse:
    """A new one."""
    form = ServiceAccountForm(roles.grantable_by(request.actor), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("name", "email")}
        try:
            made = service_accounts.create(**fields, role_slugs=form.role_slugs, by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(
                request, _("%(name)s is ready. Give it a token or an application key.") % {"name": made.name}
            )
            return moved(reverse("service-account-detail", args=[made.pk]))
    context = {"form": form, "account": None}
    return page(request, "organization/service_accounts/form.html", context, status=422 if form.is_bound else 200)


@require_safe
@member
def service_account_detail(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """One service account: roles, who can reach it, its keys and tokens, and what happened."""
    account, actor = _account(request, pk), request.actor
    visible = Credential.objects.visible_to(actor).owned_by(account).live().with_people().order_by("-created_at")
    events = search.timeline(account.id, organization_id=actor.organization) if actor.can(P.AUDIT_LOGS_READ) else None
    context = {
        "account": account,
        "sections": [_section(request, kind, visible.of_kind(kind)) for kind in KINDS if _fits(request, kind)],
        "reach": _who_can_reach(request),
        "events": events[:TIMELINE_LENGTH] if events is not None else None,
        "may_write": actor.can(P.SERVICE_ACCOUNT_WRITE),
    }
    return page(request, "organization/service_accounts/detail.html", context)


def _fits(request: SignedInRequest, kind: Kind) -> bool:
    return Owner.SERVICE_ACCOUNT in kind.owners and governance.may_see(request.actor, kind)


def _section(request: SignedInRequest, kind: Kind, credentials: object) -> dict[str, object]:
    return {
        "kind": kind,
        "words": kind_pages.PAGES[kind],
        "rows": listing.rows_for(request.actor, credentials, now=request.now),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SERVICE_ACCOUNT_WRITE)
def service_account_edit(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Another name, address or other roles."""
    account = _account(request, pk)
    initial = {"name": account.name, "email": account.email, "roles": sorted(account.role_slugs)}
    posted = request.POST if request.method == "POST" else None
    form = ServiceAccountForm(roles.grantable_by(request.actor), posted, initial=initial)
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("name", "email")}
        try:
            service_accounts.edit(pk, **fields, role_slugs=form.role_slugs, by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": fields["name"]})
            return moved(reverse("service-account-detail", args=[pk]))
    context = {"form": form, "account": account}
    return page(request, "organization/service_accounts/form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SERVICE_ACCOUNT_WRITE)
def service_account_disable(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """What disabling would delete, then doing it."""
    account = _account(request, pk)
    problem = ""
    if request.method == "POST":
        try:
            offboarding.disable(pk, by=request.actor)
        except NotAllowed as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("%(name)s is disabled.") % {"name": account.name})
            return moved(reverse("service-account-list"))
    context = {"shown": account, "preview": offboarding.preview(account), "problem": problem}
    return page(request, "organization/members/disable.html", context, status=409 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SERVICE_ACCOUNT_WRITE)
def service_account_enable(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Let programs act as it again; its keys and tokens do not come back."""
    account = _account(request, pk)
    problem = ""
    if request.method == "POST":
        try:
            members.enable(pk, by=request.actor)
        except NotAllowed as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("%(name)s is enabled.") % {"name": account.name})
            return moved(reverse("service-account-detail", args=[pk]))
    context = {"shown": account, "problem": problem}
    return page(request, "organization/members/enable.html", context, status=409 if problem else 200)
