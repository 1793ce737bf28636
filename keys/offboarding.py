"""Disabling a member: what they owned ends with them, what belongs to the organisation stays."""

import uuid
from dataclasses import dataclass

from django.db import transaction

from accounts import members
from accounts.actors import Actor
from accounts.models import Member
from keys import lifecycle
from keys.models import Credential

REASON = "owner disabled"


@dataclass(frozen=True)
class Preview:
    """What disabling a member would do, shown before it is done."""

    deleted: list[Credential]
    staying: list[Credential]


def preview(member: Member) -> Preview:
    """The member's own live credentials, which will end, and the organisation's that they created, which stay."""
    live = Credential.objects.of(member.organization_id).live().order_by("kind", "name_key")
    return Preview(
        deleted=list(live.owned_by(member)),
        staying=list(live.filter(created_by=member, owner__isnull=True)),
    )


@transaction.atomic
def disable(member_id: uuid.UUID, *, by: Actor) -> Member:
    """Disable the member, end their sessions and every credential they own: all of it or nothing."""
    member = members.disable(member_id, by=by)
    for credential in Credential.objects.of(member.organization_id).live().owned_by(member):
        lifecycle.end(credential, by=by, reason=REASON)
    return member
