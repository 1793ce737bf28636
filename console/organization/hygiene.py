"""Key hygiene: the score, the controls, and what one of them found."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from console.access import requires
from console.forms.errors import add_refusal
from console.forms.hygiene import ControlForm, DetectionFilterForm
from console.lists import Order, paged
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import governance
from keys.hygiene import configuring, scanning, scores, settings
from keys.hygiene.controls import BY_SLUG, CONTROLS, Control
from keys.hygiene.mitigations import ROTATE
from keys.hygiene.scores import Share
from keys.hygiene.settings import Setting
from keys.kinds import KINDS
from keys.models import Credential, Detection, DetectionState

NEWEST = Order("created_at", descending=True)


@require_safe
@requires(P.GOVERNANCE_CONSOLE_READ)
def hygiene(request: SignedInRequest) -> HttpResponse:
    """The score and its trend, and every control with what it found."""
    organization = request.actor.organization
    found = settings.all_of(organization)
    counted = scores.active(organization, now=request.now)
    off = {control for control, setting in found.items() if not setting.is_on}
    standing = scores.standing(organization, counted, off=off, now=request.now)
    shares = standing.shares if standing else {}
    rows = [(control, found[control], shares.get(control)) for control in CONTROLS]
    context = {
        "standing": standing,
        "rows": sorted(rows, key=_urgency),
        "waiting": sum(count for slug, count in counted.items() if slug in BY_SLUG),
        **_may(request),
    }
    return page(request, "organization/hygiene/overview.html", context)


def _urgency(row: tuple[Control, Setting, Share | None]) -> tuple[bool, bool, int]:
    """By what controls are ordered: what waits first, then what has nothing, then what is off; by priority in each."""
    control, setting, share = row
    return not setting.is_on, not (share and share.active), control.priority.number


def _may(request: SignedInRequest) -> dict[str, bool]:
    return {"may_change": request.actor.can(P.GOVERNANCE_CONSOLE_WRITE)}


@require_POST
@requires(P.GOVERNANCE_CONSOLE_WRITE)
def hygiene_scan(request: SignedInRequest) -> HttpResponse:
    """Look at everything now."""
    score = scanning.scan_now(by=request.actor).score
    messages.success(request, _("Everything was looked at. The score is %(score)d of 100.") % {"score": score})
    return moved(reverse("hygiene"))


@require_safe
@requires(P.GOVERNANCE_CONSOLE_READ)
def hygiene_control(request: SignedInRequest, slug: str) -> HttpResponse:
    """What one control found, in one state, and how it is set."""
    control, organization = control_named(slug), request.actor.organization
    form = DetectionFilterForm(request.GET)
    form.is_valid()
    words, asked = form.cleaned_data.get("q", ""), form.cleaned_data.get("state") or DetectionState.ACTIVE.value
    state = DetectionState(asked)
    setting = settings.of(organization, control)
    found = Detection.objects.of(organization).of_control(control.slug)
    numbers = dict(found.with_state(request.now).order_by().values_list("stands").annotate(Count("pk")))
    shown = found.in_state(state, request.now).with_people()
    listed = paged(shown.matching(words) if words else shown, NEWEST, request.GET)
    context = {
        "control": control,
        "setting": setting,
        "numbers": [(parameter.label, setting.parameters[parameter.name]) for parameter in control.parameters],
        "page": listed,
        "state": state,
        "states": [(one, numbers.get(one.value, 0)) for one in DetectionState],
        "active": numbers.get(DetectionState.ACTIVE.value, 0),
        "q": words,
        **_may(request),
        **(_choosing(request, control, listed.rows) if state is DetectionState.ACTIVE else {}),
    }
    return page(request, "organization/hygiene/control.html", context, fragments=("detection-table",))


def _choosing(request: SignedInRequest, control: Control, rows: Iterable[Detection]) -> dict[str, Any]:
    """Which of those listed can be chosen: to be done from here, or to be rotated, kind by kind."""
    if control.is_done_here:
        return {"choosing": request.actor.can(P.GOVERNANCE_CONSOLE_WRITE)}
    if control.by_hand is not ROTATE:
        return {}
    listed = Credential.objects.visible_to(request.actor).with_people().filter(pk__in=[row.resource_id for row in rows])
    mine = [one for one in listed if not one.replaced_at and governance.may_rotate(request.actor, one)]
    kinds = [kind for kind in KINDS if any(one.kind is kind for one in mine)]
    return {"choosing": bool(mine), "rotatable": {one.pk for one in mine}, "kinds": kinds}


def control_named(slug: str) -> Control:
    """The control with this slug, or a page that says there is none."""
    if slug not in BY_SLUG:
        raise Http404
    return BY_SLUG[slug]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.GOVERNANCE_CONSOLE_WRITE)
def hygiene_settings(request: SignedInRequest, slug: str) -> HttpResponse:
    """What it looks for, what it leaves out, and whether it acts by itself."""
    control = control_named(slug)
    setting = settings.of(request.actor.organization, control)
    form = ControlForm(posted(request), setting=setting)
    if request.method == "POST" and form.is_valid():
        try:
            configuring.configure(control, **form.wanted(), by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The settings are saved, and hold from now on."))
            return moved(reverse("hygiene-control", args=[control.slug]))
    context: dict[str, Any] = {"control": control, "setting": setting, "form": form}
    return page(request, "organization/hygiene/settings.html", context, status=422 if form.is_bound else 200)
