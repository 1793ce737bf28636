"""One kind of credential: list, create, detail, rename, scopes. Five kinds share one set of views."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Member
from accounts.permissions import Permission
from accounts.refusals import NotAllowed
from audit import search
from console import kind_pages
from console.access import member
from console.forms.credentials import (
    CredentialForm,
    NameForm,
    ScopesForm,
    picker,
    prefilled,
    summary,
    with_preset,
)
from console.forms.errors import add_refusal
from console.lists import paged
from console.organization import listing, rotations, uses
from console.organization.apis import apis_page
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import governance, lifecycle, limits
from keys.kinds import Kind, Rule
from keys.models import Credential, Limit

TIMELINE_LENGTH = 50


@require_safe
@member
def credential_list(request: SignedInRequest, kind: Kind) -> HttpResponse:
    """All credentials of a kind, searched, filtered and ordered by the query string, page by page."""
    _must_see(request, kind)
    params = request.GET
    words, state = listing.asked(params)
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
        "may_create": governance.may_create(request.actor, kind),
        "off": governance.is_off(request.actor.organization, kind),
    }
    return page(request, "organization/credentials/list.html", context, fragments=("credential-table",))


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credential_create(request: SignedInRequest, kind: Kind) -> HttpResponse:
    """The form, and the one answer that shows the secret."""
    if not governance.may_create(request.actor, kind):
        raise PermissionDenied(kind.rights.create or kind.rights.own or kind.rights.service_account)
    owners = governance.owners_for(request.actor, kind)
    if request.method != "POST":
        return _create_page(request, kind, CredentialForm(kind, owners, initial=prefilled(request.GET, kind)))
    form = CredentialForm(kind, owners, request.POST)
    if _is_draft(request):
        preset = kind_pages.preset(kind, request.POST.get("preset", ""))
        form.data = with_preset(request.POST, preset, form.owner_chosen)
        return _create_page(request, kind, form, draft=True)
    if form.is_valid():
        try:
            return apis_page(request, issued=_issue(request, kind, form))
        except NotAllowed as refusal:
            add_refusal(form, refusal)
    if kind_pages.PAGES[kind].inline and "inline" in request.POST:
        return apis_page(request, form=form, status=422)
    return _create_page(request, kind, form, status=422)


def _is_draft(request: SignedInRequest) -> bool:
    """Whether the form was sent to be filled in further (a preset, another owner), not to be carried out."""
    return request.method == "POST" and ("preset" in request.POST or "draft" in request.POST)


def _issue(request: SignedInRequest, kind: Kind, form: CredentialForm) -> lifecycle.Issued:
    owner = form.cleaned_data.get("owner")
    return lifecycle.issue(
        kind,
        name=form.cleaned_data["name"],
        by=request.actor,
        owner=owner,
        scopes=form.scopes_chosen(),
        expires_at=form.expires_at(request.now),
        nonce=form.cleaned_data["nonce"],
    )


def _create_page(
    request: SignedInRequest, kind: Kind, form: CredentialForm, *, status: int = 200, draft: bool = False
) -> HttpResponse:
    context: dict[str, Any] = {
        "kind": kind,
        "words": kind_pages.PAGES[kind],
        "form": form,
        "draft": draft,
        "off": governance.is_off(request.actor.organization, kind),
        "limit": _organization_limit(request, kind),
        **_access(form, form.owner_chosen, kind),
    }
    template = "organization/credentials/create.html"
    return page(request, template, context, fragments=("access",), status=status)


def _organization_limit(request: SignedInRequest, kind: Kind) -> Limit | None:
    found = limits.limits_of(request.member.organization)
    return next((limit for limit in found if limit.kind is kind), None)


def _access(form: CredentialForm | ScopesForm, owner: Member | None, kind: Kind) -> dict[str, Any]:
    """The scope picker and its summary, as the form stands."""
    ticked = form.scopes_ticked()
    held = owner.permissions if owner else frozenset()
    return {
        "owner": owner,
        "everything": "everything" in form.fields and bool(form["everything"].value()),
        "picked": form["scopes"] if "scopes" in form.fields else None,
        "picker": picker(ticked, held) if "scopes" in form.fields else [],
        "summary": summary(ticked),
        "ticked": len(ticked),
        "presets": kind_pages.PAGES[kind].presets,
    }


@require_safe
@member
def credential_detail(request: SignedInRequest, kind: Kind, pk: uuid.UUID) -> HttpResponse:
    """What is known of one credential, what it was used for lately, and everything that happened to it."""
    credential = listing.visible(request.actor, kind, pk)
    events = search.timeline(credential.id, organization_id=request.actor.organization)
    context = {
        "kind": kind,
        "words": kind_pages.PAGES[kind],
        "row": listing.row_for(request.actor, credential, now=request.now),
        "credential": credential,
        "effective": summary(_effective(credential)),
        "pair": rotations.pair_of(credential, now=request.now),
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
            credential = lifecycle.rename(pk, name=form.cleaned_data["name"], by=request.actor)
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
    form = ScopesForm(kind, posted(request), initial=_scopes_now(credential))
    if _is_draft(request):
        preset = kind_pages.preset(kind, request.POST.get("preset", ""))
        form = ScopesForm(kind, with_preset(request.POST, preset, credential.owner))
    elif request.method == "POST" and form.is_valid():
        try:
            lifecycle.set_scopes(pk, scopes=form.scopes_chosen(), by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s has new scopes.") % {"name": credential.name})
            return moved(reverse("credential-detail", args=[kind, pk]))
    context = {"kind": kind, "words": kind_pages.PAGES[kind], "credential": credential, "form": form}
    context |= _access(form, credential.owner, kind)
    status = 422 if request.method == "POST" and not _is_draft(request) else 200
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
