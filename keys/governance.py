"""What is allowed: who may touch which credential, and every rule a new or changed one must keep."""

import uuid
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.actors import Actor, ActorType, BeyondToken, NotPermitted
from accounts.models import Member, Organization, Sort
from accounts.permissions import Permission, unknown
from accounts.refusals import AlreadyExists, NotAllowed
from keys.kinds import KINDS, Kind, Owner, Rule
from keys.models import Credential, KindSwitch, Limit, Policy, Where


def _own(actor: Actor, owner: Member | None) -> bool:
    return owner is not None and str(owner.id) == actor.id


def _permits(actor: Actor, kind: Kind, owner: Member | None, general: Permission | None) -> bool:
    """By the general permission, by owning it, or by managing the service account that owns it."""
    if actor.can(general):
        return True
    managed = owner is not None and owner.sort == Sort.SERVICE_ACCOUNT and actor.can(kind.rights.service_account)
    return managed or (_own(actor, owner) and actor.can(kind.rights.own))


def may_edit(actor: Actor, credential: Credential) -> bool:
    """Whether the actor may rename it and change its scopes."""
    return _permits(actor, credential.kind, credential.owner, credential.kind.rights.edit)


def may_revoke(actor: Actor, credential: Credential) -> bool:
    """Whether the actor may revoke it."""
    return _permits(actor, credential.kind, credential.owner, credential.kind.rights.revoke)


def may_revoke_some(actor: Actor, kind: Kind) -> bool:
    """Whether there is any of this kind that the actor may revoke, if not necessarily every one."""
    return actor.can(kind.rights.revoke, kind.rights.own, kind.rights.service_account)


def may_rotate(actor: Actor, credential: Credential) -> bool:
    """Whether the actor may revoke it and create one like it."""
    return may_revoke(actor, credential) and may_restore(actor, credential)


def may_see(actor: Actor, kind: Kind) -> bool:
    """Whether the actor may know of any credential of this kind."""
    return actor.can(kind.rights.read, kind.rights.own, kind.rights.service_account)


def may_create(actor: Actor, kind: Kind) -> bool:
    """Whether there is any owner for whom the actor may create one."""
    rights = kind.rights
    own = actor.type is not ActorType.SUPPORT_USER and actor.can(rights.own)
    return own or actor.can(rights.create, rights.service_account)


def kept_to_admins(actor: Actor, policy: Policy) -> bool:
    """Whether the policy lets only admins create one, and the actor is none."""
    return policy.admins_create and not actor.can(Permission.ORG_MANAGEMENT)


def owners_for(actor: Actor, kind: Kind) -> QuerySet[Member]:
    """The members for whom the actor may create one: themselves, and the service accounts they manage."""
    active = Member.objects.of(actor.organization).active()
    mine = active.filter(pk=actor.id) if actor.can(kind.rights.own) else active.none()
    if Owner.MEMBER not in kind.owners:
        mine = active.none()
    if Owner.SERVICE_ACCOUNT in kind.owners and actor.can(kind.rights.service_account):
        return (mine | active.service_accounts()).order_by("-sort", "name_key")
    return mine


def is_off(organization_id: uuid.UUID, kind: Kind) -> bool:
    """Whether support has switched this kind off for the organisation."""
    return kind.switchable and KindSwitch.objects.filter(organization_id=organization_id, kind=kind).exists()


def switched_off(organization_id: uuid.UUID) -> set[Kind]:
    """The kinds that are off for the organisation."""
    return {switch.kind for switch in KindSwitch.objects.filter(organization_id=organization_id)}


def limit_of(kind: Kind, organization: Organization, owner: Member | None) -> Limit | None:
    """The limit a new credential counts against, made with the kind's default when first needed."""
    if kind.quota is None:
        return None
    counted = owner if kind.quota.per is None else None
    limit, _created = Limit.objects.get_or_create(
        organization=organization,
        kind=kind,
        owner=counted,
        defaults={"maximum": kind.quota.maximum, "keep_at_least": kind.quota.keep_at_least},
    )
    return limit


