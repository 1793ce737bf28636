"""Limits & requests, as the organisation sees them."""

import pytest

from accounts.organizations import in_organization
from keys import limits
from keys.kinds import API_KEY, CLIENT_TOKEN
from keys.models import SupportRequest

pytestmark = pytest.mark.django_db

ASK = "/limits/api-keys/ask/"


@pytest.fixture
def client_tokens_off(sam, acme, actor_of):
    by = in_organization(actor_of(sam), acme)
    limits.switch(CLIENT_TOKEN, on=False, reason="private beta", by=by)


def test_the_page_shows_how_much_is_used(alice, issue, client_of):
    issue(API_KEY, alice, name="one")
    issue(API_KEY, alice, name="two")

    page = client_of(alice).get("/limits/").content.decode()

    assert "2 of 5 used" in page
    assert page.count('class="on"') == 2
    assert "1000 per owner" in page
    assert ASK in page


def test_who_has_reached_the_limit_is_not_invited_to_create(alice, issue, client_of):
    client = client_of(alice)
    for name in "abcd":
        issue(API_KEY, alice, name=name)
    before = client.get("/apis/api-keys/").content.decode()
    issue(API_KEY, alice, name="e")

    listed, form = (client.get(f"/apis/api-keys/{place}").content.decode() for place in ("", "new/"))
    refused = client.post("/apis/api-keys/new/", {"name": "f"})

    assert ("4 of 5 used" in before, 'href="/apis/api-keys/new/"' in before) == (True, True)
    assert ("5 of 5 used" in listed, 'href="/apis/api-keys/new/"' in listed) == (True, False)
    assert ("Ask for more" in form, 'name="name"' in form) == (True, False)
    assert (refused.status_code, refused.content.decode().count("All 5 are in use.")) == (422, 1)


def test_a_reader_of_keys_sees_and_is_not_offered_to_ask(vera, client_of):
    client = client_of(vera)

    page = client.get("/limits/").content.decode()

    assert "You can view, not change." in page
    assert "/ask/" not in page
    assert client.get(ASK).status_code == client.post(ASK, {"wanted": 9, "reason": "x"}).status_code == 403


def test_asking_leads_back_to_the_page_where_the_request_stands(alice, client_of):
    client = client_of(alice)

    answer = client.post(ASK, {"wanted": "9", "reason": "Four more teams"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/limits/")
    page = client.get("/limits/").content.decode()
    assert "Four more teams" in page
    assert "Support is looking at it" in page
    assert ASK not in page


def test_the_asker_sees_the_answer(alice, sam, client_of, actor_of):
    asked = limits.ask(API_KEY, wanted=9, reason="Four more teams", by=actor_of(alice))
    limits.approve(asked.id, granted=7, answer="Seven <b>for</b> now", by=actor_of(sam))

    page = client_of(alice).get("/limits/").content.decode()

    assert "Sam Support set the limit to 7:" in page
    assert "Seven &lt;b&gt;for&lt;/b&gt; now" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("wanted", ""),
        ("wanted", "-1"),
        ("wanted", "5"),
        ("wanted", "10001"),
        ("wanted", "9" * 5000),
        ("wanted", "many"),
        ("wanted", "9\0"),
        ("wanted", "1e3"),
        ("reason", ""),
        ("reason", "  "),
        ("reason", "nul\0nul"),
        ("reason", "x" * 2001),
        ("reason", "x" * 500_000),
    ],
)
def test_nonsense_is_refused_at_its_field_and_asks_nothing(field, value, alice, client_of):
    answer = client_of(alice).post(ASK, {"wanted": "9", "reason": "Four more teams"} | {field: value})

    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not SupportRequest.objects.exists()


def test_a_form_of_ten_megabytes_is_refused(alice, client_of):
    answer = client_of(alice).post(ASK, {"wanted": "9", "reason": "x" * 10_000_000})

    assert 400 <= answer.status_code < 500
    assert not SupportRequest.objects.exists()


def test_an_empty_form_is_refused(alice, client_of):
    assert client_of(alice).post(ASK, {}).status_code == 422


def test_a_second_request_says_that_one_is_open(alice, client_of):
    client = client_of(alice)
    client.post(ASK, {"wanted": "9", "reason": "Four more teams"})

    answer = client.post(ASK, {"wanted": "10", "reason": "Five more teams"})

    assert answer.status_code == 422
    assert "already looking" in answer.content.decode()


@pytest.mark.parametrize("slug", ["application-keys", "personal-access-tokens", "service-access-tokens", "no-such"])
def test_where_there_is_nothing_to_ask_for_there_is_no_page(slug, alice, client_of):
    assert client_of(alice).get(f"/limits/{slug}/ask/").status_code == 404


def test_for_a_kind_that_is_off_a_reason_is_enough(client_tokens_off, camille, client_of):
    client = client_of(camille)

    page = client.get("/limits/client-tokens/ask/").content.decode()
    answer = client.post("/limits/client-tokens/ask/", {"reason": "Our shop"})

    assert 'name="wanted"' not in page
    assert answer.status_code == 303
    assert SupportRequest.objects.get().wanted is None


def test_for_a_kind_that_is_on_there_is_nothing_to_ask(alice, client_of):
    client = client_of(alice)

    assert "switched on already" in client.get("/limits/client-tokens/ask/").content.decode()
    assert client.post("/limits/client-tokens/ask/", {"reason": "Our shop"}).status_code == 422


def test_requests_of_others_are_not_shown(charlie, alice, client_of, actor_of):
    limits.ask(API_KEY, wanted=9, reason="A secret plan of Globex", by=actor_of(charlie))

    assert "secret plan" not in client_of(alice).get("/limits/").content.decode()


def test_the_history_is_paged(alice, sam, client_of, actor_of, later):
    for number in range(55):
        asked = limits.ask(API_KEY, wanted=9, reason=f"request number {number}", by=actor_of(alice))
        limits.decline(asked.id, answer="no", by=actor_of(sam))

    page = client_of(alice).get("/limits/").content.decode()

    assert page.count("request number") == 50
    assert 'rel="next"' in page
