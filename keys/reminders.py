"""Reminding people in time: of what is about to end, what should be rotated, and what was and is not used yet. Each
reminder comes once."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts import organizations
from accounts.models import Member, Organization
from keys import lifecycle, policies, recipients, rotation
from keys.kinds import Kind
from keys.models import Credential, Notification, Policy, Where
from keys.steps import each
from keys.telling import News, Tidings, tell_all

DAYS_BEFORE = (1, 7, 30)
"""When somebody is reminded of an end, soonest first."""
DAYS_WAITED = (30, 7)
"""When somebody is reminded of a successor that nothing uses, latest first."""
FORGOTTEN_AFTER = timedelta(days=7)
"""After so long nobody is told any more that something has ended."""


def remind(now: datetime) -> int:
    """Tell whoever looks after something what is due of it; returns how many reminders are new. A job: safe to repeat
    and to miss.

    What was missed is not made up for: of a token that ends tomorrow nobody hears that it ends within 30 days.
    """
    return each(Organization.objects.values_list("pk", flat=True), lambda pk: _remind(pk, now))


@transaction.atomic
def _remind(organization_id: uuid.UUID, now: datetime) -> int:
    organizations.lock(organization_id)
    terms = policies.all_of(organization_id)
    found = Credential.objects.of(organization_id).where(_concerned(terms, now)).with_people()
    due = {key: (credential, news) for credential in found for news, key in _due(credential, terms, now)}
    known = Notification.objects.filter(organization_id=organization_id, key__in=list(due))
    new = due.keys() - set(known.values_list("key", flat=True))
    people = recipients.responsible_for_all(due[key][0] for key in new)
    tidings = [_tidings(*due[key], key, terms, people[due[key][0].pk]) for key in sorted(new)]
    tell_all(tidings, organization_id=organization_id, now=now)
    return len(tidings)


def _concerned(terms: dict[Kind, Policy], now: datetime) -> Q:
    ends = Q(expires_at__gt=now - FORGOTTEN_AFTER, expires_at__lte=now + timedelta(days=DAYS_BEFORE[-1]))
    asked = rotation.rule_overdue(terms, now) | rotation.rule_due_soon(terms, now)
    return (Where.counted() & ends) | asked | rotation.rule_waiting(now)


def _due(credential: Credential, terms: dict[Kind, Policy], now: datetime) -> Iterator[tuple[News, str]]:
    """What is to be said of it, each with what makes it be said once."""
    if credential.expires_at:
        yield from _of_end(credential, credential.expires_at, now)
    if credential.replaced_at:
        yield from _of_wait(credential, credential.replaced_at, now)
    elif due_at := rotation.due_at(credential, terms[credential.kind]):
        news = News.ROTATION_OVERDUE if due_at <= now else News.ROTATION_DUE
        yield news, f"{news.value}:{credential.pk}:{due_at:%Y-%m-%d}"


def _of_end(credential: Credential, expires_at: datetime, now: datetime) -> Iterator[tuple[News, str]]:
    if expires_at <= now:
        yield News.CREDENTIAL_EXPIRED, f"{News.CREDENTIAL_EXPIRED.value}:{credential.pk}"
        return
    for days in DAYS_BEFORE:
        begins = expires_at - timedelta(days=days)
        if begins <= now:
            if credential.created_at < begins:  # whoever makes one for a day knows that it ends within a week
                yield News.CREDENTIAL_EXPIRES, f"{News.CREDENTIAL_EXPIRES.value}:{credential.pk}:{days}"
            return


def _of_wait(old: Credential, rotated_at: datetime, now: datetime) -> Iterator[tuple[News, str]]:
    for days in DAYS_WAITED:
        if rotated_at + timedelta(days=days) <= now:
            yield News.ROTATION_WAITING, f"{News.ROTATION_WAITING.value}:{old.pk}:{rotated_at:%Y-%m-%d}:{days}"
            return


def _tidings(credential: Credential, news: News, key: str, terms: dict[Kind, Policy], people: list[Member]) -> Tidings:
    moments = {
        "expires_at": credential.expires_at,
        "due_at": rotation.due_at(credential, terms[credential.kind]),
        "rotated_at": credential.replaced_at,
    }
    return Tidings(
        news=news,
        to=people,
        about=lifecycle.target(credential),
        words={name: moment.isoformat() for name, moment in moments.items() if moment},
        key=key,
    )
