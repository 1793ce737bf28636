"""The safety center: what it shows to whom, reporting a leak, and the security contacts."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Member, Sort
from audit.models import AuditEvent
from keys import blocking, policies
from keys.kinds import API_KEY, APPLICATION_KEY, PERSONAL_ACCESS_TOKEN
from keys.models import BrowserSighting, Leak, LeakAction, SecurityContacts, Way
from keys.safety import contacts, leaks, overview
from keys.safety.matches import Match
from keys.verification import Outcome, verify

pytestmark = pytest.mark.django_db

HOME, REPORT, CONTACTS = "/safety/", "/safety/report/", "/safety/contacts/"


def text(answer):
    """The page without its markup's line ends."""
    return " ".join(answer.content.decode().split())


def test_with_nothing_to_show_it_says_what_it_is_for(alice, client_of):
    page = text(client_of(alice).get(HOME))

    assert "No open leak" in page
    assert "Needs a look" not in page
    assert "Revoke it at once" in page
    assert "Nobody named" in page
    assert "/.well-known/secret-scanning.json" in page


def test_what_asks_for_a_look_is_counted_and_linked(alice, acme, leaked, issue, robot, client_of, now, actor_of):
    leaked(name="found-by-github")
    shown = issue(API_KEY, alice, name="in-a-page")
    BrowserSighting.objects.create(
        credential=shown.credential, origin="https://shop.example", first_at=now, last_at=now, told_at=now
    )
    old = now - timedelta(days=31)
    Member.objects.create(
        organization=acme, sort=Sort.USER, name="P", name_key="p", email="p@acme.example", created_at=old
    )

    page = text(client_of(alice).get(HOME))

    for words in ("<b>1</b> open leak", "<b>1</b> seen in a browser", "1</b> invitation unanswered for 30 days"):
        assert words in page
    for words in ("found-by-github", "https://shop.example", 'See to it<span class="hide"> in-a-page'):
        assert words in page


def test_a_quarantined_key_is_listed(alice, leaked, client_of):
    _made, leak = leaked(API_KEY, name="the-only-one")
    assert leak.spared

    page = text(client_of(alice).get(HOME))
    runbook = text(client_of(alice).get(reverse("leak-detail", args=[leak.pk])))

    assert "In quarantine" in page
    assert "It is the last API key, which is never revoked by a leak" in runbook


def test_all_that_is_in_quarantine_is_counted_and_some_of_it_listed(alice, issue, client_of, actor_of, monkeypatch):
    monkeypatch.setattr(overview, "SHOWN", 1)
    made = [issue(APPLICATION_KEY, alice, name=name).credential for name in ("one", "two", "three")]
    with transaction.atomic():
        blocking.quarantine_all(made, by=actor_of(alice), reason="leaked")

    page = text(client_of(alice).get(HOME))

    assert "<b>3</b> in quarantine" in page
    assert "and 2 more" in page


def test_the_list_costs_the_same_however_many_there_are(alice, leaked, client_of, django_assert_num_queries):
    client = client_of(alice)
    client.get(HOME)
    with django_assert_num_queries(12):
        client.get(HOME)
    for n in range(5):
        leaked(name=f"n{n}")
    with django_assert_num_queries(12):
        client.get(HOME)


def test_finished_leaks_are_apart(alice, leaked, client_of, actor_of):
    _made, one = leaked(name="closed-one")
    _made, other = leaked(name="false-one")
    leaked(name="open-one")
    leaks.close(one.pk, note="Nothing came of it", by=actor_of(alice))
    leaks.dismiss(other.pk, reason="no", by=actor_of(alice))

    unfinished, finished = text(client_of(alice).get(HOME)), text(client_of(alice).get(HOME, {"state": "finished"}))

    assert ["open-one" in unfinished, "closed-one" in unfinished, "false-one" in unfinished] == [True, False, False]
    assert ["open-one" in finished, "closed-one" in finished, "False alarm" in finished] == [False, True, True]


def test_an_auditor_reads_everything_and_is_offered_nothing(vera, leaked, client_of):
    _made, leak = leaked()

    home = text(client_of(vera).get(HOME))
    page = text(client_of(vera).get(reverse("leak-detail", args=[leak.pk])))

    assert "You can view, not change." in page
    main = page.partition("<main")[2]
    assert 'method="post"' not in main
    assert "/safety/contacts/" not in home


def test_a_member_who_may_nothing_reports_a_key_by_pasting_what_stands_around_it(bob, issue, alice, client_of, now):
    made = issue(APPLICATION_KEY, alice, name="secret-name")
    pasted = f"export DD_APP_KEY={made.secret.text}\nexport OTHER=1"

    answer = client_of(bob).post(REPORT, {"text": pasted, "place": "the build log of Monday"}, follow=True)

    page = text(answer)
    assert "It is one of yours, and it is revoked now." in page
    assert made.secret.text not in page
    assert "secret-name" not in page
    assert verify(made.secret.text, now=now).outcome is Outcome.REVOKED
    leak = Leak.objects.get()
    assert (leak.way, leak.reporter, leak.place) == ("member", bob.name, "the build log of Monday")


