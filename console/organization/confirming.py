"""A question before something happens to a credential, on a page that works without a script."""

import uuid
from dataclasses import dataclass
from typing import Protocol

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse

from accounts.actors import Actor
from accounts.refusals import NotAllowed
from console.forms.rotations import NamedForm
from console.organization import listing
from console.organization.effects import Breakage
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import governance
from keys.kinds import Kind
from keys.models import Credential


class Verb(Protocol):
    """What can be done to a credential."""

    def __call__(self, credential_id: uuid.UUID, *, by: Actor) -> Credential: ...


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, about which credential, what to be careful about, and what breaks. `done` says afterwards what has
    happened, with a place for the %(name)s; `problem` why it cannot be done. The name is typed of one that is hot."""

    heading: str
    lede: str
    about: Credential
    button: str
    done: str
    care: str = ""
    breakage: Breakage | None = None
    problem: str = ""
    is_danger: bool = False
    is_hot: bool = False
    is_canceling: bool = False


def ending(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> Credential:
    """The credential, if the actor may revoke it. Raises Credential.DoesNotExist, PermissionDenied."""
    credential = listing.visible(request.actor, kind, pk)
    if not governance.may_revoke(request.actor, credential):
        raise PermissionDenied(kind.rights.revoke)
    return credential


def asked(request: SignedInRequest, credential: Credential, question: Question, *, verb: Verb) -> HttpResponse:
    """The question; once it is answered, the verb, and back to the credential."""
    place, problem = reverse("credential-detail", args=[credential.kind, credential.pk]), question.problem
    form = NamedForm(question.about.name if question.is_hot else None, posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            result = verb(credential.pk, by=request.actor)
        except NotAllowed as refusal:
            problem = str(refusal)
        else:
            messages.success(request, question.done % {"name": result.name})
            return moved(place)
    context = {
        "kind": credential.kind,
        "credential": credential,
        "question": question,
        "problem": problem,
        "place": place,
        "form": form,
    }
    status = (409 if problem else 422) if form.is_bound else 200
    template = "organization/credentials/confirm.html"
    return page(request, template, context, status=status)
