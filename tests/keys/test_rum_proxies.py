"""An application's proxy: its terms, its key, and what whoever answers at it gets to know."""

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.actors import NotPermitted
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import lifecycle, rotation, rum_applications, rum_proxies, sealing
from keys.models import Revision, RumApplication, RumProxy
from keys.rotation import Overlap

KEY = "a shared key of more than thirty-two characters"
JWKS = "https://shop.acme.example/jwks.json"


@pytest.fixture
def by(alice, actor_of):
    return actor_of(alice)


@pytest.fixture
def shop(by):
    return rum_applications.create(name="shop", by=by)


@pytest.fixture
def change(shop, by):
    def changed(by=by, is_open=True, **terms):
        return rum_proxies.change(shop.pk, is_open=is_open, by=by, **terms)

    return changed


def test_an_open_proxy_is_found_with_its_terms_and_the_real_token(shop, change):
    change(shared_key=KEY, issuer=" https://shop.example ", audience="keyhouse", cookie="visitor")
    found = rum_proxies.find(shop.pk)

    token = shop.tokens.get().credential
    assert (found.application_id, found.token, found.token_id) == (shop.pk, token.public_text, token.pk)
    assert found.terms == rum_proxies.Terms("", KEY, "https://shop.example", "keyhouse", "visitor")
    assert found.placeholder.startswith("placeholder-")
    assert KEY not in repr(found)
    assert found.token not in repr(found)


def test_a_closed_one_is_not_found_nor_one_of_a_deleted_application(shop, change, by):
    assert rum_proxies.find(shop.pk) is None
    change(shared_key=KEY)
    change(shared_key="", is_open=False)
    assert rum_proxies.find(shop.pk) is None
    change()
    assert rum_proxies.find(shop.pk)
    rum_applications.delete(shop.pk, by=by)
    assert rum_proxies.find(shop.pk) is None


def test_without_a_token_there_is_no_proxy(shop, change, by):
    change(jwks_url=JWKS)
    lifecycle.revoke(shop.tokens.get().pk, by=by)

    assert rum_proxies.find(shop.pk) is None


def test_the_key_stays_when_none_is_given_and_goes_when_the_site_publishes_its_keys(shop, change):
    change(shared_key=KEY)
    change(issuer="x")
    assert rum_proxies.find(shop.pk).terms.shared_key == KEY
    change(jwks_url=JWKS, shared_key=KEY)
    assert rum_proxies.find(shop.pk).terms == rum_proxies.Terms(JWKS, "", "", "", "")
    assert RumProxy.objects.get().shared_key is None


def test_the_placeholder_stays(change):
    assert change(shared_key=KEY).placeholder == change(jwks_url=JWKS).placeholder


def test_neither_database_nor_trail_tell_the_key(change):
    change(shared_key=KEY)
    change(shared_key=KEY + "2")

    with connection.cursor() as cursor:
        cursor.execute("SELECT shared_key FROM keys_rumproxy")
        stored = bytes(cursor.fetchone()[0])
    told = [event.changes for event in AuditEvent.objects.filter(event="rum_proxy.changed").order_by("pk")]
    assert KEY.encode() not in stored
    assert KEY not in str(told)
    assert [changes["key"] for changes in told] == [[None, "shared key"], ["shared key", "another shared key"]]


def test_no_change_leaves_no_trace(change):
    change(jwks_url=JWKS)
    before = AuditEvent.objects.count()
    change(jwks_url=JWKS)

    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({}, "jwks_url"),
        ({"jwks_url": "http://shop.example/jwks.json"}, "jwks_url"),
        ({"jwks_url": "https://10.0.0.1/jwks.json"}, "jwks_url"),
        ({"shared_key": "too short"}, "shared_key"),
        ({"shared_key": "x" * 513}, "shared_key"),
        ({"shared_key": "\0" * 40}, "shared_key"),
        ({"shared_key": KEY, "issuer": "x" * 201}, "issuer"),
        ({"shared_key": KEY, "audience": "a\nb"}, "audience"),
        ({"shared_key": KEY, "cookie": "a b"}, "cookie"),
        ({"shared_key": KEY, "cookie": "a;b=c"}, "cookie"),
    ],
)
def test_bad_terms_are_refused_by_name_and_nothing_is_left(terms, field, change):
    with pytest.raises(NotAllowed) as refusal:
        change(**terms)

    assert refusal.value.field == field
    assert not RumProxy.objects.exists()


def test_readers_and_strangers_change_nothing(change, bob, charlie, actor_of):
    with pytest.raises(NotPermitted):
        change(by=actor_of(bob), shared_key=KEY)
    with pytest.raises(RumApplication.DoesNotExist):
        change(by=actor_of(charlie), shared_key=KEY)


def test_the_database_knows_no_open_proxy_without_a_key(change):
    change(shared_key=KEY)
    with pytest.raises(IntegrityError), transaction.atomic():
        RumProxy.objects.update(shared_key=None)


def test_whatever_outdates_a_proxy_is_noted(shop, change, by):
    change(shared_key=KEY)
    known = rum_proxies.find(shop.pk)
    steps = (
        lambda: change(issuer="x"),
        lambda: rotation.rotate(known.token_id, overlap=Overlap.WEEK, by=by),
        lambda: rotation.finish(known.token_id, by=by),
        lambda: rum_applications.delete(shop.pk, by=by),
    )
    for step in steps:
        Revision.objects.all().delete()
        step()
        assert {one.subject for one in Revision.objects.all()} & set(known.subjects)


def test_what_was_sealed_under_an_older_pepper_is_read_and_what_is_broken_is_not(settings):
    sealed = sealing.seal("secret")
    settings.PEPPERS = settings.PEPPERS | {max(settings.PEPPERS) + 1: b"n" * 32}
    assert sealing.unseal(sealed) == "secret"
    settings.PEPPERS = {9: b"o" * 32}
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(sealed)
