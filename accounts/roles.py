"""Granting roles: what a member may be given, and by whom."""

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.builtin_roles import ADMIN, BY_SLUG, ROLES, BuiltinRole
from accounts.models import Member, MemberRole, Sort
from accounts.permissions import Permission
from accounts.refusals import NotAllowed


def grantable_by(actor: Actor) -> list[BuiltinRole]:
    """The roles the actor may give: all with user_access_manage, else those within their own permissions."""
    if actor.can(Permission.USER_ACCESS_MANAGE):
        return list(ROLES)
    return [role for role in ROLES if role.permissions <= actor.permissions]


def check_grant(slugs: frozenset[str], *, by: Actor) -> None:
    """Refuse unknown roles, and roles beyond what the actor may give."""
    if slugs - BY_SLUG.keys():
        raise NotAllowed("roles", _("Choose from the roles listed."))
    if not slugs <= {role.slug for role in grantable_by(by)}:
        raise NotAllowed("roles", _("You can only give roles whose permissions you hold yourself."))


def check_not_last_admin(member: Member, *, keeps: frozenset[str] = frozenset()) -> None:
    """Refuse to take the admin role from the organisation's last active admin who is a person."""
    if ADMIN.slug in keeps or ADMIN.slug not in member.role_slugs or member.sort != Sort.USER:
        return
    others = Member.objects.of(member.organization_id).users().active().with_role(ADMIN.slug)
    if not others.exclude(pk=member.pk).exists():
        raise NotAllowed("roles", _("This is the last admin. Make somebody else an admin first."))


def replace(member: Member, slugs: frozenset[str]) -> None:
    """Make these the member's roles. Called by verbs, under the organisation's lock."""
    MemberRole.objects.bulk_create([MemberRole(member=member, role=slug) for slug in sorted(slugs - member.role_slugs)])
    MemberRole.objects.filter(member=member).exclude(role__in=slugs).delete()
