"""Creating a credential of any kind: the form, what it advises as it is filled in, and the one answer with a secret."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_http_methods

from accounts.models import Member
from accounts.permissions import Permission
from accounts.refusals import NotAllowed
from console import kind_pages
from console.access import member
from console.forms.credentials import CredentialForm, ScopesForm, picker, prefilled, summary, with_preset
from console.forms.errors import add_refusal
from console.organization.apis import apis_page
from console.pages import page
from console.requests import SignedInRequest
from keys import governance, lifecycle, limits, naming, ownership, policies
from keys.kinds import Kind
from keys.models import Limit, Policy


@require_http_methods(["GET", "HEAD", "POST"])
@member
def credential_create(request: SignedInRequest, kind: Kind) -> HttpResponse:
    """The form, and the one answer that shows the secret."""
    policy = _must_create(request, kind)
    owners = _owners(request, kind)
    if request.method != "POST":
        asking = {"owner": request.actor.id} if kind.belongs_to_organization else {}
        initial = asking | prefilled(request.GET)
        return _create_page(request, CredentialForm(policy, owners, initial=initial))
    inline = kind_pages.PAGES[kind].inline and "inline" in request.POST
    form = CredentialForm(policy, owners, request.POST, inline=inline)
    if is_draft(request):
        preset = kind_pages.preset(kind, request.POST.get("preset", ""))
        form.data = with_preset(_renamed(request.POST), preset, form.owner_chosen)
        return _create_page(request, form, draft=True)
    if form.is_valid():
        try:
            return apis_page(request, issued=_issue(request, form, inline=inline))
        except NotAllowed as refusal:
            add_refusal(form, refusal)
    if inline:
        return apis_page(request, form=form, status=422)
    return _create_page(request, form, status=422)


def _must_create(request: SignedInRequest, kind: Kind) -> Policy:
    """The policy under which the actor may create one."""
    if not governance.may_create(request.actor, kind):
        raise PermissionDenied(kind.rights.create or kind.rights.own or kind.rights.service_account)
    policy = policies.of(request.actor.organization, kind)
    if governance.kept_to_admins(request.actor, policy):
        raise PermissionDenied(Permission.ORG_MANAGEMENT)
    return policy


def _owners(request: SignedInRequest, kind: Kind) -> QuerySet[Member]:
    """Whom one can belong to, or who can look after one of the organisation's."""
    if kind.belongs_to_organization:
        return ownership.possible(request.actor.organization)
    return governance.owners_for(request.actor, kind)


def is_draft(request: SignedInRequest) -> bool:
    """Whether the form was sent to be filled in further (a preset, another owner), not to be carried out."""
    return request.method == "POST" and any(word in request.POST for word in ("preset", "draft", "suggested"))


def _renamed(data: QueryDict) -> QueryDict:
    """With the suggested name, if that was taken."""
    data = data.copy()
    if suggested := data.get("suggested"):
        data["name"] = suggested
    return data


def _issue(request: SignedInRequest, form: CredentialForm, *, inline: bool) -> lifecycle.Issued:
    return lifecycle.issue(
        form.kind,
        name=form.cleaned_data["name"],
        by=request.actor,
        owner=form.owner,
        scopes=form.scopes_chosen(),
        expires_at=form.expires_at(request.now),
        owned=ownership.acting(request.actor) if inline else form.owned(),
        nonce=form.cleaned_data["nonce"],
    )


def _create_page(
    request: SignedInRequest, form: CredentialForm, *, status: int = 200, draft: bool = False
) -> HttpResponse:
    kind = form.kind
    limit = organization_limit(request, kind)
    context: dict[str, Any] = {
        "kind": kind,
        "words": kind_pages.PAGES[kind],
        "form": form,
        "draft": draft,
        "off": governance.is_off(request.actor.organization, kind),
        "limit": limit,
        "full": limit is not None and not limit.left,
        "naming": _naming(request, form),
        "vocabulary": ownership.vocabulary(request.actor.organization) if kind.belongs_to_organization else None,
        **access(form, form.owner_chosen, form.policy),
    }
    template = "organization/credentials/create.html"
    return page(request, template, context, fragments=("access", "naming"), status=status)


def _naming(request: SignedInRequest, form: CredentialForm) -> naming.Hint:
    """Advice about the name as it stands in a form that was sent."""
    if not form.is_bound:
        return naming.Hint()
    people = Member.objects.of(request.actor.organization).users().values_list("name", flat=True)
    said = {word: form.data.get(word, "")[: naming.MOST_READ] for word in ("name", "team", "environment")}
    return naming.hint(**said, people=people)


def organization_limit(request: SignedInRequest, kind: Kind) -> Limit | None:
    """How many of the kind the organisation may have, where it has such a limit. One query."""
    found = limits.limits_of(request.member.organization)
    return next((limit for limit in found if limit.kind is kind), None)


def access(form: CredentialForm | ScopesForm, owner: Member | None, policy: Policy) -> dict[str, Any]:
    """The scope picker and its summary, as the form stands."""
    ticked = form.scopes_ticked()
    held = owner.permissions if owner and "scopes" in form.fields else frozenset()
    presets = kind_pages.PAGES[policy.kind].presets
    return {
        "owner": owner,
        "everything": "everything" in form.fields and bool(form["everything"].value()),
        "picked": form["scopes"] if "scopes" in form.fields else None,
        "picker": picker(ticked, held) if "scopes" in form.fields else [],
        "summary": summary(ticked),
        "ticked": len(ticked),
        "presets": [preset for preset in presets if not (preset.everything and policy.scopes_required)],
    }
