"""RUM applications: each has a client token from the beginning, and takes all of its tokens with it."""

import uuid
from datetime import timedelta

import pytest

from accounts.actors import NotPermitted
from accounts.organizations import in_organization
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import lifecycle, limits, rum_applications, verification
from keys.kinds import CLIENT_TOKEN
from keys.models import AnalyticsRetention, ApplicationType, ClientTokenUse, Credential, EventProcessing, RumApplication

SOON = timedelta(minutes=5)


@pytest.fixture
def by(alice, actor_of):
    return actor_of(alice)


@pytest.fixture
def shop(by):
    return rum_applications.create(name=" storefront-web ", by=by)


def told(count):
    return [(one.event, one.target_label, one.changes) for one in AuditEvent.objects.order_by("-pk")[:count]][::-1]


def test_a_new_one_has_a_client_token_of_its_name(shop, by, now):
    token = RumApplication.objects.with_tokens().get().token

    assert (shop.name, shop.type, shop.created_by_id) == ("storefront-web", "browser", uuid.UUID(by.id))
    assert (token.name, token.kind) == ("storefront-web", CLIENT_TOKEN)
    assert verification.verify(token.public_text, now=now, accepting=(CLIENT_TOKEN,))
    assert [event for event, _, _ in told(2)] == ["rum_application.created", "credential.issued"]


def test_a_token_whose_name_is_taken_gets_a_number(by, shop):
    again = rum_applications.create(name="Storefront-Web", by=by)

    assert again.tokens.get().credential.name == "Storefront-Web-2"


@pytest.mark.parametrize("type_", ApplicationType)
def test_there_are_nine_types(type_, by):
    assert rum_applications.create(name="app", application_type=type_, by=by).type == type_


@pytest.mark.parametrize("name", ["", "  ", "a" * 129, "a\0b", "a\u202eb"])
def test_a_bad_name_is_refused_and_nothing_is_left(name, by):
    with pytest.raises(NotAllowed) as refusal:
        rum_applications.create(name=name, by=by)

    assert refusal.value.field == "name"
    assert not RumApplication.objects.exists()
    assert not Credential.objects.exists()


def test_who_may_make_applications_may_make_their_token_and_no_other(camille, actor_of, by):
    actor = actor_of(camille)
    narrow = type(actor)(**vars(actor) | {"permissions": frozenset({"rum_apps_write"})})

    assert rum_applications.create(name="app", by=narrow).tokens.count() == 1
    with pytest.raises(NotPermitted):
        lifecycle.issue(CLIENT_TOKEN, name="alone", by=narrow)


@pytest.mark.parametrize("verb", ["create", "edit", "delete"])
def test_a_reader_changes_nothing(verb, bob, actor_of, shop):
    reader = actor_of(bob)
    calls = {
        "create": lambda: rum_applications.create(name="app", by=reader),
        "edit": lambda: rum_applications.edit(shop.pk, name="x", by=reader),
        "delete": lambda: rum_applications.delete(shop.pk, by=reader),
    }

    with pytest.raises(NotPermitted):
        calls[verb]()


@pytest.mark.parametrize("verb", ["edit", "delete"])
def test_a_stranger_finds_nothing(verb, charlie, actor_of, shop):
    with pytest.raises(RumApplication.DoesNotExist):
        getattr(rum_applications, verb)(shop.pk, by=actor_of(charlie))


def test_where_client_tokens_are_switched_off_there_are_no_new_applications(by, sam, actor_of, acme):
    support = in_organization(actor_of(sam), acme)
    limits.switch(CLIENT_TOKEN, on=False, reason="the trial is over", by=support)

    with pytest.raises(NotAllowed, match="switched off"):
        rum_applications.create(name="app", by=by)
    assert not RumApplication.objects.exists()


def test_there_are_no_more_than_may_be(by, shop, monkeypatch):
    monkeypatch.setattr(rum_applications, "MOST", 1)

    with pytest.raises(NotAllowed, match="as many as there can be"):
        rum_applications.create(name="another", by=by)


def test_a_change_is_recorded_with_both_values_and_dates_what_it_changed(shop, camille, actor_of, later):
    actor = later(actor_of(camille), SOON)
    changed = rum_applications.edit(shop.pk, name="shop", event_processing=EventProcessing.NONE, by=actor)

    changed.refresh_from_db()
    assert (changed.name, changed.event_processing, changed.modified_at) == ("shop", "NONE", actor.now)
    assert (changed.event_processing_at, changed.analytics_retention_at) == (actor.now, shop.created_at)
    assert changed.modified_by_id == camille.pk
    assert told(1) == [
        (
            "rum_application.changed",
            "shop",
            {"name": ["storefront-web", "shop"], "event_processing": ["ALL", "NONE"]},
        )
    ]


def test_no_change_leaves_no_trace(shop, by, later):
    before = AuditEvent.objects.count()
    same = rum_applications.edit(
        shop.pk, name="storefront-web", analytics_retention=AnalyticsRetention.NONE, by=later(by, SOON)
    )

    assert (same.modified_at, AuditEvent.objects.count()) == (shop.modified_at, before)


def test_deleting_ends_every_token_of_it_and_of_no_other(shop, by, now):
    more = lifecycle.issue(CLIENT_TOKEN, name="old", by=by)
    ClientTokenUse.objects.create(credential=more.credential, application=shop, sends=["rum"])
    alone = lifecycle.issue(CLIENT_TOKEN, name="alone", by=by)
    rum_applications.delete(shop.pk, by=by)

    assert list(Credential.objects.live()) == [alone.credential]
    assert [event for event, _, _ in told(3)] == ["credential.revoked"] * 2 + ["rum_application.deleted"]
    assert not RumApplication.objects.live().exists()


def test_deleting_twice_is_deleting_once(shop, by):
    rum_applications.delete(shop.pk, by=by)
    before = AuditEvent.objects.count()
    rum_applications.delete(shop.pk, by=by)

    assert AuditEvent.objects.count() == before


def test_what_is_deleted_is_not_changed(shop, by):
    rum_applications.delete(shop.pk, by=by)

    with pytest.raises(RumApplication.DoesNotExist):
        rum_applications.edit(shop.pk, name="x", by=by)


def test_its_token_is_the_newest_that_is_not_revoked(shop, by, later):
    newer = lifecycle.issue(CLIENT_TOKEN, name="newer", by=later(by, SOON)).credential
    ClientTokenUse.objects.create(credential=newer, application=shop, sends=["rum"])
    first = RumApplication.objects.with_tokens().get().token
    lifecycle.revoke(newer.pk, by=by)
    second = RumApplication.objects.with_tokens().get().token

    assert (first.name, second.name) == ("newer", "storefront-web")
