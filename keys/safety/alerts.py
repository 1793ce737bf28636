"""Whom a leak is told to: the admins and the security contacts, and whoever looks after what leaked."""

from collections.abc import Sequence
from datetime import datetime

from accounts.actors import Actor
from accounts.models import Member
from audit.log import Target
from keys import lifecycle, recipients, telling
from keys.models import Acted, Leak, SecurityContacts
from keys.telling import News, Tidings

MANY = 10
"""Of more leaks than this in one report, people are told in one sentence."""

NOWHERE = "organization"
"""What has no page of its own: only those who govern may open the safety center."""

_NEWS = {
    Acted.REVOKED: News.LEAK_REVOKED,
    Acted.QUARANTINED: News.LEAK_QUARANTINED,
    Acted.TOLD: News.CREDENTIAL_LEAKED,
    Acted.ENDED: News.LEAK_OF_ENDED,
}


def leaked(leaks: Sequence[Leak], *, also: Sequence[str], by: Actor) -> None:
    """Tell of leaks of one organisation, once of what was done about each; `also` gives more addresses. The admins are
    led to the leak, everybody else to the credential."""
    admins = recipients.admins(by.organization)
    tidings = _to_all(leaks, admins, also, by=by)
    for member, theirs in _by_responsible(leaks, admins).items():
        tidings += _to_one(theirs, member, by=by)
    telling.tell_all(tidings, organization_id=by.organization, now=by.now)


def _to_all(leaks: Sequence[Leak], admins: list[Member], also: Sequence[str], *, by: Actor) -> list[Tidings]:
    if len(leaks) > MANY:
        return [_many(leaks, admins, page="safety", by=by, also=also)]
    return [_one(leak, Target("leak", str(leak.pk), leak.credential.name), admins, also=also) for leak in leaks]


def _to_one(leaks: Sequence[Leak], member: Member, *, by: Actor) -> list[Tidings]:
    if len(leaks) > MANY:
        return [_many(leaks, [member], page=NOWHERE, by=by)]
    return [_one(leak, lifecycle.target(leak.credential), [member]) for leak in leaks]


def _one(leak: Leak, about: Target, to: Sequence[Member], *, also: Sequence[str] = ()) -> Tidings:
    words = {"last4": leak.credential.last4, "where": leak.place}
    key = f"leak:{leak.pk}:{leak.acted}"
    return Tidings(news=_NEWS[Acted(leak.acted)], to=to, about=about, words=words, key=key, also=also)


def _many(leaks: Sequence[Leak], to: Sequence[Member], *, page: str, by: Actor, also: Sequence[str] = ()) -> Tidings:
    about = Target(page, str(by.organization), by.organization_name)
    key = f"leaks:{leaks[0].pk}:{leaks[0].acted}"
    return Tidings(news=News.LEAKS_FOUND, to=to, about=about, words={"count": str(len(leaks))}, key=key, also=also)


def _by_responsible(leaks: Sequence[Leak], admins: list[Member]) -> dict[Member, list[Leak]]:
    """The leaks that concern each member who is no admin."""
    found: dict[Member, list[Leak]] = {}
    responsible = recipients.responsible_for_all(leak.credential for leak in leaks)
    for leak in leaks:
        for member in responsible[leak.credential_id]:
            found.setdefault(member, []).append(leak)
    return {member: theirs for member, theirs in found.items() if member not in admins}


def review_due(contacts: SecurityContacts, *, now: datetime) -> None:
    """Ask the admins to look at the security contacts, or to name some."""
    organization = contacts.organization
    reviewed = contacts.reviewed_at
    telling.tell(
        News.CONTACTS_REVIEW if reviewed else News.CONTACTS_MISSING,
        organization_id=organization.pk,
        to=recipients.admins(organization.pk),
        about=Target("security_contacts", str(organization.pk), organization.name),
        words={"reviewed_at": reviewed.isoformat()} if reviewed else {},
        key=f"security_contacts:{now.isoformat()}",
        now=now,
    )
