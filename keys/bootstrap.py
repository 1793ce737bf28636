"""The first day of an organisation: itself, its first admin and, for infrastructure, its first keys."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import granting, invitations, members, names, notices, organizations
from accounts.actors import Actor, ActorType
from accounts.builtin_roles import ADMIN, BuiltinRole
from accounts.models import Member, Organization, Person, Sort, Status
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import lifecycle
from keys.kinds import API_KEY, APPLICATION_KEY, Kind
from keys.minting import Secret
from keys.models import Credential

KEY_NAME = "bootstrap"


@dataclass(frozen=True)
class FirstDay:
    """An organisation that can be signed in to, and the secrets made this time, by kind."""

    organization: Organization
    sign_in_link: str = field(repr=False)
    secrets: dict[Kind, Secret]


def system(now: datetime) -> Actor:
    """Whoever runs a command on the server."""
    return Actor(organization_id=None, type=ActorType.SYSTEM, id="", label="system", auth_method="COMMAND", now=now)


@transaction.atomic
def create_organization(*, name: str, admin_email: str, with_keys: bool, now: datetime) -> FirstDay:
    """Make sure that the organisation and this active admin exist; with keys, that those named "bootstrap" do.

    What exists stays as it is, so that running it again is safe; secrets are returned only for keys made now.
    Raises NotAllowed with the field `name` or `admin`.
    """
    organization = organizations.lock(_organization(name, now=now).id)
    by = organizations.in_organization(system(now), organization)
    admin = _admin(organization, admin_email, by=by)
    link = _sign_in_link(admin, by=by)
    secrets = _missing_keys(as_member(admin, now=now)) if with_keys else {}
    return FirstDay(organization, link, secrets)


def _organization(name: str, *, now: datetime) -> Organization:
    try:
        name = names.checked(name)
    except names.BadName as refusal:
        raise NotAllowed("name", refusal.message) from None
    existing = Organization.objects.filter(name_key=names.key(name))
    try:
        return existing.first() or organizations.create(name=name, by=system(now))
    except IntegrityError:  # somebody else was faster
        return existing.get()


def _admin(organization: Organization, email: str, *, by: Actor) -> Member:
    email = _checked_email(email)
    member = Member.objects.of(organization.id).users().filter(email=email).first()
    if member is None:
        return enlist(email=email, name=_name_in(email), role=ADMIN, by=by)
    if member.status is not Status.ACTIVE or ADMIN.id not in member.role_ids:
        raise NotAllowed("admin", f"{email} is a member already, but not an active admin. Change that in the console.")
    return member


def _checked_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
        names.checked(_name_in(email))
    except (ValidationError, names.BadName):
        raise NotAllowed("admin", "Enter an e-mail address, such as admin@example.com.") from None
    return email


def _name_in(email: str) -> str:
    return email.partition("@")[0]


def enlist(*, email: str, name: str, role: BuiltinRole, by: Actor) -> Member:
    """A member who is active from the start, though the person may yet have to choose a password."""
    person = Person.objects.filter(email=email).first() or _person(email, name, now=by.now)
    member = Member.objects.create(
        organization_id=by.organization,
        sort=Sort.USER,
        person=person,
        name=person.name,
        name_key=names.key(person.name),
        email=email,
        created_at=by.now,
        activated_at=by.now,
    )
    granting.replace(member, frozenset({role.id}))
    return member


def _person(email: str, name: str, *, now: datetime) -> Person:
    person = Person(email=email, name=name, created_at=now)
    person.set_unusable_password()
    person.save(force_insert=True)
    return person


def _sign_in_link(admin: Member, *, by: Actor) -> str:
    """Where the admin signs in; without a password yet, a fresh link on which to choose one."""
    if admin.person and admin.person.has_usable_password():
        return settings.SITE_URL + reverse(settings.LOGIN_URL)
    changes = {"email": admin.email, "roles": granting.named(admin)}
    log.record(Event.MEMBER_INVITED, by=by, target=members.target(admin), changes=changes)
    return notices.invitation_link(invitations.make(admin, now=by.now))


def as_member(member: Member, *, now: datetime) -> Actor:
    """The member, acting by way of a command."""
    acting = invitations.as_member(member, by=system(now))
    kind = ActorType.SERVICE_ACCOUNT if member.is_service_account else ActorType.USER
    return replace(acting, type=kind, permissions=member.permissions)


def _missing_keys(by: Actor) -> dict[Kind, Secret]:
    made = {}
    for kind in (API_KEY, APPLICATION_KEY):
        owner = None if kind.belongs_to_organization else Member.objects.get(pk=by.id)
        rivals = Credential.objects.of(by.organization).of_kind(kind).live().filter(owner=owner)
        if not rivals.filter(name_key=KEY_NAME).exists():
            made[kind] = lifecycle.issue(kind, name=KEY_NAME, owner=owner, by=by).secret
    return made