def check_issue(draft: Credential, policy: Policy, *, by: Actor, beyond_owner: bool, entitled: bool) -> None:
    """Refuse a new credential, not yet saved, that breaks a rule or the policy. Called under the organisation's lock.

    A successor takes the place and the name of the one it replaces, so that a full quota is no reason against it.
    Raises NotPermitted, or NotAllowed with the field: owner, name, scopes, expires_at, or "" for limit and switch.
    """
    kind, owner = draft.kind, draft.owner
    check_token(kind, scopes=draft.scopes, expires_at=draft.expires_at, by=by)
    check_owner(kind, owner=owner, by=by, entitled=entitled)
    if is_off(draft.organization_id, kind):
        raise NotAllowed("", _("Client tokens are switched off for this organization. Ask support to open them."))
    if draft.replaces:
        check_rotation(draft.replaces, now=by.now)
    else:
        check_place(draft, policy, by=by)
    check_name(draft, draft.name, now=by.now)
    check_scopes(policy, owner=owner, scopes=draft.scopes, beyond_owner=beyond_owner)
    check_expiry(policy, expires_at=draft.expires_at, now=by.now)


def check_place(draft: Credential, policy: Policy, *, by: Actor) -> None:
    """Refuse one more of its kind where there are as many as may be, or where the policy lets only admins make them."""
    if kept_to_admins(by, policy):
        raise NotPermitted(Permission.ORG_MANAGEMENT)
    limit = limit_of(draft.kind, draft.organization, draft.owner)
    if limit and not limit.left:
        raise NotAllowed("", _limit_reached(draft.kind, limit))


def check_rotation(old: Credential, *, now: datetime) -> None:
    """Refuse to rotate what is no longer good, and either one of a pair that is being rotated already."""
    words = {"name": old.name}
    if old.revoked_at or (old.ends_at and old.ends_at <= now):
        raise NotAllowed("", _("%(name)s is no longer good. Create a new one.") % words)
    if old.replaced_at or Credential.objects.replaced_by(old).where(Where.being_rotated(now)).exists():
        raise NotAllowed("", _("%(name)s is being rotated already. Finish or cancel that first.") % words)


def _limit_reached(kind: Kind, limit: Limit) -> str:
    if limit.owner_id:
        return _("This owner already has %(maximum)d. Revoke one first.") % {"maximum": limit.maximum}
    return _("All %(maximum)d are in use. Revoke one, or ask support for more.") % {"maximum": limit.maximum}


def check_owner(kind: Kind, *, owner: Member | None, by: Actor, entitled: bool = False) -> None:
    """Refuse an owner of the wrong sort, a disabled one, and one the actor may not create for."""
    if (owner is None) != kind.belongs_to_organization:
        raise NotAllowed("owner", _("Choose an owner."))
    if not (entitled or _permits(by, kind, owner, kind.rights.create)):
        raise NotPermitted(_lacking(kind, owner))
    check_rank(owner, by=by)
    if owner and (Owner(owner.sort) not in kind.owners or owner.disabled_at or not owner.activated_at):
        raise NotAllowed("owner", _("Choose an active owner from the list."))


def check_rank(owner: Member | None, *, by: Actor) -> None:
    """Refuse to act as a service account that may do more than the actor: a key of it would be a way up."""
    if owner is None or owner.sort != Sort.SERVICE_ACCOUNT or _own(by, owner):
        return
    if not by.outranks(owner.permissions):
        raise NotPermitted(Permission.USER_ACCESS_MANAGE)


def _lacking(kind: Kind, owner: Member | None) -> str:
    """What somebody lacks who may not create one for this owner."""
    if owner is not None and owner.sort == Sort.SERVICE_ACCOUNT and kind.rights.service_account:
        return kind.rights.service_account
    return kind.rights.create or kind.rights.own or kind.rights.service_account or ""


