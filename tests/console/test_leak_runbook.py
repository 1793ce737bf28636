"""One leak: its runbook, seeing to it step by step, and what the page of the credential says of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Role
from keys import policies, rotation
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, PERSONAL_ACCESS_TOKEN
from keys.models import BrowserSighting, LeakAction, Way
from keys.rotation import Overlap
from keys.safety import leaks
from keys.safety.matches import Match
from keys.verification import Outcome, verify

pytestmark = pytest.mark.django_db

HOME = "/safety/"


def text(answer):
    """The page without its markup's line ends."""
    return " ".join(answer.content.decode().split())


def tell_only(acme, kind=APPLICATION_KEY):
    row = policies.default(acme.pk, kind)
    row.leak_action = LeakAction.TELL
    row.save()


def test_the_runbook_says_how_far_things_have_come(alice, acme, leaked, issue, used, client_of, actor_of, now):
    made, leak = leaked(name="leaky")
    used(made.credential, 7)
    issue(CLIENT_TOKEN, alice, name="brand-new")
    Role.objects.create(organization=acme, name="Backdoor", name_key="backdoor", created_at=now, modified_at=now)

    page = text(client_of(alice).get(reverse("leak-detail", args=[leak.pk])))

    for words in (
        "It lets nobody in any more.",
        "No successor",
        "let in 7, refused 0.",
        "brand-new",
        "Backdoor",
        "For you to judge",
        "Close the leak",
    ):
        assert words in page


def test_a_key_that_still_works_is_said_to_and_a_successor_is_found(alice, acme, leaked, client_of, actor_of):
    tell_only(acme)
    made, leak = leaked()
    page = text(client_of(alice).get(reverse("leak-detail", args=[leak.pk])))
    assert "Still good" in page
    assert "Not done: Stop it, " in page

    rotation.rotate(made.credential.pk, overlap=Overlap.NOW, by=actor_of(alice))
    page = text(client_of(alice).get(reverse("leak-detail", args=[leak.pk])))
    assert "Replaced" in page
    assert "It lets nobody in any more." in page


def test_what_was_done_with_the_key_is_told_to_whoever_reads_the_trail(alice, leaked, issue, client_of, actor_of):
    made, leak = leaked()
    by = replace(actor_of(alice), auth_id=str(made.credential.pk))
    issue(CLIENT_TOKEN, alice, name="made-with-it", actor=by)

    page = text(client_of(alice).get(reverse("leak-detail", args=[leak.pk])))

    assert "The trail tells of 1 thing done with it:" in page
    assert "Alice Admin created made-with-it" in page


def test_how_far_back_is_looked_is_chosen(alice, leaked, issue, client_of, later, actor_of, now):
    early = issue(PERSONAL_ACCESS_TOKEN, alice, name="early-token", actor=later(actor_of(alice), timedelta(days=-20)))
    _made, leak = leaked(actor=later(actor_of(alice), timedelta(days=-40)))
    url = reverse("leak-detail", args=[leak.pk])
    client = client_of(alice)
    days = {f"{now - timedelta(days=n):%Y-%m-%d}": n == 22 for n in (19, 22)} | {"nonsense": False, "9999-12-31": False}

    shown = {
        since: early.credential.name in text(client.get(url, {"since": since}))
        for since in ("sign", "week", "month", "created", "nonsense")
    }
    by_day = {day: early.credential.name in text(client.get(url, {"day": day})) for day in days}

    assert shown == {"sign": False, "week": False, "month": True, "created": True, "nonsense": False}
    assert by_day == days


def test_it_is_looked_into_from_the_first_sign_on(alice, leaked, issue, client_of, actor_of, later, now):
    made, leak = leaked(API_KEY, name="leaky", actor=later(actor_of(alice), timedelta(days=-40)))
    issue(CLIENT_TOKEN, alice, name="since-then", actor=later(actor_of(alice), timedelta(days=-2)))
    url, client = reverse("leak-detail", args=[leak.pk]), client_of(alice)
    assert "since-then" not in text(client.get(url))
    seen = now - timedelta(days=3)
    BrowserSighting.objects.create(credential=made.credential, origin="x", first_at=seen, last_at=now, told_at=now)

    page = text(client.get(url))

    assert "since-then" in page
    assert page.count("3 days ago</time> · Seen in a browser") == 1


