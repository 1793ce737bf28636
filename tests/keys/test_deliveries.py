"""Deliveries: signed by the Standard Webhooks specification, tried again for two days, holding up nobody."""

import json
import time
from collections import Counter
from datetime import timedelta

import pytest
from standardwebhooks import Webhook as Receiver

from keys import egress
from keys.models import Delivery, Notification, Webhook
from keys.telling import News, deliveries, leases, webhooks
from keys.telling.deliveries import BACK_OFF
from tests.keys.tidings import CI

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def test_a_receiver_by_the_specification_verifies_it(hook, tell, site, now):
    made = hook()
    tell()

    assert deliveries.send(now) == 1
    ((_path, headers, body),) = site.taken
    headers = {name.lower(): value for name, value in headers.items()}
    Receiver(made.secret).verify(body, headers)
    assert headers["webhook-id"] == str(Delivery.objects.get().pk)
    assert headers["content-type"] == "application/json"
    said = json.loads(body)
    assert said["type"] == "credential.leaked"
    assert said["timestamp"] == now.isoformat()
    assert said["data"]["text"] == "ci (…abcd) leaked, and still lets programs in. Found: github.com/acme/site"
    assert said["data"]["about"]["url"].endswith(f"/apis/api-keys/{CI.id}/")


def test_a_forged_body_is_not_verified(hook, tell, site, now):
    made = hook()
    tell()
    deliveries.send(now)
    ((_path, headers, body),) = site.taken

    with pytest.raises(Exception, match="signature"):
        Receiver(made.secret).verify(body + " ", {name.lower(): value for name, value in headers.items()})


def test_for_a_day_both_secrets_sign(hook, tell, site, alice, actor_of, now):
    first = hook()
    second = webhooks.rotate_secret(first.webhook.pk, by=actor_of(alice))
    tell()
    deliveries.send(now)
    ((_path, headers, body),) = site.taken
    headers = {name.lower(): value for name, value in headers.items()}
    for made in (first, second):
        Receiver(made.secret).verify(body, headers)

    tell(key="leak:2", at=now + timedelta(hours=24))
    deliveries.send(now + timedelta(hours=24))
    assert len(site.taken[1][1]["webhook-signature"].split()) == 1


def test_a_delivery_is_made_once(hook, tell, site, now):
    hook()
    for _ in range(3):
        tell()
        deliveries.send(now)

    assert len(site.taken) == 1


def test_one_that_answers_500_and_then_200_has_it_by_the_second_attempt(hook, tell, site, now):
    hook("/mended")
    tell()

    assert deliveries.send(now) == 0
    assert Delivery.objects.get().error == "it answered 500"
    assert deliveries.send(now + MINUTE - timedelta(seconds=1)) == 0
    assert deliveries.send(now + MINUTE) == 1
    assert Delivery.objects.get().attempts == 2
    assert len({headers["webhook-id"] for _path, headers, _body in site.taken}) == 1


def test_one_that_hangs_is_given_up_in_time_and_holds_up_nobody(hook, tell, site, now, monkeypatch):
    monkeypatch.setattr(egress, "POST_SECONDS", 1.5)
    hook("/hangs")
    hook("/ok")
    for n in range(5):
        tell(key=f"leak:{n}")

    began = time.monotonic()
    assert deliveries.send(now) == 5
    assert time.monotonic() - began < 10
    assert Counter(path for path, *_ in site.taken) == {"/ok": 5, "/hangs": 1}
    assert Delivery.objects.filter(webhook__name="/hangs", claimed_at=None).count() == 5


def test_all_that_is_due_is_delivered_in_one_go(hook, tell, site, now, monkeypatch):
    monkeypatch.setattr(deliveries, "MOST_EACH", 2)
    hook()
    for n in range(7):
        tell(key=f"leak:{n}")

    assert deliveries.send(now) == 7


def test_an_answer_without_an_end_is_not_read(hook, tell, now):
    hook("/chatty")
    tell()

    began = time.monotonic()
    assert deliveries.send(now) == 1
    assert time.monotonic() - began < 3


def test_no_redirect_is_followed(hook, tell, site, now):
    hook("/moved")
    tell()

    assert deliveries.send(now) == 0
    assert [path for path, *_ in site.taken] == ["/moved"]
    assert Delivery.objects.get().error == "it answered 302"


def test_what_is_not_public_is_not_connected_to(hook, tell, site, settings, now):
    hook()
    settings.EGRESS_ALLOW = []
    tell()

    assert deliveries.send(now) == 0
    assert site.taken == []
    assert Delivery.objects.get().error == "its address is not public"


def test_after_two_days_a_delivery_is_dead_and_can_be_sent_again(hook, tell, site, alice, actor_of, later, now):
    made = hook("/broken")
    tell()
    at = now
    for pause in (timedelta(0), *BACK_OFF, timedelta(days=1)):
        at += pause
        deliveries.send(at)

    dead = Delivery.objects.get()
    assert len(site.taken) == dead.attempts == len(BACK_OFF) + 1
    assert timedelta(days=1.5) < dead.dead_at - now < timedelta(days=2.5)
    site.taken.clear()
    webhooks.send_again(made.webhook.pk, only=dead.pk, by=later(actor_of(alice), at - now))
    deliveries.send(at)
    assert len(site.taken) == 1


