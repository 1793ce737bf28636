"""Members: the people of an organisation. List, invite, roles, disable, enable."""

import uuid

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import granting, members
from accounts.builtin_roles import STANDARD
from accounts.models import Member, MemberQuerySet, Status
from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from audit import search
from audit.models import AuditEventQuerySet
from console.access import member, requires
from console.forms.errors import add_refusal
from console.forms.members import InviteForm, MemberFilterForm, RolesForm
from console.lists import Order, paged
from console.organization import owned
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import offboarding

TIMELINE_LENGTH = 30


@require_safe
@member
def member_list(request: SignedInRequest) -> HttpResponse:
    """Everybody in the organisation, searched and narrowed by the query string."""
    form = MemberFilterForm(request.actor.organization, request.GET)
    form.is_valid()
    found = _narrowed(_people(request).select_related("person").with_roles(), form.cleaned_data)
    context = {
        "form": form,
        "page": paged(found, Order("name_key"), request.GET),
        "may_invite": request.actor.can(P.USER_ACCESS_INVITE, P.USER_ACCESS_MANAGE),
    }
    return page(request, "organization/members/list.html", context, fragments=("member-table",))


def _people(request: SignedInRequest) -> MemberQuerySet:
    return Member.objects.of(request.actor.organization).users()


def _narrowed(found: MemberQuerySet, asked: dict[str, str]) -> MemberQuerySet:
    if words := asked.get("q"):
        found = found.matching(words)
    if status := asked.get("status"):
        found = found.in_state(Status(status))
    if role := asked.get("role"):
        found = found.with_role(uuid.UUID(role))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.USER_ACCESS_INVITE, P.USER_ACCESS_MANAGE)
def member_invite(request: SignedInRequest) -> HttpResponse:
    """Invite somebody by e-mail."""
    form = InviteForm(granting.grantable_by(request.actor), posted(request), initial={"roles": [str(STANDARD.id)]})
    if request.method == "POST" and form.is_valid():
        try:
            invited = members.invite(email=form.cleaned_data["email"], role_ids=form.role_ids, by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            _say_sent(request, invited)
            return moved(reverse("member-list"))
    return page(request, "organization/members/invite.html", {"form": form}, status=422 if form.is_bound else 200)


def _say_sent(request: SignedInRequest, invited: Member) -> None:
    messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": invited.email})


@require_safe
@member
def member_detail(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """One member: roles, the credentials the actor may know of, and what happened."""
    return _detail(request, _person(request, pk))


def _person(request: SignedInRequest, pk: uuid.UUID) -> Member:
    return get_object_or_404(_people(request).select_related("person").with_roles(), pk=pk)


def _detail(request: SignedInRequest, shown: Member, *, problem: str = "", status: int = 200) -> HttpResponse:
    may_manage = request.actor.can(P.USER_ACCESS_MANAGE)
    context = {
        "shown": shown,
        "sections": owned.sections(request, shown),
        "events": timeline(request, shown),
        "may_manage": may_manage,
        "may_invite": request.actor.can(P.USER_ACCESS_INVITE, P.USER_ACCESS_MANAGE),
        "obstacle": obstacle(shown) if may_manage and shown.status is not Status.DISABLED else "",
        "problem": problem,
    }
    return page(request, "organization/members/detail.html", context, status=status)


def timeline(request: SignedInRequest, shown: Member) -> AuditEventQuerySet | None:
    """What happened to the member lately, or None for those who may not read the trail."""
    if not request.actor.can(P.AUDIT_LOGS_READ):
        return None
    return search.timeline(shown.id, organization_id=request.actor.organization)[:TIMELINE_LENGTH]


def obstacle(shown: Member) -> str:
    """Why the member cannot be disabled now, if so."""
    if shown.status is Status.DISABLED:
        return _("%(name)s is disabled already.") % {"name": shown.name}
    try:
        granting.check_not_last_admin(shown)
    except NotAllowed as refusal:
        return str(refusal)
    return ""


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.USER_ACCESS_MANAGE)
def member_roles(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Give other roles."""
    shown = _person(request, pk)
    form = RolesForm(
        granting.grantable_by(request.actor), posted(request), initial={"roles": sorted(map(str, shown.role_ids))}
    )
    if request.method == "POST" and form.is_valid():
        try:
            members.set_roles(pk, form.role_ids, by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s has new roles.") % {"name": shown.name})
            return moved(reverse("member-detail", args=[pk]))
    context = {"form": form, "shown": shown}
    return page(request, "organization/members/roles.html", context, status=422 if form.is_bound else 200)


@require_POST
@requires(P.USER_ACCESS_INVITE, P.USER_ACCESS_MANAGE)
def member_invitation(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Send a fresh link to somebody who has not joined yet."""
    shown = _person(request, pk)
    try:
        members.invite_again(pk, by=request.actor)
    except NotAllowed as refusal:
        return _detail(request, shown, problem=str(refusal), status=409)
    _say_sent(request, shown)
    return moved(reverse("member-detail", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.USER_ACCESS_MANAGE)
def member_disable(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """What disabling would delete and what would stay, then doing it."""
    return disabling(request, _person(request, pk), reverse("member-detail", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.USER_ACCESS_MANAGE)
def member_enable(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Let a disabled member in again."""
    return enabling(request, _person(request, pk), reverse("member-detail", args=[pk]))


def disabling(request: SignedInRequest, shown: Member, back: str) -> HttpResponse:
    """The page that says what would happen and does it; for people and service accounts alike."""
    problem = obstacle(shown)
    if request.method == "POST":
        try:
            offboarding.disable(shown.pk, by=request.actor)
        except NotAllowed as refusal:
            problem = str(refusal)
        else:
            return _disabled(request, shown, back)
    context = {"shown": shown, "preview": offboarding.preview(shown), "problem": problem, "back": back}
    status = 409 if request.method == "POST" else 200
    return page(request, "organization/members/disable.html", context, status=status)


def _disabled(request: SignedInRequest, shown: Member, back: str) -> HttpResponse:
    if shown == request.member:  # every session of theirs has ended, the one of this request among them
        logout(request)
        return moved(reverse("account_login"))
    messages.success(request, _("%(name)s is disabled.") % {"name": shown.name})
    return moved(back)


def enabling(request: SignedInRequest, shown: Member, back: str) -> HttpResponse:
    """The page that says what comes back and what does not, and does it; for people and service accounts alike."""
    problem = ""
    if request.method == "POST":
        try:
            members.enable(shown.pk, by=request.actor)
        except NotAllowed as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("%(name)s is enabled.") % {"name": shown.name})
            return moved(back)
    context = {"shown": shown, "problem": problem, "back": back}
    return page(request, "organization/members/enable.html", context, status=409 if problem else 200)
