"""What a client token may be used for. Kinds that nobody publishes have no such page."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.refusals import NotAllowed
from console.access import member
from console.forms.errors import add_refusal
from console.forms.rum_applications import UseForm
from console.organization import listing
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import client_tokens, governance
from keys.kinds import Kind
from keys.models import Credential, RumApplication


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credential_use(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """Whose pages carry it, what they may send, and from where."""
    credential = _editable(request, kind, pk)
    applications = RumApplication.objects.of(request.actor.organization).live().order_by("name", "pk")
    use = client_tokens.use_of(credential)
    form = UseForm(applications, posted(request), initial=UseForm.as_it_stands(use))
    if request.method == "POST" and form.is_valid():
        try:
            client_tokens.set_use(pk, **form.asked(), by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The use of %(name)s is saved.") % {"name": credential.name})
            return moved(reverse("credential-detail", args=[kind, pk]))
    context = {"kind": kind, "credential": credential, "form": form}
    return page(request, "organization/credentials/use.html", context, status=422 if form.is_bound else 200)


def _editable(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> Credential:
    """The client token, if the actor may change it."""
    if not kind.is_public:
        raise Http404
    credential = listing.visible(request.actor, kind, pk)
    if not governance.may_edit(request.actor, credential):
        raise PermissionDenied(kind.rights.edit)
    return credential
