"""The audit trail: what happened in the organisation. Only ever read."""

from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from accounts.permissions import Permission as P
from audit import search
from console.access import requires
from console.forms.audit import TrailForm
from console.lists import Order, Page, paged
from console.pages import csv_file, page
from console.requests import SignedInRequest
from keys import exports

NEWEST = Order("sequence", descending=True)


@require_safe
@requires(P.AUDIT_LOGS_READ)
def audit_trail(request: SignedInRequest) -> HttpResponse:
    """The trail, newest first, filtered by the query string, page by page."""
    form = TrailForm(request.GET)
    if not form.is_valid():
        return _trail_page(request, form, Page([], "", ""), status=422)
    events = search.run(form.query(), organization_id=request.actor.organization)
    return _trail_page(request, form, paged(events, NEWEST, request.GET))


def _trail_page(request: SignedInRequest, form: TrailForm, shown: Page, *, status: int = 200) -> HttpResponse:
    asked = form.asked() if form.is_valid() else {}
    context = {
        "form": form,
        "page": shown,
        "narrowed": bool(asked),
        "export_query": urlencode(asked),
    }
    return page(request, "organization/audit/trail.html", context, fragments=("audit-table",), status=status)


@require_safe
@requires(P.AUDIT_LOGS_READ)
def audit_export(request: SignedInRequest) -> HttpResponse | StreamingHttpResponse:
    """The trail as CSV, as filtered. Recorded in the trail itself."""
    form = TrailForm(request.GET)
    if not form.is_valid():
        return _trail_page(request, form, Page([], "", ""), status=422)
    return csv_file("audit-trail.csv", exports.audit_trail(form.query(), by=request.actor, asked=form.asked()))
