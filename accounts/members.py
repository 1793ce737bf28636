"""Members who are people: add, invite, change, give roles, disable, enable."""

import uuid

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import details, granting, invitations, org_configs, organizations, sessions
from accounts.actors import Actor, NotPermitted
from accounts.models import Invitation, Member, Person, Sort, Status
from accounts.names import key
from accounts.permissions import Permission
from accounts.refusals import AlreadyExists, NotAllowed
from audit import log
from audit.events import Event

ANONYMOUS = "Anonymized user"
NOWHERE = "@example.invalid"
"""The address of somebody whose own was taken out; no mail is ever delivered there."""


def target(member: Member) -> log.Target:
    """The member as an audit target."""
    return log.Target(member.sort, str(member.id), member.name)


def acting(by: Actor) -> Member | None:
    """The actor as a member of the organisation; None for support staff and commands."""
    return Member.objects.of(by.organization).filter(pk=by.id).first() if by.id else None


def locked(member_id: uuid.UUID, *, by: Actor) -> Member:
    """The member, with their organisation locked. Raises Member.DoesNotExist for another organisation's."""
    organizations.lock(by.organization)
    return Member.objects.of(by.organization).get(pk=member_id)


@transaction.atomic
def add(*, email: str, name: str = "", title: str = "", role_ids: frozenset[uuid.UUID], by: Actor) -> Member:
    """Make a Pending member and send nothing. Raises NotAllowed, AlreadyExists for an address that is taken."""
    member = _pending(email, name=name, title=title, role_ids=role_ids, by=by)
    log.record(Event.MEMBER_ADDED, by=by, target=target(member), changes=_beginning(member))
    return member


@transaction.atomic
def invite(*, email: str, name: str = "", title: str = "", role_ids: frozenset[uuid.UUID], by: Actor) -> Member:
    """Make a Pending member and send them a single-use link. Raises what `add` does."""
    member = _pending(email, name=name, title=title, role_ids=role_ids, by=by)
    invitations.send(member, by=by)
    log.record(Event.MEMBER_INVITED, by=by, target=target(member), changes=_beginning(member))
    return member


def _pending(email: str, *, name: str, title: str, role_ids: frozenset[uuid.UUID], by: Actor) -> Member:
    _check_may_invite(by)
    organizations.lock(by.organization)
    granting.check_grant(role_ids, by=by)
    email = details.checked_email(email)
    _check_domain(email, by=by)
    _check_free(email, by=by)
    # without a name, the address: their own name is nobody's business until they accept
    given, name = bool(name), details.checked_name(name) if name else details.name_from(email)
    member = Member.objects.create(
        organization_id=by.organization,
        sort=Sort.USER,
        name=name,
        name_key=key(name),
        name_is_given=given,
        email=email,
        title=details.checked_title(title),
        created_at=by.now,
    )
    granting.replace(member, role_ids)
    return member


def _check_may_invite(by: Actor) -> None:
    by.require(Permission.USER_ACCESS_INVITE, Permission.USER_ACCESS_MANAGE)
    if org_configs.value_of(org_configs.ADMIN_ONLY_INVITES, by.organization):
        by.require(Permission.USER_ACCESS_MANAGE)


def _check_domain(email: str, *, by: Actor) -> None:
    allowed = org_configs.value_of(org_configs.DOMAIN_ALLOWLIST, by.organization)
    domains = [str(word).lower() for word in allowed] if isinstance(allowed, list) else []
    if domains and email.rpartition("@")[2] not in domains:
        listed = ", ".join(domains[:5])
        raise NotAllowed(
            "email", _("Only addresses of these domains may be invited: %(domains)s.") % {"domains": listed}
        )


def _check_free(email: str, *, by: Actor) -> None:
    existing = Member.objects.of(by.organization).users().filter(email=email).first()
    if existing and existing.status is Status.DISABLED:
        raise AlreadyExists("email", _("This person is a disabled member. Enable them instead."))
    if existing:
        raise AlreadyExists("email", _("This person is already a member."))


def _beginning(member: Member) -> dict[str, object]:
    """What the trail tells of a new member."""
    return {"email": member.email, "title": member.title or None, "roles": granting.named(member)}


@transaction.atomic
def invite_again(member_id: uuid.UUID, *, by: Actor) -> Member:
    """Send a Pending member a fresh link; the older ones stop working."""
    _check_may_invite(by)
    member = locked(member_id, by=by)
    if member.status is not Status.PENDING or member.is_service_account:
        raise NotAllowed("", _("Only somebody who has not joined yet can be invited again."))
    _check_domain(member.email, by=by)
    invitations.send(member, by=by)
    log.record(Event.MEMBER_INVITED, by=by, target=target(member), changes={"email": member.email})
    return member


@transaction.atomic
def invite_all(member_ids: list[uuid.UUID], *, by: Actor) -> list[Invitation]:
    """Send every one of these Pending members a fresh link, or none of them one. Raises as `invite_again` does."""
    invited = [invite_again(member_id, by=by) for member_id in member_ids]
    return [member.invitations.latest("created_at") for member in invited]


