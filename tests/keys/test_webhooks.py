"""Webhooks: signed by the Standard Webhooks specification, tried again for two days, holding up nobody."""

import ipaddress
import json
import threading
import time
from collections import Counter
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import transaction
from standardwebhooks import Webhook as Receiver

from accounts.actors import NotPermitted
from accounts.refusals import NotAllowed
from audit.log import Target
from audit.models import AuditEvent
from keys import egress, telling
from keys.models import Delivery, Notification, Webhook
from keys.telling import News, deliveries, leases, signing, webhooks
from keys.telling.deliveries import BACK_OFF

pytestmark = pytest.mark.django_db

CI = Target("api_key", "11111111-1111-4111-8111-111111111111", "ci")
MINUTE = timedelta(minutes=1)


class Listener(BaseHTTPRequestHandler):
    """Takes what is posted; how it answers follows from the path."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, dict(self.headers.items()), body.decode()))
        seen = Counter(path for path, *_ in self.server.taken)[self.path]
        if self.path == "/hangs":
            self.server.stopped.wait(20)
            return
        status = {"/moved": 302, "/gone": 410, "/broken": 500}.get(self.path, 200)
        if self.path == "/mended" and seen == 1:
            status = 500
        self.send_response(status)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/inside")
        self.end_headers()
        if self.path == "/chatty":
            self.talk()

    def do_GET(self):
        """Somebody follows a redirect."""
        self.server.taken.append((self.path, {}, ""))

    def talk(self):
        """Answer without an end."""
        while not self.server.stopped.is_set():
            self.wfile.write(b"x" * 65_536)

    def log_message(self, *_args):
        pass

    def log_error(self, *_args):
        pass


@pytest.fixture
def site(settings):
    settings.EGRESS_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    server.taken, server.stopped = [], threading.Event()
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.stopped.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def hook(site, alice, actor_of):
    def made(path="/ok", topics=("leaks",)):
        return webhooks.create(name=path, address=site.url + path, topics=topics, by=actor_of(alice))

    return made


@pytest.fixture
def tell(acme, now):
    def told(key="leak:1", at=now):
        with transaction.atomic():
            telling.tell(
                News.CREDENTIAL_LEAKED,
                organization_id=acme.pk,
                to=[],
                about=CI,
                words={"last4": "abcd", "where": "github.com/acme/site"},
                key=key,
                now=at,
            )

    return told


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

    tell("leak:2", at=now + timedelta(hours=24))
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
        tell(f"leak:{n}")

    began = time.monotonic()
    assert deliveries.send(now) == 5
    assert time.monotonic() - began < 10
    assert Counter(path for path, *_ in site.taken) == {"/ok": 5, "/hangs": 1}
    assert Delivery.objects.filter(webhook__name="/hangs", claimed_at=None).count() == 5


def test_all_that_is_due_is_delivered_in_one_go(hook, tell, site, now, monkeypatch):
    monkeypatch.setattr(deliveries, "MOST_EACH", 2)
    hook()
    for n in range(7):
        tell(f"leak:{n}")

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
    webhooks.send_again(dead.pk, webhook_id=made.webhook.pk, by=later(actor_of(alice), at - now))
    deliveries.send(at)
    assert len(site.taken) == 1


def test_one_that_only_fails_for_days_is_disabled_and_the_admins_are_told_once(hook, tell, alice, bob, now):
    hook("/broken")
    for hour in range(0, 24 * 6, 6):
        tell(f"leak:{hour}", at=now + timedelta(hours=hour))
        for _ in range(3):
            deliveries.send(now + timedelta(hours=hour))

    webhook = Webhook.objects.get()
    assert webhook.disabled_because == "it answered 500"
    assert webhook.disabled_at - now >= deliveries.DISABLED_AFTER
    (note,) = Notification.objects.all()
    assert (note.member, note.news) == (alice, News.WEBHOOK_DISABLED.value)


def test_one_that_says_it_is_gone_is_disabled_at_once(hook, tell, alice, now):
    hook("/gone")
    tell()
    deliveries.send(now)

    assert Webhook.objects.get().disabled_at == now
    assert Delivery.objects.get().dead_at == now
    assert Notification.objects.get().news == News.WEBHOOK_GONE.value


def test_what_waits_for_a_disabled_one_is_delivered_when_it_is_enabled(hook, tell, alice, actor_of, now):
    made = hook()
    tell()
    webhooks.switch(made.webhook.pk, on=False, by=actor_of(alice))
    assert deliveries.send(now) == 0
    webhooks.switch(made.webhook.pk, on=True, by=actor_of(alice))

    assert deliveries.send(now) == 1


def test_one_that_never_takes_a_delivery_gets_the_others(hook, tell, site, now, monkeypatch):
    hook()
    tell("leak:poison")
    poison = Delivery.objects.get()
    real = egress.post

    async def post(client, address, body, headers):
        if headers["webhook-id"] == str(poison.pk):
            raise egress.NotReached("it could not be reached")
        return await real(client, address, body, headers)

    monkeypatch.setattr(egress, "post", post)
    deliveries.send(now)
    for n in range(3):
        tell(f"leak:{n}")

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
    tell("leak:1")
    tell("leak:2")
    real = deliveries._note

    def note(attempt, at):
        if attempt.delivery.key == "leak:1":
            Delivery.objects.filter(pk=attempt.delivery.pk).delete()
        return real(attempt, at)

    monkeypatch.setattr(deliveries, "_note", note)
    deliveries.send(now)

    assert Delivery.objects.get().delivered_at == now


def test_one_that_is_tried_again_by_hand_while_it_is_sent_is_as_if_it_were_new(
    hook, tell, alice, actor_of, now, monkeypatch
):
    made = hook("/broken")
    tell()
    Delivery.objects.update(attempts=len(BACK_OFF))  # the next is the last
    real = deliveries._note

    def note(attempt, at):
        webhooks.send_again(attempt.delivery.pk, webhook_id=made.webhook.pk, by=actor_of(alice))
        return real(attempt, at)

    monkeypatch.setattr(deliveries, "_note", note)
    deliveries.send(now)

    kept = Delivery.objects.get()
    assert (kept.attempts, kept.due_at, kept.dead_at) == (1, now + BACK_OFF[0], None)


def test_every_change_is_in_the_trail_and_no_secret_is(hook, alice, actor_of):
    by, made = actor_of(alice), hook()
    webhooks.change(made.webhook.pk, name="renamed", address=made.webhook.address, topics=["expiry"], by=by)
    webhooks.switch(made.webhook.pk, on=False, by=by)
    again = webhooks.rotate_secret(made.webhook.pk, by=by)
    webhooks.delete(made.webhook.pk, by=by)

    events = list(AuditEvent.objects.filter(target_type="webhook").order_by("sequence"))
    assert [event.event for event in events] == [
        "webhook.created",
        "webhook.changed",
        "webhook.changed",
        "webhook.secret_rotated",
        "webhook.deleted",
    ]
    told = " ".join(str(event.changes) for event in events)
    assert made.secret not in told
    assert again.secret not in told


def test_only_who_manages_the_organization_changes_them_and_only_its_own(hook, bob, charlie, actor_of):
    made = hook()
    with pytest.raises(NotPermitted):
        webhooks.delete(made.webhook.pk, by=actor_of(bob))
    with pytest.raises(Webhook.DoesNotExist):
        webhooks.rotate_secret(made.webhook.pk, by=actor_of(charlie))


def test_the_trail_does_not_tell_an_address_whole_that_may_hold_a_secret(hook, alice, actor_of):
    made, by = hook(), actor_of(alice)
    address = "https://hooks.example.com/services/T024F/B061Q/x7Kq9vWZ3"
    webhooks.change(made.webhook.pk, name="chat", address=address, topics=["expiry"], by=by)

    told = AuditEvent.objects.latest("pk").changes["address"][1]
    assert told == "https://hooks.example.com/…vWZ3"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a\0b"),
        ("address", "http://10.0.0.1/"),
        ("address", "x"),
        ("topics", []),
        ("topics", ["x"]),
    ],
)
def test_bad_input_names_its_field(field, value, alice, actor_of):
    given = {"name": "w", "address": "https://hooks.example.com", "topics": ["leaks"]} | {field: value}
    with pytest.raises(NotAllowed) as refusal:
        webhooks.create(**given, by=actor_of(alice))

    assert refusal.value.field == field
    assert not Webhook.objects.exists()


def test_there_are_so_many_and_no_more(alice, actor_of):
    for n in range(webhooks.MOST):
        webhooks.create(name=f"w{n}", address="https://hooks.example.com", topics=["leaks"], by=actor_of(alice))

    with pytest.raises(NotAllowed):
        webhooks.create(name="one more", address="https://hooks.example.com", topics=["leaks"], by=actor_of(alice))


def test_a_secret_has_the_form_of_the_specification_and_is_kept_sealed(alice, actor_of):
    made = webhooks.create(name="w", address="https://hooks.example.com", topics=["leaks"], by=actor_of(alice))

    assert made.secret.startswith(signing.PREFIX)
    assert made.secret.encode() not in bytes(made.webhook.secret)
    assert made.secret not in repr(made)
