"""Invitation links: sent by e-mail, good once and for 48 hours, or 30 days where the organisation says so."""

import secrets
import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth import password_validation
from django.db import transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import names, notices, org_configs, organizations
from accounts.actors import Actor, ActorType
from accounts.models import Invitation, Member, Person, Status
from accounts.names import key
from accounts.permissions import Permission
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event

LIFETIME = timedelta(hours=48)
LONG_LIFETIME = timedelta(days=30)


class Unusable(Exception):
    """The link is unknown, used, expired, or of somebody disabled since. Which one is nobody's business."""


class SignInFirst(Exception):
    """The invited address belongs to somebody who has a password: they accept while signed in."""


def withdraw(member: Member, *, now: datetime) -> int:
    """Make every link that was sent to the member stop working, for good; returns how many still did."""
    unused = Invitation.objects.filter(member=member, used_at__isnull=True)
    good = unused.filter(expires_at__gt=now).count()
    unused.update(used_at=now)
    return good


@transaction.atomic
def cancel(member_id: uuid.UUID, *, by: Actor) -> Member:
    """Withdraw a Pending member's links; the member stays. Raises NotAllowed where no link would let anybody in."""
    by.require(Permission.USER_ACCESS_INVITE, Permission.USER_ACCESS_MANAGE)
    organizations.lock(by.organization)
    member = Member.objects.of(by.organization).get(pk=member_id)
    if member.status is not Status.PENDING or not withdraw(member, now=by.now):
        raise NotAllowed("", _("There is no open invitation to cancel."))
    log.record(Event.INVITATION_CANCELLED, by=by, target=_target(member), changes={"email": member.email})
    return member


def make(member: Member, *, now: datetime) -> str:
    """A new link token for this member; older ones stop working. Only its fingerprint is stored."""
    withdraw(member, now=now)
    token = secrets.token_urlsafe(32)
    expires_at = now + lifetime(member.organization_id)
    Invitation.objects.create(member=member, fingerprint=_fingerprint(token), created_at=now, expires_at=expires_at)
    return token


def lifetime(organization_id: uuid.UUID) -> timedelta:
    """How long a link of this organisation is good for."""
    return LONG_LIFETIME if org_configs.value_of(org_configs.LONG_INVITATIONS, organization_id) else LIFETIME


def send(member: Member, *, by: Actor) -> None:
    """Make a link and mail it once the transaction has committed."""
    token = make(member, now=by.now)
    end = by.now + lifetime(member.organization_id)
    transaction.on_commit(
        lambda: notices.invitation(member, token=token, inviter=by.label, expires_at=end), robust=True
    )


def find(token: str, *, now: datetime) -> Invitation:
    """The invitation behind a link, if it can still be used. Raises Unusable."""
    invitation = (
        Invitation.objects.select_related("member__organization")
        .filter(fingerprint=_fingerprint(token), used_at__isnull=True, expires_at__gt=now)
        .first()
    )
    if invitation is None or invitation.member.status is Status.DISABLED:
        raise Unusable
    return invitation


def known_person(invitation: Invitation, *, among: QuerySet[Person] | None = None) -> Person | None:
    """The person who already signs in with the invited address, if there is one."""
    people = Person.objects.all() if among is None else among
    person = people.filter(email=invitation.member.email).first()
    return person if person and person.has_usable_password() else None


@transaction.atomic
def accept(token: str, *, by: Actor, person: Person | None = None, name: str = "", password: str = "") -> Member:
    """Make the invited person a member: either the one signed in, or a new one with this name and password.

    Raises Unusable, SignInFirst, names.BadName, and ValidationError for a weak password.
    """
    organizations.lock(find(token, now=by.now).member.organization_id)
    invitation = find(token, now=by.now)
    held = Person.objects.select_for_update(no_key=True)  # another organisation may be forgetting them
    member, known = invitation.member, known_person(invitation, among=held)
    if known and known != person:
        raise SignInFirst
    member.person = known or _register(member.email, name=names.checked(name), password=password, by=by)
    member.name, member.name_key, member.name_is_given = member.person.name, key(member.person.name), True
    member.activated_at, member.modified_at = member.activated_at or by.now, by.now
    member.save(update_fields=["person", "name", "name_key", "name_is_given", "activated_at", "modified_at"])
    invitation.used_at = by.now
    invitation.save(update_fields=["used_at"])
    log.record(Event.MEMBER_JOINED, by=as_member(member, by=by), target=_target(member))
    return member


def _register(email: str, *, name: str, password: str, by: Actor) -> Person:
    password_validation.validate_password(password, user=Person(email=email, name=name))
    person, _created = Person.objects.select_for_update(no_key=True).get_or_create(
        email=email, defaults={"created_at": by.now}
    )
    if person.has_usable_password() and person.password:
        raise SignInFirst  # two links for one address, used at the same moment: the other one was first
    person.name = name
    person.set_password(password)
    person.save()
    return person


def as_member(member: Member, *, by: Actor) -> Actor:
    """The actor, known from now on as this member."""
    named = replace(by, type=ActorType.USER, id=str(member.id), label=member.name)
    return organizations.in_organization(named, member.organization)


def _target(member: Member) -> log.Target:
    return log.Target(member.sort, str(member.id), member.name)


def _fingerprint(token: str) -> bytes:
    return salted_hmac("accounts.invitations", token, algorithm="sha256").digest()