@transaction.atomic
def edit(
    member_id: uuid.UUID, *, name: str | None = None, email: str | None = None, title: str | None = None, by: Actor
) -> Member:
    """Change what this organisation knows a person as, None leaving what there is. Raises NotAllowed.

    The address can change only while they are Pending, and takes the links sent to the old one with it.
    """
    by.require(Permission.USER_ACCESS_MANAGE)
    member = locked(member_id, by=by)
    if member.is_service_account:
        raise Member.DoesNotExist
    if email is not None and (email := details.checked_email(email)) != member.email:
        _check_readdressed(member, email, by=by)
        invitations.withdraw(member, now=by.now)
    name = None if name is None else details.checked_name(name)
    if changes := details.change(member, name=name, email=email, title=title, now=by.now):
        log.record(Event.MEMBER_CHANGED, by=by, target=target(member), changes=changes)
    return member


@transaction.atomic
def edit_own(
    member_id: uuid.UUID, *, name: str | None = None, email: str | None = None, title: str | None = None, by: Actor
) -> Member:
    """Change what the organisation knows the actor, a person, as, None leaving what there is. Raises NotAllowed."""
    member = locked(member_id, by=by)
    if str(member.id) != by.id or member.is_service_account:
        raise NotPermitted(Permission.USER_ACCESS_MANAGE)
    if email is not None and details.checked_email(email) != member.email:
        raise NotAllowed("email", _("A member's e-mail address is how they sign in; it cannot be changed here."))
    name = None if name is None else details.checked_name(name)
    if changes := details.change(member, name=name, email=None, title=title, now=by.now):
        log.record(Event.MEMBER_CHANGED, by=by, target=target(member), changes=changes)
    return member


@transaction.atomic
def anonymize(member_id: uuid.UUID, *, by: Actor) -> Member:
    """Take name, address and title out of a disabled member, for good, and forget the person if nothing else needs
    them. What the trail says of them stays."""
    by.require(Permission.USER_ACCESS_MANAGE)
    member = locked(member_id, by=by)
    if member.is_service_account or member.status is not Status.DISABLED:
        raise NotAllowed("", _("Only a disabled person can be anonymized."))
    granting.replace(member, frozenset())
    before, person = target(member), member.person
    member.name, member.email, member.title = ANONYMOUS, f"anonymized-{member.id}{NOWHERE}", ""
    member.name_key, member.person, member.activated_at, member.modified_at = key(ANONYMOUS), None, None, by.now
    member.save()
    if person:
        _forget(person)
    log.record(Event.MEMBER_ANONYMIZED, by=by, target=log.Target(before.type, before.id, ANONYMOUS))
    return member


def _forget(person: Person) -> None:
    """Delete a person whom nobody needs; locked, so that nobody begins to meanwhile."""
    held = Person.objects.select_for_update().get(pk=person.pk)
    if not held.is_support and not held.memberships.exists():
        held.delete()


def _check_readdressed(member: Member, email: str, *, by: Actor) -> None:
    if member.status is not Status.PENDING:
        raise NotAllowed("email", _("A member's e-mail address is how they sign in; only they can change it."))
    _check_domain(email, by=by)
    _check_free(email, by=by)


@transaction.atomic
def set_roles(member_id: uuid.UUID, role_ids: frozenset[uuid.UUID], *, by: Actor) -> Member:
    """Make these the member's roles. Raises NotAllowed for the last admin and for roles the actor may not give."""
    by.require(Permission.USER_ACCESS_MANAGE)
    member = locked(member_id, by=by)
    if member.is_service_account:
        raise NotAllowed("roles", _("Change the roles of a service account on its own page."))
    granting.check_grant(role_ids, by=by)
    give(member, role_ids, by=by)
    return member


def give(member: Member, role_ids: frozenset[uuid.UUID], *, by: Actor) -> None:
    """Make these a person's or a program's roles and record it. Called by verbs that have checked the rest."""
    granting.check_not_last_admin(member, keeps=role_ids)
    if role_ids == member.role_ids:
        return
    before = granting.named(member)
    granting.replace(member, role_ids)
    member.modified_at = by.now
    member.save(update_fields=["modified_at"])
    event = Event.SERVICE_ACCOUNT_CHANGED if member.is_service_account else Event.MEMBER_ROLES_CHANGED
    log.record(event, by=by, target=target(member), changes={"roles": [before, granting.named(member)]})


@transaction.atomic
def disable(member_id: uuid.UUID, *, by: Actor) -> Member:
    """Shut a member out and end their sessions. Their credentials are keys.offboarding's part, which calls this."""
    member = locked(member_id, by=by)
    by.require(Permission.SERVICE_ACCOUNT_WRITE if member.is_service_account else Permission.USER_ACCESS_MANAGE)
    if member.status is Status.DISABLED:
        raise NotAllowed("", _("%(name)s is disabled already.") % {"name": member.name})
    granting.check_not_last_admin(member)
    member.disabled_at = member.modified_at = by.now
    member.save(update_fields=["disabled_at", "modified_at"])
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
    if member.email.endswith(NOWHERE):
        raise NotAllowed("", _("Who was anonymized does not come back. Invite them anew."))
    granting.check_grant(member.role_ids, by=by)
    member.disabled_at, member.modified_at = None, by.now
    member.save(update_fields=["disabled_at", "modified_at"])
    event = Event.SERVICE_ACCOUNT_ENABLED if member.is_service_account else Event.MEMBER_ENABLED
    log.record(event, by=by, target=target(member))
    return member
