"""Roles: the built-in ones and the organisation's own. List, create, clone, edit, delete."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import names, roles
from accounts.builtin_roles import ADMIN
from accounts.models import Member, Role, RoleQuerySet, in_order
from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from audit import search
from console.access import member, requires
from console.forms.credentials import NameForm, picker, summary
from console.forms.errors import add_refusal
from console.forms.roles import RoleFilterForm, RoleForm
from console.lists import Order, paged
from console.pages import moved, page, posted
from console.requests import SignedInRequest

TIMELINE_LENGTH = 30
LOSSES_SHOWN = 20


@require_safe
@member
def role_list(request: SignedInRequest) -> HttpResponse:
    """Every role there is, with how many hold it."""
    form = RoleFilterForm(request.GET)
    form.is_valid()
    words = form.cleaned_data.get("q", "")
    found = _roles(request).with_user_count(request.actor.organization)
    context = {
        "roles": in_order(found.matching(words) if words else found),
        "q": words,
        "may_manage": request.actor.can(P.USER_ACCESS_MANAGE),
    }
    return page(request, "organization/roles/list.html", context, fragments=("role-table",))


def _roles(request: SignedInRequest) -> RoleQuerySet:
    return Role.objects.of(request.actor.organization)


@require_safe
@member
def role_detail(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """What one role permits, who holds it, and what happened to it."""
    return _detail(request, pk)


def _detail(request: SignedInRequest, pk: uuid.UUID, *, problem: str = "", status: int = 200) -> HttpResponse:
    organization = request.actor.organization
    role = get_object_or_404(_roles(request).with_user_count(organization), pk=pk)
    holders = Member.objects.of(organization).with_role(role.pk)
    events = search.timeline(role.pk, organization_id=organization)
    may_audit = request.actor.can(P.AUDIT_LOGS_READ)
    context = {
        "role": role,
        "page": paged(holders, Order("name_key"), request.GET),
        "summary": summary(role.permissions),
        "events": None if role.is_managed or not may_audit else events[:TIMELINE_LENGTH],
        "may_manage": request.actor.can(P.USER_ACCESS_MANAGE),
        "problem": problem,
    }
    return page(request, "organization/roles/detail.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.USER_ACCESS_MANAGE)
def role_create(request: SignedInRequest) -> HttpResponse:
    """A new one."""
    form = RoleForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = roles.create(name=form.cleaned_data["name"], permissions=_chosen(form), by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            return _ready(request, made)
    return _form_page(request, {"form": form, **_access(form)})


def _chosen(form: RoleForm) -> frozenset[str]:
    return frozenset(form.cleaned_data["permissions"])


def _ready(request: SignedInRequest, made: Role) -> HttpResponse:
    messages.success(request, _("The role %(name)s is ready. Give it to members on their pages.") % {"name": made.name})
    return moved(reverse("role-detail", args=[made.pk]))


def _access(form: RoleForm) -> dict[str, Any]:
    """The permission picker and its summary, as the form stands."""
    ticked = form.ticked()
    return {
        "picked": form["permissions"],
        "picker": picker(ticked, ADMIN.permissions),
        "summary": summary(ticked),
        "ticked": len(ticked),
    }


def _form_page(request: SignedInRequest, context: dict[str, Any]) -> HttpResponse:
    status = 422 if context["form"].is_bound else 200
    return page(request, "organization/roles/form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.USER_ACCESS_MANAGE)
def role_clone(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """A custom one that permits what this one does, under another name."""
    original = get_object_or_404(_roles(request), pk=pk)
    taken = set(_roles(request).values_list("name_key", flat=True))
    form = NameForm(posted(request), initial={"name": names.free(original.label, taken)})
    if request.method == "POST" and form.is_valid():
        try:
            made = roles.clone(pk, name=form.cleaned_data["name"], by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            return _ready(request, made)
    return _form_page(request, {"form": form, "original": original})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.USER_ACCESS_MANAGE)
def role_edit(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Another name or other permissions."""
    role = get_object_or_404(_roles(request), pk=pk)
    if role.is_managed:
        return _unchangeable(request, role)
    form = RoleForm(posted(request), initial={"name": role.name, "permissions": role.granted})
    if request.method == "POST" and form.is_valid():
        try:
            saved = roles.edit(pk, name=form.cleaned_data["name"], permissions=_chosen(form), by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
            return moved(reverse("role-detail", args=[pk]))
    return _form_page(request, {"form": form, "role": role, **_access(form)})


def _unchangeable(request: SignedInRequest, role: Role) -> HttpResponse:
    return _detail(request, role.pk, problem=str(roles.BUILT_IN_STAYS), status=409)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.USER_ACCESS_MANAGE)
def role_delete(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Who would lose what, then deleting it."""
    role = get_object_or_404(_roles(request), pk=pk)
    if role.is_managed:
        return _unchangeable(request, role)
    if request.method == "POST":
        roles.delete(pk, by=request.actor)
        messages.success(request, _("The role %(name)s is deleted.") % {"name": role.name})
        return moved(reverse("role-list"))
    losses = roles.losses(role)
    context = {
        "deleted": role,
        "back": reverse("role-detail", args=[pk]),
        "losses": losses[:LOSSES_SHOWN],
        "total": len(losses),
        "more": max(0, len(losses) - LOSSES_SHOWN),
    }
    return page(request, "organization/roles/delete.html", context)
