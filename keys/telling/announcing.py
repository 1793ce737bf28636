"""Telling: who hears of it in which way is settled here, in the caller's transaction; what is sent is sent later."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone, translation

from accounts.models import Member
from audit.log import Target
from keys.models import Delivery, Mail, MailChoice, Notification, Webhook
from keys.telling import choices, places
from keys.telling.news import News

BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Tidings:
    """One piece of news: to which members, to which addresses besides, about what. `key` makes it once for ever."""

    news: News
    to: Sequence[Member]
    about: Target
    words: Mapping[str, str] = field(default_factory=dict)
    key: str
    also: Sequence[str] = ()

    @property
    def all_words(self) -> dict[str, str]:
        """The words of the sentence. Raises KeyError if one is missing."""
        words = {"name": self.about.label, **self.words}
        self.news.said(words)
        return words


def tell(
    news: News,
    *,
    organization_id: uuid.UUID,
    to: Iterable[Member],
    about: Target,
    words: Mapping[str, str] | None = None,
    key: str,
    also: Iterable[str] = (),
    now: datetime,
) -> None:
    """Tell members of the organisation, addresses that are no member's, and the webhooks that want the topic.

    Everything is written in the caller's transaction, and sent by the next tick. Who was told the key before is not
    told again, and neither is an address or a webhook once any of these members was. Of several things use `tell_all`:
    it asks the database no more for a thousand than for one.
    """
    tidings = Tidings(news=news, to=tuple(to), about=about, words=words or {}, key=key, also=tuple(also))
    tell_all([tidings], organization_id=organization_id, now=now)


def tell_all(tidings: Sequence[Tidings], *, organization_id: uuid.UUID, now: datetime) -> None:
    """Tell several things; each as `tell` does."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("People are told in the transaction of what they are told of.")
    members = {member.pk for one in tidings for member in one.to}
    wanted = choices.of_all(members, {one.news.topic for one in tidings})
    known = _known(members, [one.key for one in tidings])
    anew = [one for one in tidings if not any((member.pk, one.key) in known for member in one.to)]
    fresh = [(one, member) for one in tidings for member in one.to if (member.pk, one.key) not in known]
    mails = [
        _mail(one, organization_id, now, choice=wanted[member.pk, one.news.topic].mail, member=member)
        for one, member in fresh
    ] + [
        _mail(one, organization_id, now, choice=MailChoice.AT_ONCE, address=address.strip().lower())
        for one in anew
        for address in one.also
    ]
    told = [
        _notification(one, organization_id, now, member=member, is_shown=wanted[member.pk, one.news.topic].bell)
        for one, member in fresh
    ]
    Notification.objects.bulk_create(told, BATCH, ignore_conflicts=True)
    Mail.objects.bulk_create([mail for mail in mails if mail.choice != MailChoice.NEVER], BATCH, ignore_conflicts=True)
    _deliver(anew, organization_id, now)


def _known(members: set[uuid.UUID], keys: Sequence[str]) -> set[tuple[uuid.UUID, str]]:
    found: set[tuple[uuid.UUID, str]] = set()
    for start in range(0, len(keys), BATCH):
        told = Notification.objects.filter(member__in=members, key__in=keys[start : start + BATCH])
        found.update(told.values_list("member_id", "key"))
    return found


def _notification(
    one: Tidings, organization_id: uuid.UUID, now: datetime, *, member: Member, is_shown: bool
) -> Notification:
    return Notification(
        organization_id=organization_id,
        member=member,
        news=one.news.value,
        target_type=one.about.type,
        target_id=one.about.id,
        words=one.all_words,
        key=one.key,
        told_at=now,
        is_shown=is_shown,
    )


def _mail(
    one: Tidings,
    organization_id: uuid.UUID,
    now: datetime,
    *,
    choice: MailChoice,
    member: Member | None = None,
    address: str = "",
) -> Mail:
    return Mail(
        organization_id=organization_id,
        member=member,
        address=address,
        news=one.news.value,
        target_type=one.about.type,
        target_id=one.about.id,
        words=one.all_words,
        key=one.key,
        choice=choice,
        told_at=now,
        due_at=choices.next_digest(now) if choice == MailChoice.DAILY else now,
    )


def _deliver(tidings: Sequence[Tidings], organization_id: uuid.UUID, now: datetime) -> None:
    listening = Webhook.objects.of(organization_id).enabled()
    deliveries = [
        delivery(webhook, one, now) for webhook in listening for one in tidings if one.news.topic in webhook.topics
    ]
    Delivery.objects.bulk_create(deliveries, BATCH, ignore_conflicts=True)


def delivery(webhook: Webhook, one: Tidings, now: datetime) -> Delivery:
    """What the webhook is sent of it, by the Standard Webhooks specification: type, timestamp, data."""
    words = one.all_words
    with translation.override("en"), timezone.override(UTC):
        text = one.news.said(words)
    about = {
        "type": one.about.type,
        "id": one.about.id,
        "name": one.about.label,
        "url": places.link_to(one.about.type, one.about.id),
    }
    data = {
        "organization_id": str(webhook.organization_id),
        "topic": one.news.topic,
        "severity": one.news.severity,
        "text": text,
        "about": about,
        "words": words,
    }
    body = {"type": one.news.value, "timestamp": now.isoformat(), "data": data}
    return Delivery(webhook=webhook, news=one.news.value, key=one.key, body=json.dumps(body), told_at=now, due_at=now)
