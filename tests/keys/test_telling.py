"""Telling people: once, in the ways they chose; and what they find behind the bell."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit.models import AuditEvent
from keys import telling
from keys.models import Delivery, Mail, MailChoice, Notification, Webhook
from keys.telling import News, Severity, Topic, choices, places, reading, retention
from keys.telling.choices import Choice
from tests.keys.tidings import CI, LEAK, MORNING

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def now():
    return MORNING


@pytest.fixture
def choose(actor_of):
    def chosen(member, topic, *, bell, mail):
        choices.choose({topic: Choice(bell=bell, mail=mail)}, by=actor_of(member))

    return chosen


def test_every_piece_of_news_has_a_sentence_a_topic_and_a_severity():
    for news in News:
        assert news.sentence
        assert news.topic in Topic
        assert news.severity in Severity


def test_a_member_finds_it_behind_the_bell_in_their_words(tell, alice):
    tell(alice)

    (row,) = Notification.objects.of(alice)
    assert (
        News(row.news).said(row.words) == "ci (…abcd) leaked, and still lets programs in. Found: github.com/acme/site"
    )
    assert reading.unread(alice) == 1


def test_whoever_was_told_is_not_told_again(tell, alice, bob):
    tell(alice)
    tell(alice, bob)
    tell(alice, bob, at=MORNING + DAY)

    assert Notification.objects.count() == Mail.objects.count() == 2


def test_the_same_member_twice_in_one_telling_is_told_once(tell, alice):
    tell(alice, alice)

    assert (Notification.objects.count(), Mail.objects.count()) == (1, 1)


def test_a_sentence_without_its_words_is_never_told(tell, alice):
    with pytest.raises(KeyError):
        tell(alice, words={})

    assert not Notification.objects.exists()


def test_telling_is_part_of_what_is_told_of(acme, alice):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        telling.tell(
            News.CREDENTIAL_LEAKED, organization_id=acme.pk, to=[alice], about=CI, words=LEAK, key="k", now=MORNING
        )
        raise ZeroDivisionError

    assert not Notification.objects.exists()
    assert not Mail.objects.exists()


def test_choices_hold_from_then_on(tell, choose, alice, bob):
    choose(alice, Topic.LEAKS, bell=False, mail=MailChoice.NEVER)
    choose(bob, Topic.LEAKS, bell=True, mail=MailChoice.DAILY)
    tell(alice, bob)

    assert reading.unread(alice) == 0
    assert reading.unread(bob) == 1
    assert [(mail.member, mail.due_at) for mail in Mail.objects.all()] == [(bob, MORNING.replace(hour=7, minute=0))]
    choose(alice, Topic.LEAKS, bell=True, mail=MailChoice.AT_ONCE)
    tell(alice, bob)
    assert reading.unread(alice) == 0
    assert not Mail.objects.filter(member=alice).exists()


def test_a_choice_is_in_the_trail_and_the_same_again_is_not(choose, alice):
    for _ in range(2):
        choose(alice, Topic.EXPIRY, bell=True, mail=MailChoice.NEVER)

    (event,) = AuditEvent.objects.filter(event="notifications.changed")
    assert event.changes == {"expiry": ["bell, daily", "bell, never"]}


def test_webhooks_hear_of_their_topics_and_disabled_ones_of_nothing(tell, alice, acme, globex):
    made = [
        Webhook.objects.create(
            organization=organization, name="w", address="https://x.example", topics=topics, secret=b"x",
            created_at=MORNING, disabled_at=disabled_at,
        )
        for organization, topics, disabled_at in (
            (acme, ["leaks", "expiry"], None),
            (acme, ["expiry"], None),
            (acme, ["leaks"], MORNING),
            (globex, ["leaks"], None),
        )
    ]  # fmt: skip
    for _ in range(2):
        tell(alice)
    Webhook.objects.update(topics=["leaks"], disabled_at=None)
    tell(alice)

    (delivery,) = Delivery.objects.all()
    assert delivery.webhook == made[0]


def test_what_was_told_long_ago_is_forgotten(tell, alice):
    tell(alice)

    assert retention.forget(MORNING + retention.KEPT) == 0
    assert retention.forget(MORNING + retention.KEPT + DAY) == 2


def test_reading_is_of_ones_own(tell, alice, bob, actor_of, later):
    tell(alice)
    tell(bob)
    (row,) = Notification.objects.of(alice)
    with pytest.raises(Notification.DoesNotExist):
        reading.mark_read(row.pk, by=actor_of(bob))
    reading.mark_read(row.pk, by=actor_of(alice))

    assert (reading.unread(alice), reading.unread(bob)) == (0, 1)
    assert reading.mark_all_read(by=actor_of(bob)) == 1


def test_what_has_no_page_has_no_link():
    assert places.link_to("planet", "mars") == ""
