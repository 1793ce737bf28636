"""A successor for a credential, and what becomes of the two."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.refusals import NotAllowed
from console import kind_pages
from console.access import member
from console.forms.errors import add_refusal
from console.forms.rotations import RotateForm
from console.organization import confirming, effects, listing
from console.organization.apis import apis_page
from console.organization.confirming import Question
from console.pages import page, posted
from console.requests import SignedInRequest
from keys import governance, policies, rotation
from keys.hygiene import scanning
from keys.kinds import Kind
from keys.lifecycle import Issued
from keys.models import Credential


@dataclass(frozen=True)
class Pair:
    """Two that are good side by side until the old one stops."""

    old: Credential
    new: Credential

    @property
    def old_is_used(self) -> bool:
        """Whether the old one was used since there is a new one."""
        return self.old.last_used_at is not None and self.old.last_used_at >= self.new.created_at

    @property
    def is_early(self) -> bool:
        """Whether what uses the old one does not seem to have the new one yet."""
        return self.old_is_used or (self.old.last_used_at is not None and self.new.last_used_at is None)


def pair_of(credential: Credential, *, now: datetime) -> Pair | None:
    """The pair it is one of, while that is being rotated. One query at most."""
    if rotation.is_open(credential, now=now):
        new = rotation.successor_of(credential)
        return Pair(credential, new) if new else None
    old = credential.replaces if credential.revoked_at is None else None
    return Pair(old, credential) if old and rotation.is_open(old, now=now) else None


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credential_rotate(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """When the old one is to stop, and the one answer that shows the secret of the new one."""
    credential = listing.visible(request.actor, kind, pk)
    if not governance.may_rotate(request.actor, credential):
        raise PermissionDenied(kind.rights.revoke)
    governance.check_rank(credential.owner, by=request.actor)
    form = RotateForm(policies.of(request.actor.organization, kind), posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            return apis_page(request, issued=_rotated(request, form, pk))
        except NotAllowed as refusal:
            add_refusal(form, refusal)
    context = {
        "kind": kind,
        "words": kind_pages.PAGES[kind],
        "credential": credential,
        "is_hot": effects.is_hot(credential, now=request.now),
        "problem": "" if form.is_bound else _why_not(credential, request.now),
        "form": form,
        "choices": form.choices(request.now, credential.expires_at),
    }
    status = 422 if form.is_bound else 200
    return page(request, "organization/credentials/rotate.html", context, fragments=("rotate-dialog",), status=status)


def _rotated(request: SignedInRequest, form: RotateForm, pk: uuid.UUID) -> Issued:
    by, nonce = request.actor, form.cleaned_data["nonce"]
    return scanning.after(lambda: rotation.rotate(pk, overlap=form.chosen, by=by, nonce=nonce), pk, by=by)


def _why_not(credential: Credential, now: datetime) -> str:
    try:
        governance.check_rotation(credential, now=now)
    except NotAllowed as refusal:
        return str(refusal)
    return ""


def _pair_to_end(old: Credential, *, now: datetime) -> Pair | None:
    """The pair of which it is the old one."""
    return pair_of(old, now=now) if rotation.is_open(old, now=now) else None


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credential_finish(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """The old one of a pair goes before its time."""
    old = confirming.ending(request, kind, pk)
    pair = _pair_to_end(old, now=request.now)
    question = Question(
        heading=_("Finish rotating %(name)s?") % {"name": old.name},
        lede=_("The old one, ending in %(last4)s, is refused from the next request on.") % {"last4": old.last4},
        about=old,
        button=_("Finish now"),
        done=_("The old %(name)s is revoked."),
        care=_early(pair),
        breakage=effects.breakage(old, now=request.now) if pair and pair.is_early else None,
        problem="" if pair else _not_rotating(old),
        is_danger=True,
        is_hot=pair is not None and pair.is_early and effects.is_hot(old, now=request.now),
    )
    return confirming.asked(request, old, question, verb=rotation.finish)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credential_cancel(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """The new one of a pair goes, and the old one stays."""
    old = confirming.ending(request, kind, pk)
    pair = _pair_to_end(old, now=request.now)
    new = pair.new if pair else old
    question = Question(
        heading=_("Cancel the rotation of %(name)s?") % {"name": old.name},
        lede=_("The new one, ending in %(last4)s, is revoked. The old one stays, as it was.") % {"last4": new.last4},
        about=new,
        button=_("Cancel the rotation"),
        done=_("The rotation of %(name)s is canceled."),
        breakage=effects.breakage(new, now=request.now) if pair and new.last_used_at else None,
        problem="" if pair else _not_rotating(old),
        is_danger=True,
        is_hot=pair is not None and effects.is_hot(new, now=request.now),
        is_canceling=True,
    )
    return confirming.asked(request, old, question, verb=rotation.cancel)


def _early(pair: Pair | None) -> str:
    """Why it may be too early to finish, besides what still uses the old one."""
    if pair is None or pair.new.last_used_at:
        return ""
    return _("The new one was not used yet: whatever still has the old one will fail.")


def _not_rotating(credential: Credential) -> str:
    return _("%(name)s is not being rotated.") % {"name": credential.name}
