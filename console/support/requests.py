"""Support: the queue of requests, and deciding one."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.refusals import NotAllowed
from console.access import support
from console.forms.errors import add_refusal
from console.forms.support import DecisionForm
from console.lists import Order, paged
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import limits
from keys.models import SupportRequest

NEWEST = Order("created_at", descending=True)


@require_safe
@support
def support_requests(request: SignedInRequest) -> HttpResponse:
    """What waits for an answer, longest first; then what was answered, page by page."""
    everything = SupportRequest.objects.with_people()
    context = {
        "waiting": everything.open().order_by("created_at"),
        "page": paged(everything.decided(), NEWEST, request.GET),
    }
    return page(request, "support/requests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@support
def support_request(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """One request: approve it with a number, or decline it; either with a reason."""
    found = SupportRequest.objects.with_people().get(pk=pk)
    form = DecisionForm(posted(request), wanted=found.wanted)
    if not found.decided_at and form.is_valid():
        try:
            _decide(request, found, form)
            return moved(reverse("support-requests"))
        except NotAllowed as refusal:
            add_refusal(form, refusal)
            found.refresh_from_db()
    return _request_page(request, found, form)


def _decide(request: SignedInRequest, found: SupportRequest, form: DecisionForm) -> None:
    asked = form.cleaned_data
    if asked["decision"] == DecisionForm.APPROVE:
        limits.approve(found.id, granted=asked.get("granted"), answer=asked["answer"], by=request.actor)
    else:
        limits.decline(found.id, answer=asked["answer"], by=request.actor)
    messages.success(request, _("Answered. The organization sees it on its page of limits."))


def _request_page(request: SignedInRequest, found: SupportRequest, form: DecisionForm) -> HttpResponse:
    """200; or 422 if the answer was refused; or 409 if somebody else had answered before."""
    too_late = form.is_bound and bool(found.decided_at)
    all_limits = limits.limits_of(found.organization)
    context = {
        "found": found,
        "form": form,
        "too_late": too_late,
        "limit": next((limit for limit in all_limits if limit.kind is found.kind), None),
    }
    status = 409 if too_late else 422 if form.is_bound else 200
    return page(request, "support/request.html", context, status=status)
