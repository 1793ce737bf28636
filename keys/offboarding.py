"""Changing and disabling a member: what they owned ends with them, what belongs to the organisation stays."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from accounts import members, service_accounts
from accounts.actors import Actor
from accounts.models import Member
from accounts.permissions import Permission
from keys import lifecycle
from keys.models import Credential

REASON = "owner disabled"


@dataclass(frozen=True)
class Preview:
    """What disabling a member would do, shown before it is done."""

    deleted: list[Credential]
    staying: list[Credential]


def preview(member: Member) -> Preview:
    """The member's own live credentials, which will end, and the organisation's that they made or look after, which
    stay."""
    live = Credential.objects.of(member.organization_id).live().order_by("kind", "name_key")
    theirs = Q(created_by=member) | Q(ownership__member=member)
    return Preview(
        deleted=list(live.owned_by(member)),
        staying=list(live.filter(theirs, owner__isnull=True).select_related("ownership")),
    )


@transaction.atomic
def edit(
    member_id: uuid.UUID,
    *,
    name: str | None = None,
    email: str | None = None,
    title: str | None = None,
    disabled: bool | None = None,
    by: Actor,
) -> Member:
    """Change a member or service account, and disable or enable them: all of it or nothing. None leaves what there is.

    Raises NotPermitted, NotAllowed, Member.DoesNotExist.
    """
    member = members.locked(member_id, by=by)
    by.require(Permission.SERVICE_ACCOUNT_WRITE if member.is_service_account else Permission.USER_ACCESS_MANAGE)
    change = service_accounts.edit if member.is_service_account else members.edit
    if (name, email, title) != (None, None, None):
        member = change(member_id, name=name, email=email, title=title, by=by)
    if disabled is not None and disabled != (member.disabled_at is not None):
        member = disable(member_id, by=by) if disabled else members.enable(member_id, by=by)
    return member


@transaction.atomic
def anonymize(member_id: uuid.UUID, *, by: Actor) -> Member:
    """Disable a person, if they are not yet, and take out who they were: all of it or nothing."""
    if members.locked(member_id, by=by).disabled_at is None:
        disable(member_id, by=by)
    return members.anonymize(member_id, by=by)


@transaction.atomic
def disable(member_id: uuid.UUID, *, by: Actor) -> Member:
    """Disable the member, end their sessions and every credential they own: all of it or nothing."""
    member = members.disable(member_id, by=by)
    for credential in Credential.objects.of(member.organization_id).live().owned_by(member):
        lifecycle.end(credential, by=by, reason=REASON)
    return member
