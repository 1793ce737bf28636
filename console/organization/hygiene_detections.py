"""One detection, and what people do about it; or about several at once."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Member
from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from audit import search
from console.access import requires
from console.forms.errors import add_refusal
from console.forms.hygiene import AssignForm, DelayForm, ExceptForm, MitigateForm
from console.organization.hygiene import control_named
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys.hygiene import detections, settings
from keys.hygiene.controls import BY_SLUG
from keys.models import Detection

TIMELINE_LENGTH = 30
MOST_AT_ONCE = 200


@require_safe
@requires(P.GOVERNANCE_CONSOLE_READ)
def detection_detail(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """What was found, who looks after it, and what can be done."""
    return _detail(request, _detection(request, pk))


def _detection(request: SignedInRequest, pk: uuid.UUID) -> Detection:
    known = Detection.objects.of(request.actor.organization).filter(control__in=BY_SLUG).with_people()
    return get_object_or_404(known, pk=pk)


def _detail(request: SignedInRequest, detection: Detection, *, problem: str = "", **bound: forms.Form) -> HttpResponse:
    """The page; with a form that was refused, or a problem with what was asked, as 422."""
    organization, state = request.actor.organization, detection.state(request.now)
    control = detections.control_of(detection)
    events = search.timeline(detection.pk, organization_id=organization)
    may_change = request.actor.can(P.GOVERNANCE_CONSOLE_WRITE)
    initial = {"assigned_to": str(detection.assignee_id or ""), "assigned_team": detection.team}
    context: dict[str, Any] = {
        "detection": detection,
        "state": state,
        "control": control,
        "setting": settings.of(organization, control),
        "may_change": may_change,
        "acting": may_change and detection.ended_at is None,
        "assign_form": AssignForm(members=_members(request), initial=initial),
        "except_form": ExceptForm(),
        "delay_form": DelayForm(),
        "events": events[:TIMELINE_LENGTH] if request.actor.can(P.AUDIT_LOGS_READ) else None,
        "problem": problem,
    }
    status = 422 if bound or problem else 200
    return page(request, "organization/hygiene/detection.html", context | bound, status=status)


def _members(request: SignedInRequest) -> list[Member]:
    return list(Member.objects.of(request.actor.organization).users().active().order_by("name_key", "pk"))


def _done(detection: Detection, request: SignedInRequest, words: str) -> HttpResponse:
    messages.success(request, words % {"name": detection.label})
    return moved(reverse("hygiene-control", args=[detection.control]))


def _tried(
    request: SignedInRequest, pk: uuid.UUID, act: Callable[[], Detection], words: str, **bound: forms.Form
) -> HttpResponse:
    """Do it, or show the page with the form in which it was asked for, or with what stands in its way."""
    try:
        return _done(act(), request, words)
    except NotAllowed as refusal:
        for form in bound.values():
            add_refusal(form, refusal)
        problem = "" if bound else str(refusal.message)
        return _detail(request, _detection(request, pk), problem=problem, **bound)


@require_POST
@requires(P.GOVERNANCE_CONSOLE_WRITE)
def detection_except(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Let it be, for a reason."""
    detection, form = _detection(request, pk), ExceptForm(request.POST)
    if not form.is_valid():
        return _detail(request, detection, except_form=form)

    def act() -> Detection:
        return detections.make_exception(pk, **form.cleaned_data, by=request.actor)

    return _tried(request, pk, act, _("%(name)s is an exception now."), except_form=form)


@require_POST
@requires(P.GOVERNANCE_CONSOLE_WRITE)
def detection_assign(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Let a member or a team look after it."""
    detection, form = _detection(request, pk), AssignForm(request.POST, members=_members(request))
    if not form.is_valid():
        return _detail(request, detection, assign_form=form)
    chosen = form.cleaned_data["assigned_to"]
    member_id = uuid.UUID(chosen) if chosen else None

    def act() -> Detection:
        return detections.assign(pk, member_id=member_id, team=form.cleaned_data["assigned_team"], by=request.actor)

    return _tried(request, pk, act, _("Who looks after %(name)s is saved."), assign_form=form)


@require_POST
@requires(P.GOVERNANCE_CONSOLE_WRITE)
def detection_delay(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Put off what is done by itself."""
    detection, form = _detection(request, pk), DelayForm(request.POST)
    if not form.is_valid():
        return _detail(request, detection, delay_form=form)
    setting = settings.of(request.actor.organization, detections.control_of(detection))
    until = detections.due_at(detection, setting, now=request.now) + timedelta(days=form.cleaned_data["days"])

    def act() -> Detection:
        return detections.delay(pk, until=until, by=request.actor)

    return _tried(request, pk, act, _("What is done about %(name)s is put off."), delay_form=form)


@require_POST
@requires(P.GOVERNANCE_CONSOLE_WRITE)
def detection_reactivate(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """End its exception."""
    return _tried(request, pk, lambda: detections.reactivate(pk, by=request.actor), _("%(name)s is active again."))


@require_POST
@requires(P.GOVERNANCE_CONSOLE_WRITE)
def detection_mitigate(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Do what its control can do about it."""
    return _tried(request, pk, lambda: detections.mitigate(pk, by=request.actor), _("%(name)s is mitigated."))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.GOVERNANCE_CONSOLE_WRITE)
def hygiene_mitigate(request: SignedInRequest, slug: str) -> HttpResponse:
    """Do it to several: those that are chosen, or all that are active. What came of each is shown."""
    control = control_named(slug)
    found, form = _chosen(request, slug), MitigateForm(posted(request))
    if request.method == "POST" and not request.POST.getlist("id"):
        form.add_error(None, _("Choose at least one."))
    context: dict[str, Any] = {"control": control, "form": form, "found": found, "most": MOST_AT_ONCE}
    if form.is_valid() and control.mitigation:
        results = detections.mitigate_all([one.pk for one in found], by=request.actor)
        left = sum(bool(result.problem) for result in results)
        context |= {"results": results, "left": left, "done": len(results) - left}
        return page(request, "organization/hygiene/results.html", context)
    return page(request, "organization/hygiene/mitigate.html", context, status=422 if form.is_bound else 200)


def _chosen(request: SignedInRequest, slug: str) -> list[Detection]:
    """Those of the active ones that are named, or all of them to choose from; so many at once at most."""
    active = Detection.objects.of(request.actor.organization).of_control(slug).active(request.now)
    if named := request.POST.getlist("id") or request.GET.getlist("id"):
        active = active.filter(pk__in=[pk for pk in map(_id, named) if pk])
    return list(active.order_by("label", "pk")[:MOST_AT_ONCE])


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
