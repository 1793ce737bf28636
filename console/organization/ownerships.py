"""Who looks after a credential of the organisation, and what it is for."""

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
from console.forms.ownership import OwnershipForm
from console.organization import listing
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import editing, governance, ownership, policies
from keys.hygiene import scanning
from keys.kinds import Kind


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credential_ownership(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """Name an owner, a team, where it is used and for what."""
    if not kind.belongs_to_organization:
        raise Http404
    credential = listing.visible(request.actor, kind, pk)
    if not governance.may_edit(request.actor, credential):
        raise PermissionDenied(kind.rights.edit)
    organization, said = request.actor.organization, ownership.of(credential)
    form = OwnershipForm(ownership.possible(organization), posted(request), initial=OwnershipForm.as_it_stands(said))
    if request.method == "POST" and form.is_valid():
        try:
            scanning.after(lambda: editing.assign(pk, form.owned(), by=request.actor), pk, by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The ownership of %(name)s is saved.") % {"name": credential.name})
            return moved(reverse("credential-detail", args=[kind, pk]))
    context = {
        "kind": kind,
        "credential": credential,
        "said": said,
        "form": form,
        "required": policies.of(organization, kind).owner_required,
        "vocabulary": ownership.vocabulary(organization),
    }
    return page(request, "organization/credentials/ownership.html", context, status=422 if form.is_bound else 200)
