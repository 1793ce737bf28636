"""Mails: at once or once a day, in their reader's language, without floods, and nothing lost on the way."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction

from accounts.actors import NotPermitted
from audit.models import AuditEvent
from keys import offboarding, telling
from keys.models import Mail, Notification
from keys.telling import News, Tidings, leases, mails, reading
from tests.keys.tidings import CI, LEAK, MORNING

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def now():
    return MORNING


@pytest.fixture
def due(tell):
    """Something that is told once a day."""
    return lambda *to, key="due:1", at=MORNING: tell(
        *to, news=News.ROTATION_DUE, key=key, words={"due_at": "2026-03-11T00:00:00+00:00"}, at=at
    )


class Broken(EmailBackend):
    """A mail server that is away, until told otherwise; or that refuses one address."""

    error: Exception | None = None
    refuses = ""
    tried = 0

    def send_messages(self, messages):
        Broken.tried += 1
        if Broken.error and Broken.refuses in messages[0].to[0]:
            raise Broken.error
        return super().send_messages(messages)


@pytest.fixture
def server(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    monkeypatch.setattr(Broken, "error", ConnectionRefusedError("away"))
    monkeypatch.setattr(Broken, "refuses", "")
    monkeypatch.setattr(Broken, "tried", 0)
    return Broken


def test_what_is_urgent_leaves_at_once_and_the_rest_once_a_day(tell, due, alice):
    tell(alice)
    due(alice)
    due(alice, key="due:2")

    assert mails.send(MORNING) == 1
    assert mails.send(MORNING + timedelta(minutes=29)) == 0
    assert mails.send(MORNING + timedelta(minutes=30)) == 1
    urgent, daily = outbox.outbox
    assert urgent.subject == "ci (…abcd) leaked, and still lets programs in. Found: github.com/acme/site"
    assert "/apis/api-keys/11111111-1111-4111-8111-111111111111/" in urgent.body
    assert daily.subject == "Keyhouse: 2 notifications"
    assert daily.body.count("ci is due for rotation by 11 March 2026, 00:00 UTC.") == 2


def test_a_thousand_leaks_are_one_mail_to_each_and_a_few_queries(
    acme, alice, bob, django_assert_max_num_queries, actor_of
):
    several = [
        Tidings(
            news=News.CREDENTIAL_LEAKED, to=(alice, bob), about=CI, words=LEAK, key=f"leak:{n}", also=["x@y.example"]
        )
        for n in range(1_000)
    ]
    with transaction.atomic(), django_assert_max_num_queries(100):
        telling.tell_all(several, organization_id=acme.pk, now=MORNING)

    assert mails.send(MORNING) == 3
    assert sorted(mail.to[0] for mail in outbox.outbox) == [alice.email, bob.email, "x@y.example"]
    assert "and 950 more" in outbox.outbox[0].body
    assert reading.unread(alice) == reading.MOST_COUNTED
    assert not Mail.objects.waiting().exists()


def test_what_trickles_in_is_gathered(tell, alice):
    sent = []
    for minute in range(30):
        tell(alice, key=f"leak:{minute}", at=MORNING + timedelta(minutes=minute))
        sent.append(mails.send(MORNING + timedelta(minutes=minute)))

    assert sum(sent) == 3
    assert mails.send(MORNING + timedelta(minutes=30)) == 1
    assert not Mail.objects.waiting().exists()


def test_a_digest_that_was_late_is_the_days_only_one(due, alice):
    due(alice)
    mails.send(MORNING + DAY)
    due(alice, key="due:2", at=MORNING + DAY)

    assert mails.send(MORNING + DAY + timedelta(hours=2)) == 0
    assert mails.send(MORNING + 2 * DAY) == 0
    assert mails.send(MORNING + 2 * DAY + timedelta(minutes=30)) == 1


def test_one_person_in_two_organizations_gets_one_mail(tell, alice, second, globex):
    tell(alice)
    with transaction.atomic():
        telling.tell(
            News.CREDENTIAL_LEAKED, organization_id=globex.pk, to=[second], about=CI, words=LEAK, key="k", now=MORNING
        )

    assert mails.send(MORNING) == 1
    assert [line for line in outbox.outbox[0].body.splitlines() if line in {"Acme", "Globex"}] == ["Acme", "Globex"]


def test_an_address_that_is_no_members_is_told_by_mail_alone(tell, alice):
    for _ in range(2):
        tell(also=[" Security@Acme.example "])

    assert mails.send(MORNING) == 1
    assert outbox.outbox[0].to == ["security@acme.example"]
    assert "security contact" in outbox.outbox[0].body
    assert mails.send(MORNING + DAY) == 0


def test_people_read_it_in_their_language_and_time_zone(due, alice):
    alice.person.language, alice.person.time_zone = "fr", "Europe/Paris"
    alice.person.save(update_fields=["language", "time_zone"])
    due(alice)
    mails.send(MORNING + DAY)

    assert "11 mars 2026" in outbox.outbox[0].body
    assert "01:00 CET" in outbox.outbox[0].body


def test_what_an_earlier_version_told_in_other_words_keeps_nothing_back(tell, alice):
    tell(alice)
    Mail.objects.update(words={})
    tell(alice, key="leak:2")

    assert mails.send(MORNING) == 1
    assert "* credential.leaked\n" in outbox.outbox[0].body
    assert "* ci (…abcd) leaked" in outbox.outbox[0].body


def test_who_has_left_hears_nothing_more(tell, alice, camille, actor_of):
    tell(camille)
    offboarding.disable(camille.pk, by=actor_of(alice))

    assert mails.send(MORNING) == 0
    assert not Mail.objects.exists()


def test_nothing_is_lost_while_the_mail_server_is_away(tell, alice, bob, server):
    tell(alice, bob)
    for minute in range(60):
        assert mails.send(MORNING + timedelta(minutes=minute)) == 0
    assert server.tried <= 12  # not everybody at every attempt
    server.error = None
    for minute in range(60, 130):
        mails.send(MORNING + timedelta(minutes=minute))

    assert sorted(mail.to[0] for mail in outbox.outbox) == [alice.email, bob.email]


def test_after_some_days_it_is_given_up_and_kept_to_be_seen(tell, alice, server):
    tell(alice)
    for hour in range(24 * 5):
        mails.send(MORNING + timedelta(hours=hour))

    (given_up,) = Mail.objects.dead()
    assert given_up.error == "ConnectionRefusedError"
    assert given_up.dead_at - given_up.told_at >= mails.GIVE_UP


def test_what_was_given_up_is_sent_again_with_a_few_attempts_more(tell, alice, server, actor_of, later):
    tell(alice)
    at = MORNING
    for hour in range(24 * 5):
        mails.send(at := MORNING + timedelta(hours=hour))
    by = later(actor_of(alice), at - MORNING)

    assert [mails.send_again(by=by), mails.send_again(by=by)] == [1, 0]
    assert mails.send(at) == 0
    assert not Mail.objects.dead().exists()
    server.error = None
    assert mails.send(at + timedelta(minutes=1)) == 1
    (event,) = AuditEvent.objects.filter(event="mails.sent_again")
    assert event.changes == {"mails": 1}


def test_one_that_is_sent_again_by_hand_while_it_is_sent_is_as_if_it_were_new(
    tell, alice, server, actor_of, monkeypatch
):
    tell(alice)
    Mail.objects.update(attempts=3)
    by, real = actor_of(alice), mails._failed

    def failed(*given):
        mails.send_again(only=Mail.objects.get().pk, by=by)
        real(*given)

    monkeypatch.setattr(mails, "_failed", failed)
    mails.send(MORNING)

    kept = Mail.objects.get()
    assert (kept.attempts, kept.due_at) == (1, MORNING + mails.BACK_OFF[0])


def test_only_who_manages_the_organization_sends_mails_again_and_only_its_own(tell, alice, bob, charlie, actor_of):
    tell(alice)
    Mail.objects.update(dead_at=MORNING)
    with pytest.raises(NotPermitted):
        mails.send_again(by=actor_of(bob))
    with pytest.raises(Mail.DoesNotExist):
        mails.send_again(only=Mail.objects.get().pk, by=actor_of(charlie))

    assert mails.send_again(by=actor_of(charlie)) == 0


def test_a_clock_that_was_set_back_a_year_holds_no_mail_up(tell, alice, server):
    tell(alice, at=MORNING + 365 * DAY)
    mails.send(MORNING + 365 * DAY)
    server.error = None

    assert mails.send(MORNING) == 1


def test_an_address_the_server_refuses_holds_up_nobody_else(tell, alice, bob, server):
    server.error, server.refuses = smtplib.SMTPRecipientsRefused({}), "alice"
    tell(alice, bob)

    assert mails.send(MORNING) == 1
    assert Mail.objects.get(member=alice).attempts == 1


def test_who_must_wait_keeps_nobody_else_waiting(tell, alice, bob, camille, monkeypatch):
    tell(alice)
    mails.send(MORNING)
    tell(alice, bob, camille, key="leak:2")
    monkeypatch.setattr(mails, "MOST_RECIPIENTS", 1)

    assert mails.send(MORNING) == 2


def test_two_ticks_at_once_send_it_once(tell, alice, bob, monkeypatch):
    tell(alice, bob)
    real, seen = mails.notices.send_to, []

    def send_to(address, template, context):
        seen.append(mails.send(MORNING) if not seen else 0)
        real(address, template, context)

    monkeypatch.setattr(mails.notices, "send_to", send_to)
    mails.send(MORNING)

    assert len(outbox.outbox) == 2
    assert seen[0] == 0


@pytest.mark.parametrize("step", ["_claim", "context", "_failed", "_rows"])
def test_killed_anywhere_and_run_again_it_ends_the_same(step, tell, alice, bob, monkeypatch):
    class Killed(BaseException):
        pass

    tell(alice, bob)
    real = getattr(mails, step)

    def kill(*given, **named):
        real(*given, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(mails, step, kill)
        if step == "_failed":
            patch.setattr(mails.notices, "send_to", lambda *_: 1 / 0)
        with pytest.raises(Killed):
            mails.send(MORNING)
    for minute in range(1, 20):
        mails.send(MORNING + timedelta(minutes=minute) + leases.LEASE)

    assert not Mail.objects.waiting().exists()
    assert {mail.to[0] for mail in outbox.outbox} == {alice.email, bob.email}
    assert Notification.objects.count() == 2
