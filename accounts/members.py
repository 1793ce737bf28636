"""Members who are people: invite, join, give roles, disable, enable."""

import uuid

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import invitations, organizations, roles, sessions
from accounts.actors import Actor
from accounts.models import Member, Sort, Status
from accounts.names import key
from accounts.permissions import Permission
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event


def target(member: Member) -> log.Target:
    """The member as an audit target."""
    return log.Target(member.sort, str(member.id), member.name)


def locked(member_id: uuid.UUID, *, by: Actor) -> Member:
    """The member, with their organisation locked. Raises Member.DoesNotExist for another organisation's."""
    organizations.lock(by.organization)
    return Member.objects.of(by.organization).get(pk=member_id)


@transaction.atomic
def invite(*, email: str, role_slugs: frozenset[str], by: Actor) -> Member:
    """Make a Pending member and send them a single-use link. Raises NotAllowed."""
    by.require(Permission.USER_ACCESS_INVITE, Permission.USER_ACCESS_MANAGE)
    organizations.lock(by.organization)
    roles.check_grant(role_slugs, by=by)
    member = _pending(email.strip().lower(), by=by)
    roles.replace(member, role_slugs)
    invitations.send(member, by=by)
    log.record(
        Event.MEMBER_INVITED,
        by=by,
        target=target(member),
        changes={"email": member.email, "roles": sorted(role_slugs)},
    )
    return member


def _pending(email: str, *, by: Actor) -> Member:
    existing = Member.objects.of(by.organization).users().filter(email=email).first()
    if existing and existing.status is Status.DISABLED:
        raise NotAllowed("email", _("This person is a disabled member. Enable them instead."))
    if existing:
        raise NotAllowed("email", _("This person is already a member."))
    name = email.partition("@")[0]  # their own name is nobody's business until they accept
    return Member.objects.create(
        organization_id=by.organization,
        sort=Sort.USER,
        name=name,
        name_key=key(name),
        email=email,
        created_at=by.now,
    )


@transaction.atomic
def invite_again(member_id: uuid.UUID, *, by: Actor) -> Member:
    """Send a Pending member a fresh link; the older ones stop working."""
    by.require(Permission.USER_ACCESS_INVITE, Permission.USER_ACCESS_MANAGE)
    member = locked(member_id, by=by)
    if member.status is not Status.PENDING or member.is_service_account:
        raise NotAllowed("", _("Only somebody who has not joined yet can be invited again."))
    invitations.send(member, by=by)
    log.record(Event.MEMBER_INVITED, by=by, target=target(member), changes={"email": member.email})
    return member


@transaction.atomic
def set_roles(member_id: uuid.UUID, role_slugs: frozenset[str], *, by: Actor) -> Member:
    """Make these the member's roles. Raises NotAllowed for the last admin and for roles the actor may not give."""
    by.require(Permission.USER_ACCESS_MANAGE)
    member = locked(member_id, by=by)
    if member.is_service_account:
        raise NotAllowed("roles", _("Change the roles of a service account on its own page."))
    before = sorted(member.role_slugs)
    roles.check_grant(role_slugs, by=by)
    roles.check_not_last_admin(member, keeps=role_slugs)
    roles.replace(member, role_slugs)
    if before != sorted(role_slugs):
        changes = {"roles": [before, sorted(role_slugs)]}
        log.record(Event.MEMBER_ROLES_CHANGED, by=by, target=target(member), changes=changes)
    return member


@transaction.atomic
def disable(member_id: uuid.UUID, *, by: Actor) -> Member:
    """Shut a member out and end their sessions. Their credentials are keys.offboarding's part, which calls this."""
    member = locked(member_id, by=by)
    by.require(Permission.SERVICE_ACCOUNT_WRITE if member.is_service_account else Permission.USER_ACCESS_MANAGE)
    if member.status is Status.DISABLED:
        raise NotAllowed("", _("%(name)s is disabled already.") % {"name": member.name})
    roles.check_not_last_admin(member)
    member.disabled_at = by.now
    member.save(update_fields=["disabled_at"])
    invitations.withdraw(member, now=by.now)
    if member.person:
        sessions.end_all(member.person)
    event = Event.SERVICE_ACCOUNT_DISABLED if member.is_service_account else Event.MEMBER_DISABLED
    log.record(event, by=by, target=target(member))
    return member


@transaction.atomic
def enable(member_id: uuid.UUID, *, by: Actor) -> Member:
    """Let a disabled member in again. Nothing that was deleted comes back."""
    member = locked(member_id, by=by)
    by.require(Permission.SERVICE_ACCOUNT_WRITE if member.is_service_account else Permission.USER_ACCESS_MANAGE)
    if member.status is not Status.DISABLED:
        raise NotAllowed("", _("%(name)s is not disabled.") % {"name": member.name})
    roles.check_grant(member.role_slugs, by=by)
    member.disabled_at = None
    member.save(update_fields=["disabled_at"])
    event = Event.SERVICE_ACCOUNT_ENABLED if member.is_service_account else Event.MEMBER_ENABLED
    log.record(event, by=by, target=target(member))
    return member
