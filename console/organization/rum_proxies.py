"""The authenticated proxy of a RUM application: what it is, how a site uses it, trying a proof, and its terms."""

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from console import rum_snippets
from console.access import requires
from console.forms.errors import add_refusal
from console.forms.rum_applications import ProofForm, ProxyForm
from console.organization.rum_applications import application_of
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import egress, rum_proxies, sealing, visitors
from keys.models import RumApplication, RumProxy
from keys.rum_proxies import Terms

UNREADABLE = gettext_lazy("The shared key can no longer be read. Give it again.")
LATEST = datetime(9000, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Verdict:
    """What the proxy would say to a proof: whose it is and until when, or why it is refused and what stood in the way.
    Never the proof itself."""

    subject: str = ""
    until: datetime | None = None
    problem: str | Promise = ""
    detail: str = ""


@sensitive_post_parameters("proof")
@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.RUM_APPS_READ)
def rum_proxy_detail(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """What it is and how a site uses it; and, for a proof that was pasted, what it would say."""
    application = application_of(request, pk)
    proxy, form, verdict = rum_proxies.of(application), ProofForm(posted(request)), None
    if request.method == "POST":
        request.actor.require(P.RUM_APPS_WRITE)
        if form.is_valid():
            verdict = _judged(form.cleaned_data["proof"], proxy)
    context = {
        "application": application,
        "proxy": proxy,
        "form": form,
        "verdict": verdict,
        "may_write": request.actor.can(P.RUM_APPS_WRITE),
        **_instructions(application, proxy),
    }
    status = 422 if form.is_bound and verdict is None else 200
    return page(request, "organization/rum_proxies/detail.html", context, status=status)


def _judged(proof: str, proxy: RumProxy) -> Verdict:
    try:
        visitor = asyncio.run(_verified(proof, rum_proxies.terms_of(proxy)))
    except visitors.NotVerified as refusal:
        return Verdict(problem=visitors.WORDS[refusal.reason], detail=refusal.detail)
    except sealing.Unreadable:
        return Verdict(problem=UNREADABLE)
    return Verdict(subject=visitor.subject, until=datetime.fromtimestamp(min(visitor.expires_at, LATEST), UTC))


async def _verified(proof: str, terms: Terms) -> visitors.Visitor:
    async with egress.session() as client:
        return await visitors.verified(proof, terms, visitors.KeySets(client))


def _instructions(application: RumApplication, proxy: RumProxy) -> dict[str, Any]:
    """The snippets, for a proxy that somebody has set up."""
    site = settings.SITE_URL
    if not proxy.placeholder:
        return {}

    def pages(through: str) -> rum_snippets.Pages:
        return rum_snippets.Pages(application.pk, proxy.placeholder, application.name, through)

    return {
        "same_origin": rum_snippets.with_npm(pages(rum_snippets.same_origin(application.pk))),
        "nginx": [rum_snippets.nginx(site)],
        "with_proof": rum_snippets.with_npm(pages(rum_snippets.with_proof(application.pk, site))),
        "signing": rum_snippets.signing(proxy),
    }


@sensitive_post_parameters("shared_key")
@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.RUM_APPS_WRITE)
def rum_proxy_edit(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Its terms, and whether it is open."""
    application = application_of(request, pk)
    form = ProxyForm(rum_proxies.of(application), posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            saved = rum_proxies.change(pk, **form.cleaned_data, by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            said = _("The proxy of %(name)s is open.") if saved.is_open else _("The proxy of %(name)s is closed.")
            messages.success(request, said % {"name": application.name})
            return moved(reverse("rum-proxy-detail", args=[pk]))
    context = {"application": application, "form": form}
    return page(request, "organization/rum_proxies/form.html", context, status=422 if form.is_bound else 200)
