"""What may be sent by which credential, from which pages."""

import pytest

from keys import client_tokens, sending, standings
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS, Track
from keys.sending import Sending, allows
from keys.verification import Outcome

SHOP = "https://shop.acme.example"


@pytest.fixture
def judged(now):
    def judge(issued, track, origin="", *, is_browser=False):
        standing = standings.find([issued.secret.text])[issued.secret.text]
        return sending.judge(standing, Sending(track, origin, is_browser), now=now)

    return judge


GOOD = {
    (API_KEY.value, Track.LOGS),
    (API_KEY.value, Track.AGENT),
    (CLIENT_TOKEN.value, Track.LOGS),
}


@pytest.mark.parametrize("track", Track)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_each_kind_sends_what_it_is_for_and_nothing_else(kind, track, alice, robot, issue, judged):
    refused = Outcome.WRONG_TRACK if (kind, track) == (CLIENT_TOKEN, Track.RUM) else Outcome.WRONG_KIND

    assert judged(issue(kind, alice), track) is (Outcome.VALID if (kind.value, track) in GOOD else refused)


def test_an_api_key_is_refused_in_a_browser_whatever_it_sends(alice, issue, judged):
    key = issue(API_KEY, alice)

    assert {judged(key, track, SHOP, is_browser=True) for track in Track} == {Outcome.IN_BROWSER}


def test_other_keys_in_a_browser_are_merely_of_the_wrong_kind(alice, issue, judged):
    assert judged(issue(APPLICATION_KEY, alice), Track.LOGS, SHOP, is_browser=True) is Outcome.WRONG_KIND


def test_a_token_sends_what_is_said_of_it_from_where_is_said(alice, issue, judged, actor_of):
    token = issue(CLIENT_TOKEN, alice)
    client_tokens.set_use(
        token.credential.pk, application_id=None, sends=[Track.RUM], origins=[SHOP], by=actor_of(alice)
    )

    assert judged(token, Track.RUM, SHOP, is_browser=True) is Outcome.VALID
    assert judged(token, Track.LOGS, SHOP, is_browser=True) is Outcome.WRONG_TRACK
    assert judged(token, Track.RUM, "https://evil.example", is_browser=True) is Outcome.WRONG_ORIGIN
    assert judged(token, Track.RUM, "", is_browser=False) is Outcome.WRONG_ORIGIN


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ("https://a.example", True),
        ("http://a.example", False),
        ("https://a.example:8443", False),
        ("https://x.b.example", True),
        ("https://y.x.b.example", True),
        ("https://b.example", False),
        ("https://b.example.evil.example", False),
        ("https://xb.example", False),
        ("https://x.b.example:1", False),
        ("https://x.c.example:8443", True),
        ("null", False),
        ("", False),
        ("https://.b.example", False),
        ("http://[", False),
        ("https://[x].b.example", True),  # no browser says so, and it is below
        ("https://a\u2100.example", False),
    ],
)
def test_a_star_stands_for_what_lies_below(origin, is_allowed):
    allowed = frozenset({"https://a.example", "https://*.b.example", "https://*.c.example:8443"})

    assert allows(allowed, origin) is is_allowed
