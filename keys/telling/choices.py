"""How members want to hear of each topic: the topic's default, until they say otherwise."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db import transaction

from accounts import members, organizations
from accounts.actors import Actor
from accounts.models import Member
from audit import log
from audit.events import Event
from keys.models import MailChoice, NewsChoice
from keys.telling.news import Topic

DIGEST_AT = time(7, tzinfo=UTC)
"""When the day's mail leaves."""


def next_digest(now: datetime) -> datetime:
    """When it leaves next."""
    today = datetime.combine(now.astimezone(UTC), DIGEST_AT)
    return today if today > now else today + timedelta(days=1)


@dataclass(frozen=True)
class Choice:
    """Whether the bell rings, and when a mail comes."""

    bell: bool
    mail: MailChoice

    def __str__(self) -> str:
        return f"{'bell, ' if self.bell else ''}{self.mail.value}"


def default(topic: Topic) -> Choice:
    """What holds for whoever has not chosen."""
    return Choice(bell=True, mail=topic.mail)


def of(member: Member) -> dict[Topic, Choice]:
    """The member's choice for every topic. One query."""
    found = of_all({member.pk}, set(Topic))
    return {topic: found[member.pk, topic] for topic in Topic}


def of_all(member_ids: Collection[uuid.UUID], topics: Collection[Topic]) -> dict[tuple[uuid.UUID, Topic], Choice]:
    """The choices of several members. One query."""
    chosen = {(member, topic): default(topic) for member in member_ids for topic in topics}
    for row in NewsChoice.objects.filter(member__in=member_ids, topic__in=topics) if member_ids else ():
        chosen[row.member_id, Topic(row.topic)] = Choice(bell=row.bell, mail=MailChoice(row.mail))
    return chosen


@transaction.atomic
def choose(chosen: Mapping[Topic, Choice], *, by: Actor) -> None:
    """Hear of these topics in these ways from now on. What was told before is not touched. Raises DoesNotExist for
    whoever is no member."""
    organizations.lock(by.organization)
    member = Member.objects.of(by.organization).get(pk=by.id)
    before = of(member)
    changes = {topic: choice for topic, choice in chosen.items() if before[topic] != choice}
    for topic, choice in changes.items():
        NewsChoice.objects.update_or_create(
            member=member, topic=topic.value, defaults={"bell": choice.bell, "mail": choice.mail}
        )
    if changes:
        told = {topic.value: [str(before[topic]), str(choice)] for topic, choice in changes.items()}
        log.record(Event.NOTIFICATIONS_CHANGED, by=by, target=members.target(member), changes=told)
