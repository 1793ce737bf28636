"""Service accounts: members without a person, for programs. List, create, edit, disable, enable."""

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import granting, service_accounts
from accounts.models import Member, MemberQuerySet, Role, Status
from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from console.access import member, requires
from console.forms.errors import add_refusal
from console.forms.members import MemberFilterForm
from console.forms.service_accounts import ServiceAccountForm
from console.lists import Order, paged
from console.organization import owned
from console.organization.members import disabling, enabling, timeline
from console.pages import moved, page, posted
from console.requests import SignedInRequest

NAMES_SHOWN = 10


@dataclass(frozen=True)
class Reach:
    """Who manages every service account, and so can act as one: how many, and the first of them by name."""

    total: int
    first: list[Member]


@require_safe
@member
def service_account_list(request: SignedInRequest) -> HttpResponse:
    """The active ones, or those the query string asks for."""
    form = MemberFilterForm(request.actor.organization, request.GET)
    form.is_valid()
    words, status = form.cleaned_data.get("q", ""), form.cleaned_data.get("status", "")
    found = _accounts(request).with_roles().in_state(Status(status) if status else Status.ACTIVE)
    context = {
        "page": paged(found.matching(words) if words else found, Order("name_key"), request.GET),
        "q": words,
        "status": status,
        "reach": _reach(request),
        "may_write": request.actor.can(P.SERVICE_ACCOUNT_WRITE),
    }
    return page(request, "organization/service_accounts/list.html", context, fragments=("service-account-table",))


def _accounts(request: SignedInRequest) -> MemberQuerySet:
    return Member.objects.of(request.actor.organization).service_accounts()


def _account(request: SignedInRequest, pk: uuid.UUID) -> Member:
    return get_object_or_404(_accounts(request).with_roles(), pk=pk)


def _reach(request: SignedInRequest) -> Reach:
    organization = request.actor.organization
    holding = [role.pk for role in Role.objects.of(organization) if P.SERVICE_ACCOUNT_WRITE in role.permissions]
    people = Member.objects.of(organization).users().active()
    found = people.filter(assignments__role__in=holding).distinct().order_by("name_key")
    return Reach(total=found.count(), first=list(found[:NAMES_SHOWN]))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SERVICE_ACCOUNT_WRITE)
def service_account_create(request: SignedInRequest) -> HttpResponse:
    """A new one."""
    form = ServiceAccountForm(granting.grantable_by(request.actor), posted(request))
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("name", "email")}
        try:
            made = service_accounts.create(**fields, role_ids=form.role_ids, by=request.actor)
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
    account = _account(request, pk)
    context = {
        "account": account,
        "sections": owned.sections(request, account),
        "managers": service_accounts.managers_of(account),
        "reach": _reach(request),
        "events": timeline(request, account),
        "may_write": request.actor.can(P.SERVICE_ACCOUNT_WRITE),
    }
    return page(request, "organization/service_accounts/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SERVICE_ACCOUNT_WRITE)
def service_account_edit(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Another name, address or other roles."""
    account = _account(request, pk)
    initial = {"name": account.name, "email": account.email, "roles": sorted(map(str, account.role_ids))}
    form = ServiceAccountForm(granting.grantable_by(request.actor), posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("name", "email")}
        try:
            service_accounts.edit(pk, **fields, role_ids=form.role_ids, by=request.actor)
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
    return disabling(request, _account(request, pk), reverse("service-account-detail", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SERVICE_ACCOUNT_WRITE)
def service_account_enable(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Let programs act as it again; its keys and tokens do not come back."""
    return enabling(request, _account(request, pk), reverse("service-account-detail", args=[pk]))
