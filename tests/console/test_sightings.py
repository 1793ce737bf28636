"""API keys that were seen in a browser: marked wherever they are listed, with what to do on their page."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keys import exposure
from keys.kinds import API_KEY

pytestmark = pytest.mark.django_db

ORIGIN = "https://shop.example"


@pytest.fixture
def key(alice, issue):
    return issue(API_KEY, alice, name="pasted").credential


@pytest.fixture
def seen(now):
    def sighted(key, origin=ORIGIN):
        exposure.seen_in_browser(key.pk, origin=origin, ip="192.0.2.1", user_agent="Firefox", now=now)

    return sighted


def text(answer):
    return answer.content.decode()


def test_it_is_marked_in_lists_and_in_the_attention_strip_which_leads_to_it_alone(alice, key, issue, seen, client_of):
    issue(API_KEY, alice, name="quiet")
    client = client_of(alice)
    assert "Seen in a browser" not in text(client.get("/apis/"))
    seen(key)

    page, alone = text(client.get("/apis/")), text(client.get("/apis/?state=in_browser"))

    assert '<span class="tag warn">Seen in a browser</span>' in page
    assert 'href="/apis/?state=in_browser"><span class="dot bad"></span><span><b>1</b> seen in a browser' in page
    assert set(re.findall(r'title="(pasted|quiet)"', alone)) == {"pasted"}
    assert 'value="in_browser" selected' in text(client.get("/apis/api-keys/?state=in_browser"))


@pytest.mark.parametrize("path", ["/apis/", "/apis/api-keys/"])
def test_the_mark_costs_no_query(path, alice, key, issue, seen, client_of):
    client = client_of(alice)
    client.get(path)
    with CaptureQueriesContext(connection) as none:
        client.get(path)
    seen(key)
    for number in range(4):
        seen(issue(API_KEY, alice, name=f"key {number}").credential)
    with CaptureQueriesContext(connection) as many:
        client.get(path)

    assert len(many) == len(none)


@pytest.mark.parametrize(("origin", "words"), [(ORIGIN, f"A page of {ORIGIN} sent data"), ("", "A browser sent data")])
def test_its_page_says_where_and_what_to_do(origin, words, alice, key, seen, client_of):
    seen(key, origin)

    page = text(client_of(alice).get(f"/apis/api-keys/{key.pk}/"))

    assert words in page
    assert "First seen" in page
    assert "Put a client token in the page instead." in page


def test_once_it_is_revoked_it_needs_no_look(alice, key, issue, seen, client_of):
    issue(API_KEY, alice, name="stays")
    seen(key)
    client = client_of(alice)

    client.post(f"/apis/api-keys/{key.pk}/revoke/")

    assert "in_browser" not in text(client.get("/apis/"))
    assert "Put a client token in the page instead." not in text(client.get(f"/apis/api-keys/{key.pk}/"))
