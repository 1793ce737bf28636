"""Several at once: chosen in a list, confirmed by their number, and told one by one what became of them."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from audit.models import AuditEvent
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS
from keys.models import Credential

pytestmark = pytest.mark.django_db


@pytest.fixture(params=KINDS, ids=str)
def kind(request, robot):
    return request.param


@pytest.fixture
def client(alice, client_of):
    return client_of(alice)


@pytest.fixture
def keys(alice, issue):
    return [issue(API_KEY, alice, name=f"key {number}").credential for number in range(3)]


def text(answer):
    return answer.content.decode()


def secrets_in(answer):
    return re.findall(r'id="issued-[^"]+" translate="no">([^<]+)<', text(answer))


def place(kind, verb):
    return f"/apis/{kind.slug}/bulk/{verb}/"


def send(client: Client, verb, chosen, **fields):
    fields = {"confirm": str(len(chosen)), "overlap": "24h", "nonce": "once"} | fields
    return client.post(place(chosen[0].kind, verb), {"pk": [str(one.pk) for one in chosen]} | fields)


def test_the_list_offers_what_can_be_chosen_in_one_form(kind, alice, client, issue):
    one = issue(kind, alice).credential

    page = text(client.get(f"/apis/{kind.slug}/"))

    assert f'form="bulk" name="pk" value="{one.pk}"' in page
    assert f'action="{place(kind, "rotate")}"' in page
    assert f'formaction="{place(kind, "revoke")}"' in page


def test_whoever_cannot_change_anything_is_offered_nothing(vera, keys, client_of):
    assert 'name="pk"' not in text(client_of(vera).get("/apis/api-keys/"))


def test_rotating_shows_each_new_secret_once_and_again_on_a_double_click(kind, alice, client, issue):
    chosen = [issue(kind, alice, name=f"one {number}").credential for number in range(2)]
    query = "&".join(f"pk={one.pk}" for one in chosen)

    page = text(client.get(f"{place(kind, 'rotate')}?{query}"))
    answers = [send(client, "rotate", chosen) for _ in range(2)]

    made = Credential.objects.filter(replaces__in=chosen)
    found = [secrets_in(answer) for answer in answers]
    assert all(f'value="{one.pk}"' in page for one in chosen)
    assert "Type 2 to confirm" in page
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * 2
    assert {secret[-4:] for secret in found[0]} == {one.last4 for one in made}
    assert found[0] == found[1]
    assert made.count() == 2
    assert not any(secret in str(dict(client.session)) for secret in found[0])


def test_revoking_tells_of_each_and_goes_on_after_a_refusal(keys, client):
    answer = send(client, "revoke", keys, reason="spring cleaning")

    assert answer.status_code == 200
    assert text(answer).count('<span class="tag ok">Revoked</span>') == 2
    assert "This is the last API key." in text(answer)
    assert Credential.objects.live().count() == 1
    assert AuditEvent.objects.filter(event="credential.revoked", reason="spring cleaning").count() == 2


def test_rotating_what_is_being_rotated_says_so_beside_the_secrets_of_the_others(keys, client):
    send(client, "rotate", keys[:1], nonce="first")

    answer = send(client, "rotate", keys, nonce="second")

    assert len(secrets_in(answer)) == 2
    assert "key 0 is being rotated already." in text(answer)
    before = text(client.get(place(API_KEY, "rotate"), {"pk": [str(one.pk) for one in Credential.objects.all()]}))
    assert before.count('<span class="tag">Being rotated</span>') == 6


def test_somebody_elses_key_is_refused_among_ones_own(alice, camille, client, issue):
    mine, hers = (issue(APPLICATION_KEY, member, name=member.name).credential for member in (alice, camille))

    answer = send(client, "rotate", [mine, hers])

    assert len(secrets_in(answer)) == 1
    assert "You may not do this." in text(answer)


@pytest.mark.parametrize("verb", ["rotate", "revoke"])
@pytest.mark.parametrize("confirm", ["", "2", "three", "33333333333333333333"])
def test_only_their_number_confirms(verb, confirm, keys, client):
    answer = send(client, verb, keys, confirm=confirm, reason="kept")

    assert answer.status_code == 422
    assert "Type 3 to confirm." in text(answer)
    assert (Credential.objects.live().count(), Credential.objects.count()) == (3, 3)


@pytest.mark.parametrize("verb", ["rotate", "revoke"])
@pytest.mark.parametrize("sent", [[], ["nonsense", "\0"], ["11111111-1111-1111-1111-111111111111"]])
def test_without_a_choice_it_leads_back(verb, sent, keys, client):
    for ask in (client.get, client.post):
        answer = ask(place(API_KEY, verb), {"pk": sent})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/apis/api-keys/")
        assert "Select at least one first." in text(client.get("/apis/api-keys/"))


def test_more_than_fifty_are_refused_and_fifty_are_not(alice, client, issue):
    chosen = [issue(CLIENT_TOKEN, alice, name=f"token {number}").credential for number in range(51)]

    many = send(client, "revoke", chosen)
    led_to = text(client.get(many.headers["Location"]))
    most = send(client, "revoke", chosen[1:])

    assert (many.status_code, most.status_code) == (303, 200)
    assert "Select 50 or fewer at once." in led_to
    assert Credential.objects.live().count() == 1


def test_another_kind_and_another_organisation_cannot_be_slipped_in(charlie, alice, keys, client, issue):
    theirs = issue(API_KEY, charlie).credential
    token = issue(CLIENT_TOKEN, alice).credential

    answer = send(client, "revoke", [keys[0], theirs, token], confirm="1")

    assert text(answer).count('<span class="tag ok">Revoked</span>') == 1
    assert Credential.objects.live().filter(pk__in=[theirs.pk, token.pk]).count() == 2


@pytest.mark.parametrize("verb", ["rotate", "revoke"])
def test_readers_are_kept_out(verb, vera, keys, client_of):
    visitor = client_of(vera)

    assert visitor.get(place(API_KEY, verb), {"pk": str(keys[0].pk)}).status_code == 403
    assert send(visitor, verb, keys).status_code == 403


def test_what_is_in_use_is_marked_before(keys, client, now):
    Credential.objects.filter(pk=keys[0].pk).update(last_used_at=now - timedelta(hours=2))

    page = text(client.get(place(API_KEY, "revoke"), {"pk": [str(one.pk) for one in keys]}))

    assert page.count('<span class="tag warn">In use</span>') == 1
    assert page.count("Never used") == 2
