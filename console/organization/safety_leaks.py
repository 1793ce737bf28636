"""One leak: its runbook, and seeing to it step by step."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from audit import search
from audit.models import AuditEventQuerySet
from console.access import requires
from console.forms.audit import midnight
from console.forms.errors import add_refusal
from console.forms.safety import CloseForm, DayForm, DismissForm
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import governance
from keys.models import Credential, Leak, State, Step
from keys.safety import leaks, runbook
from keys.safety.runbook import Since

TIMELINE_LENGTH = 20
LABELS: dict[Since, Promise] = {
    Since.SIGN: gettext_lazy("First sign"),
    Since.WEEK: gettext_lazy("7 days before"),
    Since.MONTH: gettext_lazy("30 days before"),
    Since.CREATED: gettext_lazy("When it was created"),
}
"""What each beginning of the time that is looked into is called."""


@dataclass(frozen=True)
class Choice:
    """A beginning that can be chosen."""

    slug: str
    label: Promise
    current: bool


def _leak(request: SignedInRequest, pk: uuid.UUID) -> Leak:
    return get_object_or_404(Leak.objects.of(request.actor.organization).with_credentials(), pk=pk)


@require_safe
@requires(P.GOVERNANCE_CONSOLE_READ)
def leak_detail(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """What is known of it, and the five steps."""
    return _page(request, _leak(request, pk), CloseForm())


def _page(request: SignedInRequest, leak: Leak, form: CloseForm) -> HttpResponse:
    since, days = _since(request)
    kind = leak.credential.kind
    context = {
        "leak": leak,
        "credential": leak.credential,
        "kind": kind,
        "book": runbook.of(leak, since=since, now=request.now),
        "choices": [Choice(one.value, LABELS[one], one is since) for one in Since],
        "days": days,
        "steps": Step,
        "form": form,
        "events": _timeline(request, leak),
        "may_write": request.actor.can(P.GOVERNANCE_CONSOLE_WRITE),
        "may_see": governance.may_see(request.actor, kind),
        "may_rotate": _may_rotate(request, leak.credential),
        "may_create": governance.may_create(request.actor, kind),
        "may_revoke": governance.may_revoke(request.actor, leak.credential),
        "may_audit": request.actor.can(P.AUDIT_LOGS_READ),
    }
    return page(request, "organization/safety/leak.html", context, status=422 if form.is_bound else 200)


def _since(request: SignedInRequest) -> tuple[Since | datetime, DayForm]:
    """From when on the leak is looked into: a day of the reader's, one of the choices, or its first sign."""
    days = DayForm(request.GET)
    if days.is_valid() and days.cleaned_data["day"]:
        return midnight(days.cleaned_data["day"]), days
    asked = request.GET.get("since", "")
    return Since(asked) if asked in set(Since) else Since.SIGN, days


def _may_rotate(request: SignedInRequest, credential: Credential) -> bool:
    """Whether a successor that may do the same is a page away."""
    is_good = credential.state(request.now) in {State.ACTIVE, State.BLOCKED} and not credential.replaced_at
    return is_good and governance.may_rotate(request.actor, credential)


def _timeline(request: SignedInRequest, leak: Leak) -> AuditEventQuerySet | None:
    """What happened to the credential lately, or None for those who may not read the trail."""
    if not request.actor.can(P.AUDIT_LOGS_READ):
        return None
    return search.timeline(leak.credential_id, organization_id=request.actor.organization)[:TIMELINE_LENGTH]


@require_POST
@requires(P.GOVERNANCE_CONSOLE_WRITE)
def leak_step(request: SignedInRequest, pk: uuid.UUID, step: str) -> HttpResponse:
    """A step that only a person can judge is done."""
    if step not in set(Step):
        raise Http404
    leaks.do(pk, Step(step), by=request.actor)
    return moved(reverse("leak-detail", args=[pk]) + f"#{step}")


@require_POST
@requires(P.GOVERNANCE_CONSOLE_WRITE)
def leak_close(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """All is done that can be done."""
    form = CloseForm(request.POST)
    if form.is_valid():
        try:
            closed = leaks.close(pk, note=form.cleaned_data["note"], by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The leak of %(name)s is closed.") % {"name": closed.credential.name})
            return moved(reverse("safety"))
    return _page(request, _leak(request, pk), form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.GOVERNANCE_CONSOLE_WRITE)
def leak_dismiss(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """What a false alarm changes, then saying that it was one."""
    leak = _leak(request, pk)
    form = DismissForm(posted(request))
    if form.is_valid():
        try:
            leaks.dismiss(pk, reason=form.cleaned_data["reason"], by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The leak of %(name)s is dismissed.") % {"name": leak.credential.name})
            return moved(reverse("leak-detail", args=[pk]))
    context = {"leak": leak, "form": form, "lifts": leaks.would_lift(leak, now=request.now)}
    return page(request, "organization/safety/dismiss.html", context, status=422 if form.is_bound else 200)
