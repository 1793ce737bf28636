"""Granting roles: what a member may be given, and by whom."""

import uuid

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.builtin_roles import ADMIN
from accounts.models import Member, MemberRole, Role, Sort, in_order
from accounts.permissions import Permission
from accounts.refusals import NotAllowed


def grantable_by(actor: Actor) -> list[Role]:
    """The roles the actor may give: all with user_access_manage, else those within their own permissions."""
    found = in_order(Role.objects.of(actor.organization))
    if actor.can(Permission.USER_ACCESS_MANAGE):
        return found
    return [role for role in found if role.permissions <= actor.permissions]


def check_grant(role_ids: frozenset[uuid.UUID], *, by: Actor) -> None:
    """Refuse unknown roles and another organisation's, and roles beyond what the actor may give."""
    if role_ids - set(Role.objects.of(by.organization).values_list("pk", flat=True)):
        raise NotAllowed("roles", _("Choose from the roles listed."))
    if not role_ids <= {role.id for role in grantable_by(by)}:
        raise NotAllowed("roles", _("You can only give roles whose permissions you hold yourself."))


def check_not_last_admin(member: Member, *, keeps: frozenset[uuid.UUID] = frozenset()) -> None:
    """Refuse to take the admin role from the organisation's last active admin who is a person."""
    if ADMIN.id in keeps or ADMIN.id not in member.role_ids or member.sort != Sort.USER:
        return
    others = Member.objects.of(member.organization_id).users().active().with_role(ADMIN.id)
    if not others.exclude(pk=member.pk).exists():
        raise NotAllowed("roles", _("This is the last admin. Make somebody else an admin first."))


def replace(member: Member, role_ids: frozenset[uuid.UUID]) -> None:
    """Make these the member's roles. Called by verbs, under the organisation's lock."""
    given = sorted(role_ids - member.role_ids)
    MemberRole.objects.bulk_create([MemberRole(member=member, role_id=role_id) for role_id in given])
    MemberRole.objects.filter(member=member).exclude(role__in=role_ids).delete()


def named(member: Member) -> list[str]:
    """The names of the member's roles, as the audit trail tells them."""
    return sorted(role.name for role in member.roles)
