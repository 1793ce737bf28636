"""What can be done about a finding. Each goes through the verb that does it by hand, and its checks."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import members, roles
from accounts.actors import Actor
from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from keys import editing, lifecycle, offboarding, ownership
from keys.hygiene import scopes
from keys.hygiene.findings import Look
from keys.models import Credential, Ownership
from keys.ownership import Owned

REASON = "key hygiene"
"""What the audit trail says of why."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Mitigation:
    """A remedy: what the API calls it, what pages call it, which permissions it takes, and how it is done to one thing.

    Of the permissions, one that fits the thing is enough; the first is enough for all things, so that letting it be
    done by itself takes that one.
    """

    id: str
    title: Promise
    description: Promise
    permissions: tuple[P, ...]
    act: Callable[[Look, uuid.UUID, Actor], object]


@dataclass(frozen=True, kw_only=True, eq=False)
class ByHand:
    """What somebody does who has to say, to see or to choose something for it. Pages know by its id what that takes."""

    id: str
    title: Promise
    description: Promise


def _revoke(_look: Look, credential_id: uuid.UUID, by: Actor) -> object:
    return lifecycle.revoke(credential_id, by=by, reason=REASON)


def _narrow(look: Look, credential_id: uuid.UUID, by: Actor) -> object:
    credential = Credential.objects.of(by.organization).get(pk=credential_id)
    since = look.now - look.days("scope_threshold")
    used = scopes.used([credential], by.organization, since=since).get(credential_id, set())
    kept = sorted(used & set(credential.scopes or used))
    if not kept:
        raise NotAllowed("", _("No use of a scope is known. Choose the scopes on its page."))
    return editing.set_scopes(credential_id, scopes=kept, by=by, beyond_owner=True)


def _disable(_look: Look, member_id: uuid.UUID, by: Actor) -> object:
    """Disable a member; of one that is disabled already, end what was left."""
    member = members.locked(member_id, by=by)
    if member.disabled_at is None:
        return offboarding.disable(member_id, by=by)
    left = Credential.objects.of(by.organization).live().owned_by(member)
    return [lifecycle.revoke(credential.pk, by=by, reason=REASON) for credential in left]


def _delete_role(_look: Look, role_id: uuid.UUID, by: Actor) -> object:
    return roles.delete(role_id, by=by)


REVOKE_API_KEY = Mitigation(
    id="revoke_api_key",
    title=_("Revoke"),
    description=_("It is refused from the next request on. It can be restored for seven days."),
    permissions=(P.API_KEYS_DELETE,),
    act=_revoke,
)
REVOKE = Mitigation(
    id="revoke_credential",
    title=_("Revoke"),
    description=_("It is refused from the next request on, for good."),
    permissions=(P.ORG_APP_KEYS_WRITE, P.SERVICE_ACCOUNT_WRITE, P.USER_APP_KEYS),
    act=_revoke,
)
NARROW = Mitigation(
    id="narrow_scopes",
    title=_("Narrow the scopes"),
    description=_("It keeps the scopes that it was used with, and loses the others."),
    permissions=(P.ORG_APP_KEYS_WRITE, P.SERVICE_ACCOUNT_WRITE, P.USER_APP_KEYS),
    act=_narrow,
)
DISABLE_MEMBER = Mitigation(
    id="disable_user",
    title=_("Disable"),
    description=_("They can no longer sign in, and their application keys and tokens end for good."),
    permissions=(P.USER_ACCESS_MANAGE,),
    act=_disable,
)
DISABLE_SERVICE_ACCOUNT = Mitigation(
    id="disable_service_account",
    title=_("Disable"),
    description=_("Its application keys and tokens end for good."),
    permissions=(P.SERVICE_ACCOUNT_WRITE,),
    act=_disable,
)
DELETE_ROLE = Mitigation(
    id="delete_role",
    title=_("Delete"),
    description=_("The role is gone for good. Nobody holds it, so nobody loses anything."),
    permissions=(P.USER_ACCESS_MANAGE,),
    act=_delete_role,
)

ROTATE = ByHand(
    id="rotate",
    title=_("Rotate"),
    description=_(
        "A new one of the same name takes over: it may do the same, and is good at once. The old one stays good beside"
        " it until you say."
    ),
)
NAME_OWNER = ByHand(
    id="name_owner",
    title=_("Name an owner"),
    description=_("So that somebody can be asked before it is rotated or revoked. A team outlives a person."),
)
SPLIT = ByHand(
    id="split",
    title=_("Give each program its own"),
    description=_("See what uses it, and create another one like it for each of them."),
)


def name_owner(owned: Owned) -> Mitigation:
    """Let this member, this team or both look after it; where and what for it is used stays as it was said."""

    def act(_look: Look, credential_id: uuid.UUID, by: Actor) -> object:
        ownership.checked(owned, organization_id=by.organization, required=True)
        known = Credential.objects.of(by.organization).with_people().get(pk=credential_id)
        said = ownership.of(known) or Ownership()
        whole = replace(owned, environment=said.environment, purpose=said.purpose)
        return editing.assign(credential_id, whole, by=by)

    return Mitigation(
        id=NAME_OWNER.id,
        title=NAME_OWNER.title,
        description=NAME_OWNER.description,
        permissions=(P.API_KEYS_WRITE, P.CLIENT_TOKENS_WRITE),
        act=act,
    )
