"""Several credentials of one kind at once: each by its own verb, and what became of each."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actors import Actor, NotPermitted
from accounts.refusals import NotAllowed
from console.access import member
from console.forms.rotations import BulkRevokeForm, BulkRotateForm
from console.organization import effects
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import governance, lifecycle, policies, rotation
from keys.hygiene import scanning
from keys.kinds import Kind
from keys.lifecycle import Issued
from keys.models import Credential

MOST = 50
"""How many can be chosen at once."""

Verb = Callable[[uuid.UUID], Issued | Credential]
"""What is done to each."""


@dataclass(frozen=True)
class Item:
    """One of those chosen. `is_hot` if ending it is sure to be noticed; `is_paired` if it is being rotated already."""

    credential: Credential
    is_hot: bool
    is_paired: bool


@dataclass(frozen=True)
class Result:
    """What became of one: the problem, or nothing; and the successor, if it was to get one."""

    credential: Credential
    problem: str = ""
    issued: Issued | None = None


class _Unchosen(Exception):
    """None were chosen, or too many."""


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credentials_rotate(request: SignedInRequest, kind: Kind) -> HttpResponse:
    """When the old ones are to stop, and the one answer that shows the secrets of the new ones."""
    try:
        chosen = _chosen(request, kind)
    except _Unchosen as problem:
        return _back(request, kind, str(problem))
    form = BulkRotateForm(policies.of(request.actor.organization, kind), posted(request), total=len(chosen))
    if request.method == "POST" and form.is_valid():
        overlap, nonce, by = form.chosen, form.cleaned_data["nonce"], request.actor
        results = _each(chosen, lambda pk: rotation.rotate(pk, overlap=overlap, by=by, nonce=f"{nonce}{pk}"), by=by)
        return page(request, "organization/credentials/bulk_rotated.html", {"kind": kind, "results": results})
    choices = form.choices(request.now)
    return _confirm(request, kind, chosen, form, "organization/credentials/bulk_rotate.html", choices=choices)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credentials_revoke(request: SignedInRequest, kind: Kind) -> HttpResponse:
    """Which ones are still used, then the end of all."""
    try:
        chosen = _chosen(request, kind)
    except _Unchosen as problem:
        return _back(request, kind, str(problem))
    form = BulkRevokeForm(posted(request), total=len(chosen))
    if request.method == "POST" and form.is_valid():
        reason, by = form.cleaned_data["reason"], request.actor
        results = _each(chosen, lambda pk: lifecycle.revoke(pk, by=by, reason=reason), by=by)
        return page(request, "organization/credentials/bulk_revoked.html", {"kind": kind, "results": results})
    return _confirm(request, kind, chosen, form, "organization/credentials/bulk_revoke.html")


def _chosen(request: SignedInRequest, kind: Kind) -> list[Credential]:
    """The credentials whose ids were sent, as far as the actor may know of them."""
    if not governance.may_revoke_some(request.actor, kind):
        raise PermissionDenied(kind.rights.revoke)
    sent = request.POST if request.method == "POST" else request.GET
    ids = set(_ids(sent.getlist("pk")))
    if len(ids) > MOST:
        raise _Unchosen(_("Select %(most)d or fewer at once.") % {"most": MOST})
    visible = Credential.objects.visible_to(request.actor).of_kind(kind).with_people()
    chosen = list(visible.filter(pk__in=ids).order_by("name_key", "pk"))
    if not chosen:
        raise _Unchosen(_("Select at least one first."))
    return chosen


def _ids(sent: Iterable[str]) -> Iterable[uuid.UUID]:
    for text in sent:
        try:
            yield uuid.UUID(text)
        except ValueError:
            continue


def _back(request: SignedInRequest, kind: Kind, problem: str) -> HttpResponse:
    messages.warning(request, problem)
    return moved(reverse("credential-list", args=[kind]))


def _confirm(
    request: SignedInRequest,
    kind: Kind,
    chosen: list[Credential],
    form: BulkRotateForm | BulkRevokeForm,
    template: str,
    **more: Any,
) -> HttpResponse:
    now = request.now
    items = [Item(one, effects.is_hot(one, now=now), rotation.is_paired(one, now=now)) for one in chosen]
    context = {"kind": kind, "items": items, "form": form, **more}
    return page(request, template, context, status=422 if form.is_bound else 200)


def _each(chosen: list[Credential], verb: Verb, *, by: Actor) -> list[Result]:
    """What becomes of each, whatever becomes of the others."""
    return [_result(credential, verb, by=by) for credential in chosen]


def _result(credential: Credential, verb: Verb, *, by: Actor) -> Result:
    try:
        done = scanning.after(lambda: verb(credential.pk), credential.pk, by=by)
    except NotAllowed as refusal:
        return Result(credential, problem=str(refusal))
    except NotPermitted:
        return Result(credential, problem=_("You may not do this."))
    return Result(credential, issued=done if isinstance(done, Issued) else None)
