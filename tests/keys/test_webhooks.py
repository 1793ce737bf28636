"""Webhooks: who makes and changes them, what the trail tells of that, and what can be done by hand."""

import pytest

from accounts.actors import NotPermitted
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys.models import Webhook
from keys.telling import deliveries, signing, webhooks

pytestmark = pytest.mark.django_db


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


@pytest.fixture
def dead(hook, tell, now):
    """A webhook for which three deliveries were given up."""
    made = hook().webhook
    for n in range(3):
        tell(key=f"leak:{n}")
    made.deliveries.update(dead_at=now, attempts=9, error="it answered 503")
    return made


def test_what_was_given_up_is_sent_again_all_at_once(dead, tell, alice, actor_of, now):
    tell(key="leak:new")
    by = actor_of(alice)

    assert [webhooks.send_again(dead.pk, by=by), webhooks.send_again(dead.pk, by=by)] == [3, 0]
    assert deliveries.send(now) == 4
    (event,) = AuditEvent.objects.filter(event="webhook.sent_again")
    assert event.changes == {"deliveries": 3}


def test_whoever_asks_twice_for_one_sends_it_once_be_it_delivered_meanwhile_or_not(dead, site, alice, actor_of, now):
    one, by = dead.deliveries.first(), actor_of(alice)
    asked = [webhooks.send_again(dead.pk, only=one.pk, by=by) for _ in range(2)]
    deliveries.send(now)
    asked.append(webhooks.send_again(dead.pk, only=one.pk, by=by))
    deliveries.send(now)

    assert asked == [1, 0, 0]
    assert len(site.taken) == 1
    assert AuditEvent.objects.filter(event="webhook.sent_again").count() == 1


def test_nothing_is_sent_again_to_one_that_is_disabled(dead, alice, actor_of):
    webhooks.switch(dead.pk, on=False, by=actor_of(alice))
    with pytest.raises(NotAllowed):
        webhooks.send_again(dead.pk, by=actor_of(alice))

    assert dead.deliveries.dead().count() == 3


def test_a_new_address_has_not_failed_yet(hook, alice, actor_of, now):
    made = hook().webhook
    Webhook.objects.update(failing_since=now)
    webhooks.change(made.pk, name="w", address=f"{made.address}/new", topics=made.topics, by=actor_of(alice))

    assert Webhook.objects.get().failing_since is None


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


def test_what_waits_for_a_disabled_one_is_delivered_when_it_is_enabled(hook, tell, alice, actor_of, now):
    made = hook()
    tell()
    webhooks.switch(made.webhook.pk, on=False, by=actor_of(alice))
    assert deliveries.send(now) == 0
    webhooks.switch(made.webhook.pk, on=True, by=actor_of(alice))

    assert deliveries.send(now) == 1
