"""Who acts: from the session to an Actor."""

import hashlib

from django.http import HttpRequest

from accounts.actors import Actor, ActorType
from accounts.builtin_roles import SUPPORT_PERMISSIONS
from accounts.models import Member, Organization, Person
from accounts.organizations import in_organization
from console.requests import ConsoleRequest

SESSION_KEY = "member"


def identify(request: ConsoleRequest) -> None:
    """Set the person's memberships, the chosen one, and the actor, on the request."""
    person: Person = request.user
    active = Member.objects.active().filter(person=person).select_related("organization").with_roles()
    request.memberships = sorted(active, key=lambda member: member.organization.name_key)
    chosen = request.session.get(SESSION_KEY)
    request.member = next((member for member in request.memberships if str(member.id) == chosen), None) or next(
        iter(request.memberships), None
    )
    if request.member:
        request.actor = as_member(request, request.member)
    elif person.is_support:
        request.actor = as_support(request)


def visitor(request: ConsoleRequest, *, label: str = "") -> Actor:
    """Somebody not signed in, or not yet."""
    return Actor(
        organization_id=None,
        type=ActorType.ANONYMOUS,
        id="",
        label=label,
        auth_method="NONE",
        **request.whence,
    )


def as_member(request: ConsoleRequest, member: Member) -> Actor:
    """The signed-in person as a member of the organisation."""
    return Actor(
        organization_id=member.organization_id,
        organization_name=member.organization.name,
        type=ActorType.USER,
        id=str(member.id),
        label=member.name,
        permissions=member.permissions,
        auth_id=_session_id(request),
        **request.whence,
    )


def as_support(request: ConsoleRequest, organization: Organization | None = None) -> Actor:
    """The signed-in person as support staff, in one organisation or in none yet."""
    actor = Actor(
        organization_id=None,
        type=ActorType.SUPPORT_USER,
        id=str(request.user.id),
        label=request.user.name,
        permissions=SUPPORT_PERMISSIONS,
        auth_id=_session_id(request),
        **request.whence,
    )
    return in_organization(actor, organization) if organization else actor


def _session_id(request: HttpRequest) -> str:
    """A name for the session that does not open it."""
    key = request.session.session_key or ""
    return hashlib.sha256(key.encode()).hexdigest()[:16]
