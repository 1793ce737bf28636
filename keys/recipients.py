"""Who is told about what."""

import uuid
from collections.abc import Iterable

from accounts import service_accounts
from accounts.builtin_roles import ADMIN
from accounts.models import Member
from keys import ownership
from keys.models import Credential


def admins(organization_id: uuid.UUID) -> list[Member]:
    """The organisation's active admins, by name."""
    active = Member.objects.of(organization_id).users().active()
    return list(active.filter(assignments__role=ADMIN.id).distinct().order_by("name_key", "pk"))


def responsible_for(credential: Credential) -> list[Member]:
    """The people who look after a credential: its owner, or those who manage the service account that it is; where
    nobody owns it, whoever made it. If none of them is there any more, the admins."""
    named = ownership.of(credential)
    for member in (credential.owner, named and named.member, credential.created_by):
        if member and (found := list(_people(member))):
            return found
    return admins(credential.organization_id)


def responsible_for_all(credentials: Iterable[Credential]) -> dict[uuid.UUID, list[Member]]:
    """The same for several, by their ids. It is asked once for all that name the same people."""
    found: dict[uuid.UUID, list[Member]] = {}
    known: dict[tuple[uuid.UUID | None, ...], list[Member]] = {}
    for credential in credentials:
        named = ownership.of(credential)
        people = (credential.owner_id, named.member_id if named else None, credential.created_by_id)
        if (credential.organization_id, *people) not in known:
            known[credential.organization_id, *people] = responsible_for(credential)
        found[credential.pk] = known[credential.organization_id, *people]
    return found


def _people(member: Member) -> Iterable[Member]:
    if member.is_service_account:
        return service_accounts.managers_of(member)
    return Member.objects.active().filter(pk=member.pk)
