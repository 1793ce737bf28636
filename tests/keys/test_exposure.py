"""An API key that was seen in a browser: noted, written into the trail, and told to whom it concerns."""

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from keys import exposure, offboarding
from keys.kinds import API_KEY
from keys.models import BrowserSighting
from keys.telling import mails

SHOP = "https://shop.acme.example"


@pytest.fixture
def key(camille, alice, issue):
    made = issue(API_KEY, alice)
    made.credential.created_by = camille
    made.credential.save(update_fields=["created_by"])
    return made


@pytest.fixture
def seen(key, now):
    def see(after=timedelta(0), origin=SHOP):
        exposure.seen_in_browser(
            key.credential.pk, origin=origin, ip="203.0.113.9", user_agent="Firefox", now=now + after
        )
        mails.send(now + after)

    return see


def told():
    return AuditEvent.objects.filter(event="credential.seen_in_browser").count()


def test_it_is_noted_recorded_and_its_maker_is_told(seen, key, camille, mailoutbox, now):
    seen()

    sighting, event = BrowserSighting.objects.get(), AuditEvent.objects.latest("pk")
    assert (sighting.credential_id, sighting.origin, sighting.first_at) == (key.credential.pk, SHOP, now)
    assert (event.event, event.actor_type, event.ip, event.changes) == (
        "credential.seen_in_browser",
        "ANONYMOUS",
        "203.0.113.9",
        {"last4": key.credential.last4, "origin": SHOP},
    )
    (mail,) = mailoutbox
    assert mail.to == [camille.email]
    assert key.credential.name in mail.subject
    assert SHOP in mail.body
    assert f"/apis/api-keys/{key.credential.pk}/" in mail.body
    assert key.secret.text not in mail.body + mail.subject


def test_what_the_browser_says_is_kept_plain_and_without_secrets(key, now):
    said = f"http://x/{key.secret.text}\0" + "a" * 500
    exposure.seen_in_browser(key.credential.pk, origin=said, ip="not an address\n", user_agent=said, now=now)

    event, sighting = AuditEvent.objects.latest("pk"), BrowserSighting.objects.get()
    kept = f"{sighting.origin} {event.changes} {event.ip} {event.user_agent}"
    assert key.secret.text not in kept
    assert kept.isprintable()


def test_the_admins_are_told_when_the_maker_has_left(seen, alice, camille, mailoutbox, actor_of):
    offboarding.disable(camille.pk, by=actor_of(alice))
    seen()

    assert [mail.to for mail in mailoutbox] == [[alice.email]]


def test_however_often_it_comes_it_is_told_once_a_day(seen, mailoutbox, now):
    for after in (timedelta(0), timedelta(seconds=30), timedelta(hours=2), timedelta(hours=23)):
        seen(after)
    assert (told(), len(mailoutbox)) == (1, 1)
    assert BrowserSighting.objects.get().last_at == now + timedelta(hours=23)
    seen(timedelta(hours=25), origin="")
    assert (told(), len(mailoutbox)) == (2, 2)


def test_people_read_it_in_their_language(seen, camille, mailoutbox):
    camille.person.language = "fr"
    camille.person.save(update_fields=["language"])
    seen()

    assert "API key" not in mailoutbox[0].subject
