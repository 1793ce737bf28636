"""What is done about several findings of one control at once, and what came of each."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission as P
from console.access import requires
from console.forms.hygiene import MitigateForm, OwnerForm
from console.organization.hygiene import control_named
from console.organization.hygiene_detections import done
from console.pages import page, posted
from console.requests import SignedInRequest
from keys.hygiene import detections
from keys.hygiene.controls import Control
from keys.hygiene.mitigations import NAME_OWNER
from keys.models import Detection

MOST_AT_ONCE = 200


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.GOVERNANCE_CONSOLE_WRITE)
def hygiene_mitigate(request: SignedInRequest, slug: str) -> HttpResponse:
    """Do it to several: those that are chosen, or all that are active. What came of each is shown."""
    control = control_named(slug)
    found, form = _chosen(request, slug), _form(request, control)
    if form and form.is_bound and not request.POST.getlist("id"):
        form.add_error(None, _("Choose at least one."))
    context: dict[str, Any] = {"control": control, "form": form, "found": found, "most": MOST_AT_ONCE}
    if found and form and form.is_valid():
        chosen = [one.pk for one in found]
        results = detections.mitigate_all(chosen, by=request.actor, mitigation=form.mitigation())
        left = sum(bool(result.problem) for result in results)
        if len(results) == 1 and not left:
            return done(request, results[0].detection, _("%(name)s is mitigated."))
        context |= {"results": results, "left": left, "done": len(results) - left}
        return page(request, "organization/hygiene/results.html", context)
    status = 422 if form and form.errors else 200
    return page(request, "organization/hygiene/mitigate.html", context, status=status)


def _form(request: SignedInRequest, control: Control) -> MitigateForm | OwnerForm | None:
    """What has to be said to do it; None where it is not done from here."""
    if control.by_hand is NAME_OWNER:
        return OwnerForm(request.actor.organization, posted(request))
    return MitigateForm(str(control.mitigation.title), posted(request)) if control.mitigation else None


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