def check_token(kind: Kind, *, scopes: list[str] | None, expires_at: datetime | None, by: Actor) -> None:
    """Refuse to hand on more than the access token somebody acts with holds itself. Raises BeyondToken."""
    token = by.delegation
    if token is None or kind.by_tokens is None:
        return
    if token.kind not in kind.by_tokens:
        raise BeyondToken(_("The access token you act with cannot create or change this. Use an application key."))
    if scopes is None or (excess := sorted(set(scopes) - token.scopes)):
        wider = _listed(excess) if scopes else _("everything")
        raise BeyondToken(_("The access token you act with is not scoped for: %(names)s.") % {"names": wider})
    if token.expires_at and (expires_at is None or expires_at > token.expires_at):
        raise BeyondToken(_("This would live longer than the access token you act with. Choose an earlier end."))


def check_name(credential: Credential, name: str, *, now: datetime) -> None:
    """Refuse a bad name, and one that is taken among the other active ones; then suggest a free one."""
    try:
        names.checked(name)
    except names.BadName as refusal:
        raise NotAllowed("name", refusal.message) from None
    free = free_name(credential, name, now=now)
    if free != name.strip():
        raise AlreadyExists("name", _("Another one already has this name."), suggestion=free)


def free_name(credential: Credential, name: str, *, now: datetime, besides: str = "") -> str:
    """The name, or the first with a number, that no other active one has which it must differ from, and whose key is
    not `besides`."""
    kind, name = credential.kind, name.strip()
    rivals = Credential.objects.of(credential.organization_id).of_kind(kind).where(Where.counted() & Where.active(now))
    if kind.unique_per_owner:
        rivals = rivals.filter(owner=credential.owner)
    rivals = rivals.exclude(pk__in=[credential.pk, credential.replaces_id])
    if names.key(name) != besides and not rivals.filter(name_key=names.key(name)).exists():
        return name
    return names.free(name, {besides, *rivals.values_list("name_key", flat=True)})


def check_scopes(policy: Policy, *, owner: Member | None, scopes: list[str] | None, beyond_owner: bool = False) -> None:
    """Refuse scopes where there are none, none where there must be some, unknown ones, and ones the owner lacks
    (unless `beyond_owner`: they take effect once the owner has them)."""
    kind = policy.kind
    if scopes is None:
        if kind.scopes is Rule.REQUIRED or policy.scopes_required:
            raise NotAllowed("scopes", _("Choose at least one scope."))
        return
    if kind.scopes is Rule.NONE or not scopes:
        raise NotAllowed("scopes", _("Choose at least one scope.") if scopes == [] else _("This has no scopes."))
    if strange := sorted(unknown(frozenset(scopes))):
        raise NotAllowed("scopes", _("Invalid scopes: %(names)s.") % {"names": _listed(strange)})
    if owner and not beyond_owner and (excess := sorted(set(scopes) - owner.permissions)):
        words = {"owner": owner.name, "names": _listed(excess)}
        raise NotAllowed("scopes", _("%(owner)s does not have: %(names)s. Leave them out.") % words)


def _listed(found: list[str], most: int = 5) -> str:
    shown = ", ".join(name[:64] for name in found[:most])
    return shown + (" …" if len(found) > most else "")


def check_expiry(policy: Policy, *, expires_at: datetime | None, now: datetime) -> None:
    """Refuse an end where there is none, a missing one where there must be, and one too soon or too far away."""
    kind = policy.kind
    if expires_at is None:
        if kind.expiry is Rule.REQUIRED or policy.longest_days is not None:
            raise NotAllowed("expires_at", _("Choose when it expires."))
        return
    if kind.expiry is Rule.NONE:
        raise NotAllowed("expires_at", _("This does not expire."))
    leeway = timedelta(minutes=5)  # a form takes a while to fill in
    if expires_at < now + kind.shortest - leeway or expires_at <= now:
        soonest = _("Choose a time at least 24 hours from now.") if kind.shortest else _("Choose a time in the future.")
        raise NotAllowed("expires_at", soonest)
    if expires_at > now + policy.longest + leeway:
        if policy.longest >= kind.longest:
            raise NotAllowed("expires_at", _("Choose a time within one year from now."))
        words = {"days": policy.longest.days}
        raise NotAllowed("expires_at", _("Choose a time within %(days)d days: the policy asks for it.") % words)


