"""One kind of credential: list, detail, rename, scopes. Five kinds share one set of views."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission
from accounts.refusals import NotAllowed
from audit import search
from console import kind_pages
from console.access import member
from console.forms.credentials import NameForm, ScopesForm, summary, with_preset
from console.forms.errors import add_refusal
from console.lists import paged
from console.organization import listing, rotations, uses
from console.organization.creating import access, is_draft, organization_limit
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import editing, governance, policies
from keys.hygiene import detections, scanning
from keys.kinds import Kind, Rule
from keys.models import Acted, Credential, Leak

TIMELINE_LENGTH = 50
MOST_LEAKS = 5


@require_safe
@member
def credential_list(request: SignedInRequest, kind: Kind) -> HttpResponse:
    """All credentials of a kind, searched, filtered and ordered by the query string, page by page."""
    _must_see(request, kind)
    params = request.GET
    words, state = listing.asked(params)
    may_create = governance.may_create(request.actor, kind)
    kept = may_create and governance.kept_to_admins(request.actor, policies.of(request.actor.organization, kind))
    order, _label = listing.ORDERS.get(params.get("sort", ""), listing.ORDERS["newest"])
    visible = Credential.objects.visible_to(request.actor).of_kind(kind).with_people().with_browsers()
    chosen, at = listing.chosen_filter(state), listing.Standpoint(request.actor)
    shown = paged(listing.narrowed(visible, words=words, state=state, at=at), order, params)
    rows = listing.rows_for(request.actor, shown.rows, now=at.now, terms=at.policies)
    context = {
        "kind": kind,
        "words": kind_pages.PAGES[kind],
        "rows": rows,
        "picks": "bulk" if any(row.may_revoke for row in rows) else "",
        "page": shown,
        "q": words,
        "state": state,
        "sort": params.get("sort", ""),
        "ended": chosen.ended,
        "filters": [found for found in listing.FILTERS if found.ended is chosen.ended],
        "orders": listing.ORDERS,
        "may_create": may_create and not kept,
        "limit": organization_limit(request, kind),
        "kept": kept,
        "off": governance.is_off(request.actor.organization, kind),
    }
    return page(request, "organization/credentials/list.html", context, fragments=("credential-table",))


@require_safe
@member
def credential_detail(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """What is known of one credential, what it was used for lately, and everything that happened to it."""
    credential, organization = listing.visible(request.actor, kind, pk), request.actor.organization
    events = search.timeline(credential.id, organization_id=organization)
    leaks = list(Leak.objects.confirmed().filter(credential=credential).order_by("-reported_at")[:MOST_LEAKS])
    may_govern = request.actor.can(Permission.GOVERNANCE_CONSOLE_READ)
    context = {
        "kind": kind,
        "words": kind_pages.PAGES[kind],
        "row": listing.row_for(request.actor, credential, now=request.now),
        "credential": credential,
        "effective": summary(_effective(credential)),
        "pair": rotations.pair_of(credential, now=request.now),
        "leaks": leaks,
        "held": next((one for one in leaks if one.acted == Acted.QUARANTINED and not credential.blocked_until), None),
        "may_govern": may_govern,
        "findings": detections.about(pk, organization_id=organization, now=request.now) if may_govern else [],
        "events": events[:TIMELINE_LENGTH],
        "uses": uses.last_uses(request.actor, credential),
        "may_audit": request.actor.can(Permission.AUDIT_LOGS_READ),
        "may_see_applications": request.actor.can(Permission.RUM_APPS_READ),
    }
    return page(request, "organization/credentials/detail.html", context)


def _effective(credential: Credential) -> frozenset[str]:
    """What it may do now: its scopes within what its owner's roles permit."""
    if credential.owner is None or credential.owner.disabled_at:
        return frozenset()
    held = credential.owner.permissions
    return held if credential.scopes is None else held & frozenset(credential.scopes)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credential_rename(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """Another name, in place by htmx or on a page of its own."""
    credential = _editable(request, kind, pk)
    form = NameForm(posted(request), initial={"name": credential.name}, auto_id=f"rename-{pk}-%s")
    if request.method == "POST" and form.is_valid():
        try:
            credential = editing.rename(pk, name=form.cleaned_data["name"], by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            if request.htmx:
                return _name_cell(request, credential)
            messages.success(request, _("Renamed to %(name)s.") % {"name": credential.name})
            return moved(reverse("credential-detail", args=[kind, pk]))
    elif request.htmx and "cancel" in request.GET:
        return _name_cell(request, credential)
    context = {"kind": kind, "credential": credential, "form": form}
    template = "organization/credentials/rename.html" + ("#rename-form" if request.htmx else "")
    return page(request, template, context, status=422 if form.is_bound else 200)


def _name_cell(request: SignedInRequest, credential: Credential) -> HttpResponse:
    row = listing.row_for(request.actor, credential, now=request.now)
    return page(request, "components/credential_name.html", {"row": row, "credential": credential})


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credential_scopes(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """Other scopes for a credential of a kind that has them."""
    if kind.scopes is Rule.NONE:
        raise Http404
    credential = _editable(request, kind, pk)
    policy = policies.of(request.actor.organization, kind)
    form = ScopesForm(policy, posted(request), initial=_scopes_now(credential))
    if is_draft(request):
        preset = kind_pages.preset(kind, request.POST.get("preset", ""))
        form = ScopesForm(policy, with_preset(request.POST, preset, credential.owner))
    elif request.method == "POST" and form.is_valid():
        try:
            by, chosen = request.actor, form.scopes_chosen()
            scanning.after(lambda: editing.set_scopes(pk, scopes=chosen, by=by), pk, by=by)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s has new scopes.") % {"name": credential.name})
            return moved(reverse("credential-detail", args=[kind, pk]))
    context = {"kind": kind, "words": kind_pages.PAGES[kind], "credential": credential, "form": form}
    context |= access(form, credential.owner, policy)
    status = 422 if request.method == "POST" and not is_draft(request) else 200
    return page(request, "organization/credentials/scopes.html", context, status=status)


def _scopes_now(credential: Credential) -> dict[str, Any]:
    return {"scopes": credential.scopes or [], "everything": credential.is_unscoped}


def _must_see(request: SignedInRequest, kind: Kind) -> None:
    if not governance.may_see(request.actor, kind):
        raise PermissionDenied(kind.rights.read)


def _editable(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> Credential:
    credential = listing.visible(request.actor, kind, pk)
    if not governance.may_edit(request.actor, credential):
        raise PermissionDenied(kind.rights.edit)
    return credential
