"""Who manages one service account: whoever is told of it, and asked about it."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import service_accounts
from accounts.models import Member
from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from console.access import requires
from console.forms.errors import add_refusal
from console.forms.service_accounts import ManagersForm
from console.pages import moved, page, posted
from console.requests import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.SERVICE_ACCOUNT_WRITE)
def service_account_managers(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Choose among the active members."""
    members = Member.objects.of(request.actor.organization)
    account = get_object_or_404(members.service_accounts(), pk=pk)
    now_managing = [str(manager.pk) for manager in service_accounts.managers_of(account)]
    possible = members.users().active().order_by("name_key", "pk")
    form = ManagersForm(possible, posted(request), initial={"managers": now_managing})
    if request.method == "POST" and form.is_valid():
        try:
            service_accounts.set_managers(pk, member_ids=form.member_ids, by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The managers of %(name)s are saved.") % {"name": account.name})
            return moved(reverse("service-account-detail", args=[pk]))
    context = {"account": account, "form": form}
    return page(request, "organization/service_accounts/managers.html", context, status=422 if form.is_bound else 200)