def check_live(credential: Credential) -> None:
    """Refuse to do anything to what was revoked. Called under the organisation's lock."""
    if credential.revoked_at:
        raise NotAllowed("", _("%(name)s was revoked already.") % {"name": credential.name})


def check_revoke(credential: Credential) -> None:
    """Refuse a second revocation, and to revoke the one that must stay. Called under the organisation's lock."""
    check_live(credential)
    if must_stay(credential):
        raise NotAllowed("", _("This is the last API key. Create another one before you revoke it."))


def may_restore(actor: Actor, credential: Credential) -> bool:
    """Whether the actor may bring it back: who may create it may."""
    return _permits(actor, credential.kind, credential.owner, credential.kind.rights.create)


def restorable_until(credential: Credential) -> datetime | None:
    """Until when a revoked one can be brought back; None if it cannot."""
    if credential.revoked_at is None or not credential.kind.restorable:
        return None
    until: datetime = credential.revoked_at + credential.kind.restorable
    return until


def check_restore(credential: Credential, *, now: datetime) -> None:
    """Refuse to bring back what is not revoked, what was revoked too long ago, what leaked, and one more than there may
    be. Called under the organisation's lock."""
    words = {"name": credential.name}
    if credential.revoked_at is None:
        raise NotAllowed("", _("%(name)s is not revoked.") % words)
    until = restorable_until(credential)
    if until is None:
        raise NotAllowed("", _("Once revoked, this is gone for good. Create a new one."))
    if until <= now:
        raise NotAllowed("", _("%(name)s was revoked too long ago to be restored. Create a new one.") % words)
    if credential.leaks.confirmed().exists():
        raise NotAllowed("", _("%(name)s leaked: somebody else may have it. Create a new one.") % words)
    limit = limit_of(credential.kind, credential.organization, credential.owner)
    if limit and not limit.left:
        raise NotAllowed("", _limit_reached(credential.kind, limit))


def must_stay(credential: Credential) -> bool:
    """Whether revoking it would leave fewer than the kind must keep."""
    return not (credential.revoked_at or credential.replaced_at) and at_minimum(
        credential.kind, credential.organization_id
    )


def at_minimum(kind: Kind, organization_id: uuid.UUID) -> bool:
    """Whether the organisation has no more live ones of the kind than it must keep."""
    if kind.quota is None or not kind.quota.keep_at_least:
        return False
    one_more = (
        Credential.objects.of(organization_id).of_kind(kind).where(Where.counted())[: kind.quota.keep_at_least + 1]
    )
    return one_more.count() <= kind.quota.keep_at_least


def to_spare(kind: Kind, organization_id: uuid.UUID) -> int | None:
    """How many live ones the organisation has beyond those it must keep; None where it need keep none."""
    if kind.quota is None or not kind.quota.keep_at_least:
        return None
    counted = Credential.objects.of(organization_id).of_kind(kind).where(Where.counted())
    return max(0, counted.count() - kind.quota.keep_at_least)


def sees_everything(actor: Actor) -> bool:
    """Whether the actor may know of every credential of their organisation."""
    return all(actor.can(kind.rights.read) for kind in KINDS)


def kinds_seen_by(actor: Actor) -> list[Kind]:
    """The kinds the actor may know of, in the order they are declared."""
    return [kind for kind in KINDS if may_see(actor, kind)]
