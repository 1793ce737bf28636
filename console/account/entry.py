"""Where people land, and moving between the organisations they are members of."""

import uuid

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from console.access import signed_in
from console.acting import SESSION_KEY
from console.pages import moved, page
from console.requests import ConsoleRequest
from keys import governance


@require_safe
@signed_in
def home(request: ConsoleRequest) -> HttpResponse:
    """The first page somebody can use."""
    if request.member and request.actor:
        return moved(reverse("apis" if governance.kinds_seen_by(request.actor) else "member-list"))
    if request.user.is_support:
        return moved(reverse("support-organizations"))
    return page(request, "account/no_organization.html")


@require_POST
@signed_in
def organization_switch(request: ConsoleRequest) -> HttpResponse:
    """Act in another organisation from now on; only in one's own."""
    chosen = request.POST.get("member", "")
    if chosen not in {str(membership.id) for membership in request.memberships}:
        raise Http404
    request.session[SESSION_KEY] = str(uuid.UUID(chosen))
    return moved(reverse("home"))
