"""People: their profile, their sessions, and the record of their signing in and out."""

import uuid
from dataclasses import replace

from django.db import transaction

from accounts import names, organizations, sessions
from accounts.actors import Actor, ActorType
from accounts.invitations import as_member
from accounts.models import Member, Person
from accounts.names import key
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event

PROFILE_FIELDS = ("name", "language", "theme", "density", "time_zone")


def target(person: Person) -> log.Target:
    """The person as an audit target."""
    return log.Target("person", str(person.id), person.email)


def lock(person: Person) -> list[uuid.UUID]:
    """Before anything of a person is written, lock every organisation that knows them, whether they are active there or
    not, and return those; of somebody whom none knows, the installation's chain. One that they join meanwhile has no
    part in it."""
    known = Member.objects.filter(person=person).order_by("organization_id").values_list("organization_id", flat=True)
    for organization_id in known:
        organizations.lock(organization_id)
    if not known:
        log.lock(None)
    return list(known)


def record(
    event: Event, person: Person, *, held: list[uuid.UUID], by: Actor, changes: log.Changes | None = None
) -> None:
    """Record something about a person in every one of the locked organisations that they are an active member of.

    Support staff who are a member of none, and nobody else, leave it on the installation's own chain.
    """
    memberships = [member for member in _memberships(person) if member.organization_id in held]
    for member in memberships:
        log.record(event, by=as_member(member, by=by), target=target(person), changes=changes)
    if not memberships:
        log.record(event, by=replace(by, organization_id=None), target=target(person), changes=changes)


@transaction.atomic
def change_profile(person: Person, *, by: Actor, **fields: str) -> None:
    """Change any of name, language, theme, density and time_zone. Raises NotAllowed for a bad name."""
    if "name" in fields:
        try:
            fields["name"] = names.checked(fields["name"])
        except names.BadName as refusal:
            raise NotAllowed("name", refusal.message) from None
    changes = {
        field: [getattr(person, field), fields[field]]
        for field in PROFILE_FIELDS
        if field in fields and getattr(person, field) != fields[field]
    }
    if not changes:
        return
    held = lock(person)
    for field in changes:
        setattr(person, field, fields[field])
    person.save(update_fields=list(changes))
    if "name" in changes:
        known_as = {"name": person.name, "name_key": key(person.name), "modified_at": by.now}
        Member.objects.filter(person=person, organization__in=held).update(**known_as)
    record(Event.PERSON_PROFILE_CHANGED, person, held=held, by=by, changes=changes)


@transaction.atomic
def set_password(person: Person, password: str, *, by: Actor, keep_session: str | None) -> None:
    """Give the person another password and end their sessions but the one kept. Validators are the form's part."""
    held = lock(person)
    person.set_password(password)
    person.save(update_fields=["password"])
    sessions.end_all(person, except_key=keep_session)
    record(Event.PERSON_PASSWORD_CHANGED, person, held=held, by=by)


@transaction.atomic
def end_sessions(person: Person, *, by: Actor, keep_session: str | None) -> int:
    """End the person's sessions but the one kept; returns how many ended."""
    held = lock(person)
    ended = sessions.end_all(person, except_key=keep_session)
    record(Event.PERSON_SESSIONS_ENDED, person, held=held, by=by, changes={"sessions": ended})
    return ended


@transaction.atomic
def signed_in(person: Person, *, by: Actor) -> None:
    """Record that the person signed in."""
    record(Event.PERSON_SIGNED_IN, person, held=lock(person), by=_as(person, by))


@transaction.atomic
def signed_out(person: Person, *, by: Actor) -> None:
    """Record that the person signed out."""
    record(Event.PERSON_SIGNED_OUT, person, held=lock(person), by=_as(person, by))


@transaction.atomic
def refused(email: str, *, by: Actor) -> None:
    """Record that a sign-in was refused: for a known address where its person belongs, else on the installation."""
    person = Person.objects.filter(email=email.strip().lower()).first()
    memberships = _memberships(person) if person else []
    label = person.email if person else email.strip()[:254]
    seen = log.Target("person", str(person.id) if person else "", label)
    for member in memberships:
        organizations.lock(member.organization_id)
        log.record(Event.PERSON_REFUSED, by=organizations.in_organization(by, member.organization), target=seen)
    if not memberships:
        log.record(Event.PERSON_REFUSED, by=by, target=seen)


def _as(person: Person, by: Actor) -> Actor:
    kind = ActorType.SUPPORT_USER if person.is_support else ActorType.USER
    return replace(by, type=kind, id=str(person.id), label=person.name)


def _memberships(person: Person) -> list[Member]:
    """The person's active memberships, in the one order in which their organisations are ever locked."""
    active = Member.objects.active().filter(person=person).select_related("organization")
    return list(active.order_by("organization_id"))
