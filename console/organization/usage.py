"""Usage: how often credentials let somebody in, how often they did not and why, and where that came from."""

import uuid
from typing import Any

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.permissions import Permission as P
from console import kind_pages
from console.access import member, requires
from console.organization import listing
from console.pages import csv_file, page
from console.requests import SignedInRequest
from keys import exports
from keys.kinds import Kind
from keys.usage import periods, reports
from keys.usage.periods import Period

LABELS = {
    "24h": _("24 hours"),
    "7d": _("7 days"),
    "28d": _("28 days"),
    "90d": _("90 days"),
    "15m": _("15 months"),
}
"""What each period is called."""


@require_safe
@requires(P.USAGE_READ)
def usage(request: SignedInRequest) -> HttpResponse:
    """The organisation over the period the query string asks for."""
    period = asked(request.GET)
    context = {"usage": reports.of_organization(period=period, by=request.actor), **_about(period)}
    return page(request, "organization/usage.html", context)


@require_safe
@requires(P.USAGE_READ)
def usage_export(request: SignedInRequest) -> StreamingHttpResponse:
    """The same as CSV. Recorded in the audit trail."""
    return csv_file("usage.csv", exports.usage(asked(request.GET), by=request.actor))


@require_safe
@member
def credential_usage(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """One credential over the period, for whoever may know of it."""
    credential, period = listing.visible(request.actor, kind, pk), asked(request.GET)
    context = {
        "kind": kind,
        "words": kind_pages.PAGES[kind],
        "credential": credential,
        "row": listing.row_for(request.actor, credential, now=request.now),
        "usage": reports.of_credential(credential, period=period, now=request.now),
        **_about(period),
    }
    return page(request, "organization/credentials/usage.html", context)


@require_safe
@member
def credential_usage_export(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> StreamingHttpResponse:
    """The same as CSV. Recorded in the audit trail."""
    credential = listing.visible(request.actor, kind, pk)
    return csv_file("usage.csv", exports.usage(asked(request.GET), by=request.actor, credential=credential))


def asked(params: QueryDict) -> Period:
    """The period a query string asks for; the default for an unknown one."""
    return periods.BY_SLUG.get(params.get("period", ""), periods.DEFAULT)


def _about(period: Period) -> dict[str, Any]:
    return {"period": period, "periods": LABELS}
