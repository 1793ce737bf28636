"""One detection, and what people do about it."""

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
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Member
from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from audit import search
from console.access import requires
from console.forms.credentials import another_like
from console.forms.errors import add_refusal
from console.forms.hygiene import AssignForm, DelayForm, ExceptForm, OwnerForm
from console.pages import moved, page
from console.requests import SignedInRequest
from keys import governance
from keys.hygiene import detections, settings
from keys.hygiene.controls import BY_SLUG, Control
from keys.hygiene.mitigations import ROTATE
from keys.models import Credential, Detection

TIMELINE_LENGTH = 30


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
        **_what_is_done(request, detection, control),
    }
    status = 422 if bound or problem else 200
    return page(request, "organization/hygiene/detection.html", context | bound, status=status)


def _what_is_done(request: SignedInRequest, detection: Detection, control: Control) -> dict[str, Any]:
    """Whether the actor may do what the control does; or the credential, with what it takes to do it by hand."""
    actor = request.actor
    if control.mitigation:
        return {"may_mitigate": actor.can(*control.mitigation.permissions)}
    credential = Credential.objects.visible_to(actor).with_people().filter(pk=detection.resource_id).first()
    if credential is None:
        return {}
    return {
        "credential": credential,
        "waits": control.by_hand is ROTATE and credential.replaced_at,
        "may_rotate": governance.may_rotate(actor, credential),
        "may_create": governance.may_create(actor, credential.kind),
        "another": another_like(credential),
        "owner_form": OwnerForm(actor.organization),
    }


def _members(request: SignedInRequest) -> list[Member]:
    return list(Member.objects.of(request.actor.organization).users().active().order_by("name_key", "pk"))


def done(request: SignedInRequest, detection: Detection, words: str) -> HttpResponse:
    """Back to what its control found, with words about the one named %(name)s."""
    messages.success(request, words % {"name": detection.label})
    return moved(reverse("hygiene-control", args=[detection.control]))


def _tried(
    request: SignedInRequest, pk: uuid.UUID, act: Callable[[], Detection], words: str, **bound: forms.Form
) -> HttpResponse:
    """Do it, or show the page with the form in which it was asked for, or with what stands in its way."""
    try:
        return done(request, act(), words)
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