def test_a_false_alarm_is_no_sign(alice, leaked, client_of, actor_of, later, now):
    made, leak = leaked(place="first", actor=later(actor_of(alice), timedelta(days=-40)))
    leaks.dismiss(leak.pk, reason="An example", by=actor_of(alice))
    reporter = leaks.Reporter(way=Way.SCANNER, name="The scanner", now=now + timedelta(minutes=5))
    (second,) = leaks.accept([Match(made.secret.text, "second")], reporter=reporter)
    client = client_of(alice)

    pages = [text(client.get(reverse("leak-detail", args=[one.pk]))) for one in (leak, second)]

    assert ["</time> · The scanner" in page.partition("First sign</dt>")[2][:200] for page in pages] == [False, True]


def test_the_runbook_costs_the_same_whatever_there_is(alice, leaked, issue, client_of, django_assert_num_queries):
    _made, leak = leaked()
    client, url = client_of(alice), reverse("leak-detail", args=[leak.pk])
    client.get(url)
    with django_assert_num_queries(18):
        client.get(url)
    for n in range(7):
        issue(CLIENT_TOKEN, alice, name=f"n{n}")
    with django_assert_num_queries(19):  # they are counted, beyond those that are named
        client.get(url)


def test_steps_are_ticked_and_the_leak_is_closed(alice, leaked, client_of):
    _made, leak = leaked()
    client, url = client_of(alice), reverse("leak-detail", args=[leak.pk])

    for step in ("looked", "searched"):
        answer = client.post(reverse("leak-step", args=[leak.pk, step]))
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{url}#{step}")
    closed = client.post(reverse("leak-close", args=[leak.pk]), {"note": "All keys of the team are new."})
    page = text(client.get(url))

    assert (closed.status_code, closed.headers["Location"]) == (303, HOME)
    assert "All keys of the team are new." in page
    assert "For you to judge" not in page
    assert page.count("Alice Admin, <time") == 3


def test_a_step_nobody_knows_is_no_address(alice, leaked, client_of):
    _made, leak = leaked()
    assert client_of(alice).post(reverse("leak-step", args=[leak.pk, "nonsense"])).status_code == 404


def test_closing_twice_is_explained(alice, leaked, client_of, actor_of):
    _made, leak = leaked()
    leaks.close(leak.pk, note="Nothing came of it", by=actor_of(alice))

    answer = client_of(alice).post(reverse("leak-close", args=[leak.pk]), {"note": ""})

    assert answer.status_code == 422


def test_a_false_alarm_says_beforehand_what_it_changes(alice, leaked, client_of, now):
    made, leak = leaked(API_KEY)
    client, url = client_of(alice), reverse("leak-dismiss", args=[leak.pk])

    assert "The quarantine is lifted" in text(client.get(url))
    assert client.post(url, {"reason": ""}).status_code == 422
    answer = client.post(url, {"reason": "An example"}, follow=True)

    assert "An example" in text(answer)
    assert "Runbook" not in text(answer)
    assert verify(made.secret.text, now=now).outcome is Outcome.VALID


def test_a_place_is_a_link_only_if_it_is_an_address(alice, leaked, client_of):
    places = {"javascript:alert(1)": False, "https://example.com/a": True, '"><script>': False, "": False}
    for n, (place, linked) in enumerate(places.items()):
        _made, leak = leaked(name=f"n{n}", place=place)
        page = text(client_of(alice).get(reverse("leak-detail", args=[leak.pk])))
        assert (f'href="{place}" rel="noreferrer nofollow"' in page) == linked
        assert "<script>" not in page.partition("<main")[2].partition("</main")[0]


def test_the_page_of_a_leaked_key_says_so_and_leads_to_the_runbook(alice, camille, leaked, client_of):
    made, leak = leaked(API_KEY, name="held")
    url = reverse("credential-detail", args=[API_KEY, made.credential.pk])

    governing, other = text(client_of(alice).get(url)), text(client_of(camille).get(url))

    assert "It leaked" in governing
    assert f'href="/safety/leaks/{leak.pk}/"' in governing
    assert "Lift the block now" not in governing
    assert f'<a href="/safety/leaks/{leak.pk}/">say so in its runbook</a>' in governing
    assert governing.count("In quarantine") == 2
    assert "It leaked" in other
    assert "/safety/leaks/" not in other


def test_what_leaked_is_not_offered_to_be_restored(alice, leaked, issue, client_of, actor_of):
    issue(API_KEY, alice, name="stays")
    made, leak = leaked(API_KEY, name="gone")
    url = reverse("credential-detail", args=[API_KEY, made.credential.pk])
    assert "/restore/" not in text(client_of(alice).get(url))

    leaks.dismiss(leak.pk, reason="An example", by=actor_of(alice))
    assert "Can be restored until" in text(client_of(alice).get(url))