def test_nobody_is_told_that_a_key_is_blocked_that_was_a_false_alarm(bob, alice, acme, leaked, client_of, actor_of):
    row = policies.default(acme.pk, APPLICATION_KEY)
    row.leak_action = LeakAction.QUARANTINE
    row.save()
    made, leak = leaked(place="the build log of Monday")
    leaks.dismiss(leak.pk, reason="Nobody else reads it", by=actor_of(alice))

    again = {"text": made.secret.text, "place": leak.place}
    page = text(client_of(bob).post(REPORT, again, follow=True))

    assert "It is one of yours, and its people are told." in page


def test_whoever_governs_is_led_to_the_runbook(alice, issue, client_of):
    made = issue(APPLICATION_KEY, alice)

    answer = client_of(alice).post(REPORT, {"text": made.secret.text})

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/safety/leaks/{Leak.objects.get().pk}/")


@pytest.mark.parametrize("pasted", ["hello", "ddapp_" + "a" * 34, "0" * 32])
def test_what_is_not_theirs_is_said_to_be_nothing(pasted, bob, client_of):
    page = text(client_of(bob).post(REPORT, {"text": pasted}, follow=True))

    assert "Nothing in it is a credential of this organization." in page


def test_a_key_of_another_organization_looks_like_nothing(bob, charlie, issue, client_of, now):
    theirs = issue(APPLICATION_KEY, charlie)

    page = text(client_of(bob).post(REPORT, {"text": theirs.secret.text}, follow=True))

    assert "Nothing in it is a credential of this organization." in page
    assert verify(theirs.secret.text, now=now).outcome is Outcome.VALID


def test_several_at_once_are_counted(alice, issue, client_of):
    made = [issue(APPLICATION_KEY, alice, name=name) for name in ("one", "two")]

    answer = client_of(alice).post(REPORT, {"text": " ".join(one.secret.text for one in made)}, follow=True)

    assert answer.redirect_chain == [(HOME, 303)]
    assert "2 of yours were found in it." in text(answer)


def test_the_form_never_shows_the_text_again(bob, issue, alice, client_of):
    secret = issue(APPLICATION_KEY, alice).secret.text

    answer = client_of(bob).post(REPORT, {"text": secret, "place": "x" * 501})

    assert answer.status_code == 422
    assert secret not in text(answer)


def test_people_are_told_of_a_leak_and_led_to_where_they_may_look(alice, camille, acme, issue, client_of, now):
    SecurityContacts.objects.create(organization=acme, primary="soc@acme.example", reviewed_at=now)
    made = issue(PERSONAL_ACCESS_TOKEN, camille, name="camille-token")
    reporter = leaks.Reporter(way=Way.GITHUB, name="GitHub", now=now)
    leaks.accept([Match(made.secret.text, "https://example.com")], reporter=reporter)

    bell = {who.name: text(client_of(who).get("/notifications/")) for who in (alice, camille)}

    assert all("camille-token" in page and "leaked, and is revoked" in page for page in bell.values())


def test_contacts_are_named_confirmed_and_shown(alice, acme, client_of, now):
    client = client_of(alice)

    answer = client.post(CONTACTS, {"primary": " SOC@acme.example", "secondary": "cto@acme.example"})
    page = text(client.get(HOME))
    client.post(CONTACTS, {"primary": "soc@acme.example", "secondary": "cto@acme.example"})

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{HOME}#contacts")
    for words in ("soc@acme.example", "cto@acme.example", "Next review"):
        assert words in page
    assert "Review is due" not in page
    names = AuditEvent.objects.filter(event__startswith="security_contacts").order_by("sequence")
    assert [one.event for one in names] == ["security_contacts.changed", "security_contacts.reviewed"]


@pytest.mark.parametrize(
    ("primary", "secondary", "field"),
    [
        ("", "", "primary"),
        ("nonsense", "", "primary"),
        ("a@b.example", "nonsense", "secondary"),
        ("a@b.example", "A@b.example", "secondary"),
        ("a" * 250 + "@b.example", "", "primary"),
        ("a@b.example\0", "", "primary"),
    ],
)
def test_bad_contacts_are_refused_at_their_field(primary, secondary, field, alice, client_of):
    answer = client_of(alice).post(CONTACTS, {"primary": primary, "secondary": secondary})

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not SecurityContacts.objects.exists()


def test_contacts_that_were_long_not_reviewed_are_shown_as_due(alice, acme, client_of, now):
    SecurityContacts.objects.create(
        organization=acme, primary="soc@acme.example", reviewed_at=now - contacts.REVIEWED_EVERY
    )
    assert "Review is due" in text(client_of(alice).get(HOME))


def test_the_report_form_is_in_the_menu_of_whoever_may_not_see_the_center(bob, alice, client_of):
    assert 'href="/safety/report/"' in text(client_of(bob).get("/help/"))
    assert 'href="/safety/"' in text(client_of(alice).get("/help/"))


def test_a_stranger_to_csrf_may_not_report(bob):
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob.person)
    assert client.post(REPORT, {"text": "x"}).status_code == 403
