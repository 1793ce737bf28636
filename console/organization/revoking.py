"""The end of a credential and the ways around it: revoking, blocking for a while, and bringing back."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.refusals import NotAllowed
from console import kind_pages
from console.access import member
from console.forms.rotations import RevokeForm
from console.organization import confirming, effects, listing
from console.organization.confirming import Question
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from console.templatetags.ui import absolute
from keys import blocking, governance, lifecycle
from keys.hygiene import scanning
from keys.kinds import Kind
from keys.models import Credential


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credential_revoke(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """What will break, then breaking it."""
    credential = confirming.ending(request, kind, pk)
    is_hot = effects.is_hot(credential, now=request.now)
    form = RevokeForm(credential.name if is_hot else None, posted(request))
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            by, reason = request.actor, form.cleaned_data["reason"]
            scanning.after(lambda: lifecycle.revoke(pk, by=by, reason=reason), pk, by=by)
        except NotAllowed as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("%(name)s is revoked.") % {"name": credential.name})
            return moved(f"{reverse('apis')}#{kind.slug}")
    context = {
        "kind": kind,
        "words": kind_pages.PAGES[kind],
        "credential": credential,
        "row": listing.row_for(request.actor, credential, now=request.now),
        "effect": effects.of_ending(credential, now=request.now),
        "breakage": effects.breakage(credential, now=request.now),
        "form": form,
        "problem": problem,
    }
    status = 409 if problem else (422 if form.is_bound else 200)
    template = "organization/credentials/revoke.html"
    return page(request, template, context, fragments=("revoke-dialog",), status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credential_restore(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """A revoked one comes back, with the same text."""
    credential = listing.visible(request.actor, kind, pk)
    if not governance.may_restore(request.actor, credential):
        raise PermissionDenied(kind.rights.create or kind.rights.own)
    until = governance.restorable_until(credential)
    possible = _("This can be done until %(until)s.") % {"until": absolute(until)} if until else ""
    question = Question(
        heading=_("Restore %(name)s?") % {"name": credential.name},
        lede=_("It is good again from the next request on, with the same text: nothing has to be deployed."),
        about=credential,
        button=_("Restore"),
        done=_("%(name)s is restored."),
        care=possible,
        problem=_why_not(credential, request.now),
    )
    return confirming.asked(request, credential, question, verb=lifecycle.restore)


def _why_not(credential: Credential, now: datetime) -> str:
    try:
        governance.check_restore(credential, now=now)
    except NotAllowed as refusal:
        return str(refusal)
    return ""


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credential_block(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """Refused for a few minutes, to see who shouts."""
    credential = confirming.ending(request, kind, pk)
    question = Question(
        heading=_("Block %(name)s for 5 minutes?") % {"name": credential.name},
        lede=_("Everything that carries it is refused from the next request on. It comes back by itself."),
        about=credential,
        button=_("Block for 5 minutes"),
        done=_("%(name)s is blocked for 5 minutes."),
    )
    return confirming.asked(request, credential, question, verb=blocking.brown_out)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credential_unblock(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """Good again, before its time or after somebody has looked."""
    credential = confirming.ending(request, kind, pk)
    quarantined = credential.is_blocked(request.now) and credential.blocked_until is None
    question = Question(
        heading=_("Lift the block on %(name)s?") % {"name": credential.name},
        lede=_("It is good again from the next request on."),
        about=credential,
        button=_("Lift the block now"),
        done=_("%(name)s is good again."),
        care=_("It is in quarantine: somebody thought it unsafe. Be sure that it is not.") if quarantined else "",
    )
    return confirming.asked(request, credential, question, verb=blocking.lift)
