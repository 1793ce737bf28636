"""RUM applications: what browsers and phones report as. List, create, detail, edit, delete."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from audit import search
from audit.models import AuditEventQuerySet
from console import rum_snippets
from console.access import requires
from console.forms.errors import add_refusal
from console.forms.rum_applications import TYPES, RumApplicationForm
from console.lists import Order, paged
from console.organization import effects, listing
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import governance, idempotency, rum_applications, rum_proxies
from keys.kinds import CLIENT_TOKEN
from keys.models import ApplicationType, Credential, RumApplication, RumApplicationQuerySet
from keys.usage import reports

NEWEST = Order("created_at", descending=True)
TIMELINE_LENGTH = 30


@dataclass(frozen=True)
class Row:
    """An application in a list: the token to put into its pages, and the traffic of all it ever had."""

    application: RumApplication
    type: str | Promise
    token: Credential | None
    sparkline: reports.Sparkline
    last_event_at: datetime | None


@require_safe
@requires(P.RUM_APPS_READ)
def rum_application_list(request: SignedInRequest) -> HttpResponse:
    """Those that are not deleted, searched by the query string, page by page."""
    words, _state = listing.asked(request.GET)
    found = _applications(request).with_tokens()
    shown = paged(found.matching(words) if words else found, NEWEST, request.GET)
    context = {
        "page": shown,
        "rows": _rows(shown.rows, now=request.now),
        "q": words,
        "may_write": request.actor.can(P.RUM_APPS_WRITE),
    }
    return page(request, "organization/rum_applications/list.html", context, fragments=("rum-application-table",))


def _applications(request: SignedInRequest) -> RumApplicationQuerySet:
    return RumApplication.objects.of(request.actor.organization).live()


def application_of(request: SignedInRequest, pk: uuid.UUID) -> RumApplication:
    """The actor's organisation's application with its tokens, or 404."""
    return get_object_or_404(_applications(request).with_tokens(), pk=pk)


def _rows(applications: list[RumApplication], *, now: datetime) -> list[Row]:
    """How much all of their tokens were used is asked once."""
    tokens = {one.pk: [use.credential for use in one.tokens.all()] for one in applications}
    used = reports.sparklines((token for group in tokens.values() for token in group), now=now)
    return [_row(one, tokens[one.pk], used) for one in applications]


def _row(application: RumApplication, tokens: list[Credential], used: dict[uuid.UUID, reports.Sparkline]) -> Row:
    times = (token.last_used_at for token in tokens if token.last_used_at)
    return Row(
        application=application,
        type=TYPES[ApplicationType(application.type)],
        token=application.token,
        sparkline=reports.together(used[token.pk] for token in tokens),
        last_event_at=max(times, default=None),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.RUM_APPS_WRITE)
def rum_application_create(request: SignedInRequest) -> HttpResponse:
    """A new one, with a client token."""
    form = RumApplicationForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = _create(request, form)
        except idempotency.SaidOtherwise:
            form.add_error(None, _("This form was sent before with other values. Open a fresh one."))
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s is ready. Put the lines below into its pages.") % {"name": made.name})
            return moved(reverse("rum-application-detail", args=[made.pk]))
    off = governance.is_off(request.actor.organization, CLIENT_TOKEN)
    context = {"form": form, "application": None, "off": off, "kind": CLIENT_TOKEN}
    return page(request, "organization/rum_applications/form.html", context, status=422 if form.is_bound else 200)


def _create(request: SignedInRequest, form: RumApplicationForm) -> RumApplication:
    fields = {"name": form.cleaned_data["name"], "application_type": form.chosen_type}
    sending = idempotency.Sending(form.cleaned_data["nonce"], request.actor, {"new": "RUM application", **fields})
    made, _again = idempotency.once(sending, lambda: rum_applications.create(**fields, by=request.actor).pk.bytes)
    return RumApplication.objects.of(request.actor.organization).get(pk=uuid.UUID(bytes=made))


@require_safe
@requires(P.RUM_APPS_READ)
def rum_application_detail(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """One application: its client tokens, what to put into its pages, and what happened."""
    application = application_of(request, pk)
    tokens = Credential.objects.of(request.actor.organization).carried_by(pk).with_people().with_browsers()
    pages = _pages(application)
    context = {
        "application": application,
        "row": _rows([application], now=request.now)[0],
        "tokens": listing.rows_for(request.actor, tokens.order_by("-created_at", "-pk"), now=request.now),
        "may_see_tokens": governance.may_see(request.actor, CLIENT_TOKEN),
        "with_npm": rum_snippets.with_npm(pages),
        "with_own_script": rum_snippets.with_own_script(pages),
        "site": settings.SITE_URL,
        "proxy": rum_proxies.of(application),
        "events": _timeline(request, application),
        "may_write": request.actor.can(P.RUM_APPS_WRITE),
    }
    return page(request, "organization/rum_applications/detail.html", context)


def _pages(application: RumApplication) -> rum_snippets.Pages:
    token = application.token
    return rum_snippets.Pages(
        application_id=application.pk,
        token=token.public_text or "" if token else rum_snippets.NO_TOKEN,
        service=application.name,
        proxy=rum_snippets.direct(settings.SITE_URL),
    )


def _timeline(request: SignedInRequest, application: RumApplication) -> AuditEventQuerySet | None:
    """What happened to it lately, or None for those who may not read the trail."""
    if not request.actor.can(P.AUDIT_LOGS_READ):
        return None
    return search.timeline(application.pk, organization_id=request.actor.organization)[:TIMELINE_LENGTH]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.RUM_APPS_WRITE)
def rum_application_edit(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Another name or type."""
    application = application_of(request, pk)
    form = RumApplicationForm(posted(request), initial={"name": application.name, "type": application.type})
    if request.method == "POST" and form.is_valid():
        fields = {"name": form.cleaned_data["name"], "application_type": form.chosen_type}
        try:
            saved = rum_applications.edit(pk, **fields, by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
            return moved(reverse("rum-application-detail", args=[pk]))
    context = {"form": form, "application": application}
    return page(request, "organization/rum_applications/form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.RUM_APPS_WRITE)
def rum_application_delete(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Which client tokens would end and what that stops, then deleting it. Sent twice, it is done once."""
    if request.method == "POST":
        application = RumApplication.objects.of(request.actor.organization).get(pk=pk)
        rum_applications.delete(pk, by=request.actor)
        messages.success(request, _("%(name)s and its client tokens are gone.") % {"name": application.name})
        return moved(reverse("rum-application-list"))
    application = application_of(request, pk)
    tokens = [use.credential for use in application.tokens.all() if use.credential.revoked_at is None]
    context = {
        "deleted": application,
        "back": reverse("rum-application-detail", args=[pk]),
        "tokens": tokens,
        "effect": effects.of_ending_all(tokens, application.name, now=request.now),
    }
    return page(request, "organization/rum_applications/delete.html", context)