def test_one_that_only_fails_for_days_is_disabled_and_the_admins_are_told_once(hook, tell, alice, bob, now):
    hook("/broken")
    for hour in range(0, 24 * 6, 6):
        tell(key=f"leak:{hour}", at=now + timedelta(hours=hour))
        for _ in range(3):
            deliveries.send(now + timedelta(hours=hour))

    webhook = Webhook.objects.get()
    assert webhook.disabled_because == "it answered 500"
    assert webhook.disabled_at - now >= deliveries.DISABLED_AFTER
    (note,) = Notification.objects.all()
    assert (note.member, note.news) == (alice, News.WEBHOOK_DISABLED.value)


def test_one_that_says_it_is_gone_is_disabled_at_once(hook, tell, alice, now):
    hook("/gone", topics=["leaks", "webhooks"])
    tell()
    deliveries.send(now)

    assert Webhook.objects.get().disabled_at == now
    assert Delivery.objects.get().dead_at == now
    assert Notification.objects.get().news == News.WEBHOOK_GONE.value


def test_one_that_never_takes_a_delivery_gets_the_others(hook, tell, site, now, monkeypatch):
    hook()
    tell(key="leak:poison")
    poison = Delivery.objects.get()
    real = egress.post

    async def post(client, address, body, headers):
        if headers["webhook-id"] == str(poison.pk):
            raise egress.NotReached("it could not be reached")
        return await real(client, address, body, headers)

    monkeypatch.setattr(egress, "post", post)
    deliveries.send(now)
    for n in range(3):
        tell(key=f"leak:{n}")

    assert deliveries.send(now + MINUTE) == 3


@pytest.mark.parametrize("step", ["_claim", "_note", "_judge"])
def test_killed_anywhere_and_run_again_it_is_delivered(step, hook, tell, site, now, monkeypatch):
    class Killed(BaseException):
        pass

    hook()
    tell()
    real = getattr(deliveries, step)

    def kill(*given, **named):
        real(*given, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, step, kill)
        with pytest.raises(Killed):
            deliveries.send(now)
    deliveries.send(now + leases.LEASE)

    assert not Delivery.objects.waiting().exists()
    assert len({headers["webhook-id"] for _path, headers, _body in site.taken}) == 1


def test_one_that_cannot_even_be_attempted_holds_up_nobody(hook, tell, site, now, monkeypatch):
    hook("/odd")
    hook("/ok")
    tell()
    real = egress.post

    async def post(client, address, body, headers):
        if address.endswith("/odd"):
            raise RuntimeError("nobody thought of this")
        return await real(client, address, body, headers)

    monkeypatch.setattr(egress, "post", post)

    assert deliveries.send(now) == 1
    assert Delivery.objects.get(delivered_at=None).error == "it could not be sent"


def test_a_clock_that_was_set_back_a_year_holds_nothing_up(hook, tell, now):
    hook("/mended")
    tell(at=now + timedelta(days=365))
    deliveries.send(now + timedelta(days=365))

    assert deliveries.send(now) == 1


def test_two_ticks_at_once_do_not_deliver_twice(hook, tell, site, now):
    hook()
    tell()
    first = deliveries._claim(now)

    assert deliveries.send(now) == 0
    assert len(first) == 1
    assert site.taken == []


def test_deleting_one_ends_what_waits_for_it_also_while_it_is_sent(hook, tell, alice, actor_of, now, monkeypatch):
    made = hook()
    tell()
    real = deliveries._note

    def note(attempt, at):
        webhooks.delete(made.webhook.pk, by=actor_of(alice))
        return real(attempt, at)

    monkeypatch.setattr(deliveries, "_note", note)
    deliveries.send(now)

    assert not Delivery.objects.exists()


def test_a_delivery_that_is_forgotten_while_it_is_sent_keeps_no_other_back(hook, tell, now, monkeypatch):
    hook()
    tell(key="leak:1")
    tell(key="leak:2")
    real = deliveries._note

    def note(attempt, at):
        if attempt.delivery.key == "leak:1":
            Delivery.objects.filter(pk=attempt.delivery.pk).delete()
        return real(attempt, at)

    monkeypatch.setattr(deliveries, "_note", note)
    deliveries.send(now)

    assert Delivery.objects.get().delivered_at == now


def test_one_that_is_sent_again_by_hand_while_it_is_sent_is_as_if_it_were_new(
    hook, tell, alice, actor_of, now, monkeypatch
):
    made = hook("/broken")
    tell()
    Delivery.objects.update(attempts=len(BACK_OFF))  # the next is the last
    real = deliveries._note

    def note(attempt, at):
        webhooks.send_again(made.webhook.pk, only=attempt.delivery.pk, by=actor_of(alice))
        return real(attempt, at)

    monkeypatch.setattr(deliveries, "_note", note)
    deliveries.send(now)

    kept = Delivery.objects.get()
    assert (kept.attempts, kept.due_at, kept.dead_at) == (1, now + BACK_OFF[0], None)
