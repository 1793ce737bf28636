"""Policies: what the organisation asks of each kind of credential."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from console.access import member, requires
from console.forms.errors import add_refusal
from console.forms.policies import PolicyForm, overlap_label
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import foresight, governance, policies
from keys.foresight import Consequences
from keys.kinds import Kind
from keys.models import Policy


@require_safe
@member
def policy_list(request: SignedInRequest) -> HttpResponse:
    """Every kind the actor may know of, with what is asked of it."""
    kinds = governance.kinds_seen_by(request.actor)
    if not kinds:
        raise PermissionDenied(P.API_KEYS_READ)
    asked = policies.all_of(request.actor.organization)
    context = {
        "rows": [(asked[kind], overlap_label(asked[kind].longest_overlap_hours)) for kind in kinds],
        "may_change": request.actor.can(P.ORG_MANAGEMENT),
    }
    return page(request, "organization/policies/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.ORG_MANAGEMENT)
def policy_edit(request: SignedInRequest, kind: Kind) -> HttpResponse:
    """Other terms for one kind, with what they would mean; a draft is only looked at."""
    policy = policies.of(request.actor.organization, kind)
    form = PolicyForm(policy, posted(request))
    draft = "draft" in request.POST
    if request.method == "POST" and form.is_valid():
        try:
            policy = _proposed(request, form) if draft else policies.change(kind, form.terms(), by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            if not draft:
                messages.success(request, _("The policy for %(kinds)s is saved.") % {"kinds": kind.plural})
                return moved(reverse("policy-list"))
    context = {"kind": kind, "form": form, "draft": draft, "effect": _effect(request, form, policy)}
    status = 422 if form.errors and not draft else 200
    return page(request, "organization/policies/edit.html", context, fragments=("effect",), status=status)


def _proposed(request: SignedInRequest, form: PolicyForm) -> Policy:
    return policies.proposed(request.actor.organization, form.policy.kind, form.terms())


def _effect(request: SignedInRequest, form: PolicyForm, policy: Policy) -> Consequences | None:
    """What the policy means today; None while the form makes no sense."""
    return None if form.errors else foresight.consequences(policy, now=request.now)
