"""Custom roles: make, clone, change, delete, and give or take one. Built-in ones are declared in builtin_roles."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members, names, org_configs, organizations
from accounts.actors import Actor
from accounts.builtin_roles import ROLES
from accounts.models import Member, MemberRole, Role
from accounts.permissions import Permission, unknown
from accounts.refusals import AlreadyExists, NotAllowed
from audit import log
from audit.events import Event

BUILT_IN_STAYS = _("Built-in roles cannot be changed. Clone it instead.")
MOST = 200
NAMES_RECORDED = 20


def target(role: Role) -> log.Target:
    """The role as an audit target."""
    return log.Target("role", str(role.id), role.name)


@transaction.atomic
def create(*, name: str, permissions: frozenset[str], by: Actor) -> Role:
    """A new role of the actor's organisation. Raises NotAllowed."""
    by.require(Permission.USER_ACCESS_MANAGE)
    organizations.lock(by.organization)
    if not org_configs.value_of(org_configs.CUSTOM_ROLES, by.organization):
        raise NotAllowed("", _("Custom roles are switched off for this organization."))
    if Role.objects.of(by.organization).custom().count() >= MOST:
        raise NotAllowed(
            "", _("There are %(most)d custom roles, as many as there can be. Delete one.") % {"most": MOST}
        )
    name, granted = _checked_name(name, by=by), _checked_permissions(permissions)
    role = Role.objects.create(
        organization_id=by.organization,
        name=name,
        name_key=names.key(name),
        granted=granted,
        created_at=by.now,
        modified_at=by.now,
    )
    log.record(Event.ROLE_CREATED, by=by, target=target(role), changes={"permissions": granted})
    return role


@transaction.atomic
def clone(role_id: uuid.UUID, *, name: str, by: Actor) -> Role:
    """A custom role that permits what this one, custom or built in, permits now. Raises NotAllowed."""
    by.require(Permission.USER_ACCESS_MANAGE)
    return create(name=name, permissions=_locked(role_id, by=by).permissions, by=by)


@transaction.atomic
def edit(role_id: uuid.UUID, *, name: str | None = None, permissions: frozenset[str] | None = None, by: Actor) -> Role:
    """Another name or other permissions, None leaving what there is. Raises NotAllowed; no change leaves no trace."""
    by.require(Permission.USER_ACCESS_MANAGE)
    role = _changeable(role_id, by=by)
    before = {"name": role.name, "permissions": role.granted}
    if name is not None:
        role.name = _checked_name(name, by=by, besides=role)
    if permissions is not None:
        role.granted = _checked_permissions(permissions)
    after = {"name": role.name, "permissions": role.granted}
    changes = {field: [before[field], value] for field, value in after.items() if before[field] != value}
    if changes:
        role.name_key, role.modified_at = names.key(role.name), by.now
        role.save(update_fields=["name", "name_key", "granted", "modified_at"])
        log.record(Event.ROLE_CHANGED, by=by, target=target(role), changes=changes)
    return role


@dataclass(frozen=True)
class Loss:
    """A member who holds a role, the roles they would keep without it, and the permissions that would go with it."""

    member: Member
    kept: list[Role]
    permissions: frozenset[str]


def losses(role: Role) -> list[Loss]:
    """What deleting a custom role would take, and from whom; shown before it is done."""
    if role.organization_id is None:
        return []
    found = []
    for holder in Member.objects.of(role.organization_id).with_role(role.id).with_roles().order_by("name_key", "pk"):
        kept = [other for other in holder.roles if other.id != role.id]
        found.append(Loss(holder, kept, role.permissions.difference(*(other.permissions for other in kept))))
    return found


@transaction.atomic
def grant(role_id: uuid.UUID, *, permissions: frozenset[str], by: Actor) -> Role:
    """Let the role permit these too. Raises as `edit` does."""
    return edit(role_id, permissions=_locked(role_id, by=by).permissions | permissions, by=by)


@transaction.atomic
def withhold(role_id: uuid.UUID, *, permissions: frozenset[str], by: Actor) -> Role:
    """Let the role permit these no more. Raises as `edit` does."""
    return edit(role_id, permissions=_locked(role_id, by=by).permissions - permissions, by=by)


@transaction.atomic
def delete(role_id: uuid.UUID, *, by: Actor) -> None:
    """Delete a custom role; whoever holds it holds it no more. Raises NotAllowed for a built-in one."""
    by.require(Permission.USER_ACCESS_MANAGE)
    role = _changeable(role_id, by=by)
    holders = list(Member.objects.of(by.organization).with_role(role.id).order_by("name_key", "pk"))
    deleted = target(role)
    Member.objects.filter(pk__in=[holder.pk for holder in holders]).update(modified_at=by.now)
    MemberRole.objects.filter(role=role).delete()
    role.delete()
    changes: dict[str, object] = {"permissions": role.granted, "members": len(holders)}
    if holders:
        changes["names"] = [holder.name for holder in holders[:NAMES_RECORDED]]
    log.record(Event.ROLE_DELETED, by=by, target=deleted, changes=changes)


@transaction.atomic
def add_member(role_id: uuid.UUID, member_id: uuid.UUID, *, by: Actor) -> Role:
    """Give the role to a member, person or program. Raises Member.DoesNotExist; holding it already leaves no trace."""
    by.require(Permission.USER_ACCESS_MANAGE)
    role, member = _locked(role_id, by=by), members.locked(member_id, by=by)
    members.give(member, member.role_ids | {role.id}, by=by)
    return role


@transaction.atomic
def remove_member(role_id: uuid.UUID, member_id: uuid.UUID, *, by: Actor) -> Role:
    """Take the role from a member. Raises NotAllowed for the last admin; not holding it leaves no trace."""
    by.require(Permission.USER_ACCESS_MANAGE)
    role, member = _locked(role_id, by=by), members.locked(member_id, by=by)
    members.give(member, member.role_ids - {role.id}, by=by)
    return role


def _locked(role_id: uuid.UUID, *, by: Actor) -> Role:
    """The role, with the actor's organisation locked. Raises Role.DoesNotExist for another organisation's."""
    organizations.lock(by.organization)
    return Role.objects.of(by.organization).get(pk=role_id)


def _changeable(role_id: uuid.UUID, *, by: Actor) -> Role:
    role = _locked(role_id, by=by)
    if role.is_managed:
        raise NotAllowed("", BUILT_IN_STAYS)
    return role


def _checked_name(name: str, *, by: Actor, besides: Role | None = None) -> str:
    """The name as it will be stored; neither another role of the organisation nor a built-in one has it."""
    try:
        name = names.checked(name)
    except names.BadName as refusal:
        raise NotAllowed("name", refusal.message) from None
    others = Role.objects.of(by.organization)
    if besides:
        others = others.exclude(pk=besides.pk)
    taken = {*others.values_list("name_key", flat=True), *(names.key(role.known_as) for role in ROLES)}
    if names.key(name) in taken:
        raise AlreadyExists("name", _("Another role already has this name."), suggestion=names.free(name, taken))
    return name


def _checked_permissions(permissions: frozenset[str]) -> list[str]:
    if strange := sorted(unknown(permissions)):
        shown = ", ".join(name[:64] for name in strange[:5])
        raise NotAllowed("permissions", _("There are no such permissions: %(names)s.") % {"names": shown})
    return sorted(permissions)
