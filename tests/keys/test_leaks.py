"""Credentials that leaked: what is done by policy, at once, and who is told."""

import time
from datetime import timedelta

import pytest

from audit.models import AuditEvent
from keys import blocking, lifecycle, minting, rotation
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS, PERSONAL_ACCESS_TOKEN
from keys.models import Acted, Credential, Leak, LeakAction, Mail, Notification, SecurityContacts
from keys.rotation import Overlap
from keys.safety import alerts, leaks
from keys.safety.matches import Match
from keys.telling import News
from keys.verification import Outcome
from tests.keys.leaking import GIST, events, outcome


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_leaked_credential_is_refused_at_once_unless_everybody_may_read_it(
    kind, issue, alice, robot, spare, reported, now
):
    made = issue(kind, alice, name="leaky")

    (leak,) = reported(made.secret.text)

    assert leak.acted == (Acted.TOLD if kind.is_public else Acted.REVOKED)
    assert outcome(made, now) is (Outcome.VALID if kind.is_public else Outcome.REVOKED)
    (event,) = events("credential.leaked")
    assert (event.target_id, event.actor_type, event.ip) == (str(made.credential.pk), "SYSTEM", "192.0.2.1")
    assert event.changes == {
        "last4": made.credential.last4,
        "place": GIST,
        "source": "content",
        "reporter": "GitHub",
        "acted": leak.acted,
    }


@pytest.mark.parametrize(
    ("action", "acted", "found"),
    [
        (LeakAction.TELL, Acted.TOLD, Outcome.VALID),
        (LeakAction.QUARANTINE, Acted.QUARANTINED, Outcome.BLOCKED),
        (LeakAction.REVOKE, Acted.REVOKED, Outcome.REVOKED),
    ],
)
def test_the_policy_of_its_kind_says_what_is_done(action, acted, found, ask, issue, alice, reported, now):
    ask(APPLICATION_KEY, leak_action=action)
    made = issue(APPLICATION_KEY, alice)

    (leak,) = reported(made.secret.text)

    assert (leak.acted, leak.spared, outcome(made, now)) == (acted, False, found)


def test_the_api_key_that_must_stay_is_quarantined_instead(issue, alice, reported, now):
    one, other = issue(API_KEY, alice, name="one"), issue(API_KEY, alice, name="other")

    found = reported(one.secret.text, other.secret.text)

    assert sorted((leak.acted, leak.spared) for leak in found) == [(Acted.QUARANTINED, True), (Acted.REVOKED, False)]
    assert {outcome(one, now), outcome(other, now)} == {Outcome.REVOKED, Outcome.BLOCKED}


def test_reported_again_it_is_the_same_leak_and_nothing_more_happens(issue, alice, spare, reported):
    made = issue(API_KEY, alice)

    (first,) = reported(made.secret.text)
    before = AuditEvent.objects.count()
    (again,) = reported(made.secret.text)

    assert (again, AuditEvent.objects.count(), Leak.objects.count()) == (first, before, 1)


@pytest.mark.parametrize(
    ("action", "acted", "found"),
    [
        (LeakAction.QUARANTINE, Acted.QUARANTINED, Outcome.BLOCKED),
        (LeakAction.REVOKE, Acted.REVOKED, Outcome.REVOKED),
    ],
)
def test_reported_again_it_is_held_to_the_policy_as_it_is_by_then(
    action, acted, found, ask, issue, alice, reported, now
):
    made = issue(APPLICATION_KEY, alice)
    ask(APPLICATION_KEY, leak_action=LeakAction.TELL)
    (leak,) = reported(made.secret.text)
    ask(APPLICATION_KEY, leak_action=action)

    again = [reported(made.secret.text, by={"name": "another"})[0] for _twice in range(2)]

    assert ({one.pk for one in again}, {one.acted for one in again}) == ({leak.pk}, {acted})
    assert (Leak.objects.get().acted, outcome(made, now)) == (acted, found)
    assert [(one.changes["reporter"], one.changes["acted"]) for one in events("credential.leaked")] == [
        ("GitHub", "told"),
        ("another", acted),
    ]
    assert len(told()) == 2


def test_a_milder_policy_changes_nothing_of_what_was_stopped(ask, issue, alice, reported, now):
    ask(APPLICATION_KEY, leak_action=LeakAction.QUARANTINE)
    made = issue(APPLICATION_KEY, alice)
    reported(made.secret.text)
    ask(APPLICATION_KEY, leak_action=LeakAction.TELL)
    (leak,) = reported(made.secret.text)

    assert (leak.acted, outcome(made, now), len(events("credential.leaked"))) == (Acted.QUARANTINED, Outcome.BLOCKED, 1)


def test_a_false_alarm_is_one_whatever_the_policy_has_become(ask, issue, alice, reported, by, now):
    ask(APPLICATION_KEY, leak_action=LeakAction.TELL)
    made = issue(APPLICATION_KEY, alice)
    (leak,) = reported(made.secret.text)
    leaks.dismiss(leak.pk, reason="An example", by=by)
    ask(APPLICATION_KEY, leak_action=LeakAction.REVOKE)

    assert reported(made.secret.text) == [leak]
    assert outcome(made, now) is Outcome.VALID


def test_a_leak_that_was_closed_is_no_false_alarm(ask, issue, alice, reported, by, now):
    ask(APPLICATION_KEY, leak_action=LeakAction.TELL)
    made = issue(APPLICATION_KEY, alice)
    (leak,) = reported(made.secret.text)
    leaks.close(leak.pk, note="Rotated everywhere.", by=by)
    ask(APPLICATION_KEY, leak_action=LeakAction.REVOKE)

    assert reported(made.secret.text) == [leak]
    assert outcome(made, now) is Outcome.REVOKED


def test_beyond_the_places_that_are_noted_the_policy_holds_all_the_same(ask, issue, alice, reporter, reported, now):
    ask(APPLICATION_KEY, leak_action=LeakAction.TELL)
    made = issue(APPLICATION_KEY, alice)
    places = [Match(made.secret.text, f"https://example.com/{number}") for number in range(leaks.MOST_PLACES)]
    leaks.accept(places, reporter=reporter)
    ask(APPLICATION_KEY, leak_action=LeakAction.REVOKE)

    (leak,) = reported(made.secret.text, url="https://example.com/later")

    assert (leak.acted, outcome(made, now), Leak.objects.count()) == (Acted.REVOKED, Outcome.REVOKED, leaks.MOST_PLACES)


def test_a_key_that_was_spared_is_revoked_once_it_need_not_stay(issue, alice, reported, now):
    made = issue(API_KEY, alice, name="only")
    (spared,) = reported(made.secret.text)
    issue(API_KEY, alice, name="another")

    (leak,) = reported(made.secret.text)

    assert (spared.acted, spared.spared) == (Acted.QUARANTINED, True)
    assert (leak.acted, leak.spared, outcome(made, now)) == (Acted.REVOKED, False, Outcome.REVOKED)


def test_twice_in_one_report_it_is_one_leak_and_at_two_places_it_is_two(issue, alice, spare, reported, reporter):
    text = issue(API_KEY, alice).secret.text

    found = leaks.accept([Match(text, GIST), Match(text, GIST), Match(text, "a chat")], reporter=reporter)

    assert (found[0], Leak.objects.count()) == (found[1], 2)
    assert [leak.acted for leak in found] == [Acted.REVOKED] * 3


def test_without_a_place_a_report_adds_nothing_to_a_leak_that_is_open(issue, alice, spare, reported, reporter, by):
    text = issue(API_KEY, alice).secret.text
    known, placeless = leaks.accept([Match(text, GIST), Match(text, "")], reporter=reporter)
    (again,) = reported(text, url="")
    assert (known, Leak.objects.count()) == (placeless, 1) == (again, 1)

    leaks.dismiss(known.pk, reason="An example", by=by)
    (heard,) = reported(text, url="")
    assert (heard.place, heard.is_open) == ("", True)


def test_who_invents_places_makes_no_more_than_so_many_leaks(issue, alice, spare, reported, reporter):
    made = issue(API_KEY, alice, name="payments")
    places = [Match(made.secret.text, f"https://example.com/{number}") for number in range(leaks.MOST_PLACES + 5)]
    found = leaks.accept(places, reporter=reporter)
    (later,) = reported(made.secret.text, url="https://example.com/later")

    assert Leak.objects.count() == leaks.MOST_PLACES
    assert all(one.credential_id == made.credential.pk for one in (*found, later))


def test_one_that_is_no_longer_good_is_noted_and_stays_as_it_is(issue, alice, spare, reported, actor_of, now):
    made = issue(API_KEY, alice)
    lifecycle.revoke(made.credential.pk, by=actor_of(alice))

    (leak,) = reported(made.secret.text, by={"now": now + timedelta(hours=1)})

    assert leak.acted == Acted.ENDED
    assert len(events("credential.revoked")) == 1


def test_one_in_quarantine_already_stays_there_and_a_brown_out_becomes_one(ask, issue, alice, reported, actor_of, now):
    ask(APPLICATION_KEY, leak_action=LeakAction.QUARANTINE)
    held, browned = issue(APPLICATION_KEY, alice, name="held"), issue(APPLICATION_KEY, alice, name="browned")
    blocking.quarantine(held.credential.pk, by=actor_of(alice), reason="odd")
    blocking.brown_out(browned.credential.pk, by=actor_of(alice))

    reported(held.secret.text, browned.secret.text)

    assert len(events("credential.blocked")) == 3
    assert set(Credential.objects.filter(blocked_at__isnull=False).values_list("blocked_until")) == {(None,)}


def test_the_old_one_of_a_pair_ends_and_its_successor_stays(issue, alice, reported, actor_of, now):
    old = issue(API_KEY, alice)
    new = rotation.rotate(old.credential.pk, overlap=Overlap.DAY, by=actor_of(alice))

    (leak,) = reported(old.secret.text)

    assert (leak.acted, outcome(old, now), outcome(new, now)) == (Acted.REVOKED, Outcome.REVOKED, Outcome.VALID)


def test_what_is_not_ours_costs_no_query_where_its_checksum_says_so(issue, alice, reported, django_assert_num_queries):
    text = issue(APPLICATION_KEY, alice).secret.text
    with django_assert_num_queries(0):
        assert reported(text[:-1] + ("0" if text[-1] != "0" else "1"), "password123", "") == [None] * 3
    with django_assert_num_queries(1):
        assert reported("0" * 32, "1" * 32) == [None, None]


def test_within_an_organization_only_its_own_are_touched(issue, alice, charlie, acme, reported, now):
    theirs = issue(APPLICATION_KEY, charlie)

    assert reported(theirs.secret.text, within=acme.pk) == [None]
    assert outcome(theirs, now) is Outcome.VALID
    assert not Leak.objects.exists()


def test_one_report_reaches_every_organization_that_it_concerns(issue, alice, charlie, reported):
    one, other = issue(APPLICATION_KEY, alice), issue(APPLICATION_KEY, charlie)

    found = reported(other.secret.text, "nonsense", one.secret.text)

    assert [leak and leak.organization_id for leak in found] == [charlie.organization_id, None, alice.organization_id]


def test_the_text_is_kept_nowhere_even_if_the_place_holds_it(issue, alice, reported):
    made = issue(APPLICATION_KEY, alice)
    text = made.secret.text

    (glued,) = reported(text, url=f"https://example.com/x{text}x")
    assert glued.place == "https://example.com/x[redacted]x"
    (leak,) = reported(text, url=f"https://example.com/?key={text}&\n\0" + "x" * 900)

    assert text not in str(Leak.objects.values()) + str(AuditEvent.objects.values()) + repr(Match(text))
    assert leak.place.startswith("https://example.com/?key=[redacted]&xx")
    assert (len(leak.place), leak.place.isprintable()) == (500, True)


def test_the_name_of_a_commit_stays_and_another_key_beside_it_does_not(issue, alice, reported):
    made, other = issue(APPLICATION_KEY, alice, name="one"), issue(CLIENT_TOKEN, alice)
    commit = "8f14e45fceea167a5a36dedd4bea2543deadbeef"

    (leak,) = reported(made.secret.text, url=f"https://github.com/a/b/blob/{commit}/{other.secret.text}.py?{'0' * 32}")

    assert leak.place == f"https://github.com/a/b/blob/{commit}/[redacted].py?[redacted]"


def test_a_thousand_are_dealt_with_in_seconds(acme, alice, now, reported):
    texts = many(acme, alice, now, 1000)

    began = time.monotonic()
    found = reported(*texts)
    took = time.monotonic() - began

    print(f"1,000 matches took {took:.2f} s")
    assert {leak.acted for leak in found} == {Acted.REVOKED}
    assert not Credential.objects.live().exists()
    assert took < 15  # 5 on a machine with nothing else to do; the figure is printed


def many(acme, owner, now, count):
    """So many application keys, without the ceremony."""
    rows, texts = [], []
    for n in range(count):
        row = Credential(organization=acme, kind=APPLICATION_KEY, owner=owner, name=f"n{n}", name_key=f"n{n}")
        secret = minting.mint(APPLICATION_KEY, row.pk)
        row.fingerprint = minting.fingerprint(APPLICATION_KEY, secret.text, pepper=minting.current_pepper())
        row.pepper, row.last4, row.created_at = minting.current_pepper(), secret.hint, now
        rows.append(row)
        texts.append(secret.text)
    Credential.objects.bulk_create(rows)
    return texts


def test_a_leaked_successor_gives_its_place_back_to_the_old_one(issue, alice, reported, actor_of, now):
    old = issue(APPLICATION_KEY, alice)
    new = rotation.rotate(old.credential.pk, overlap=Overlap.DAY, by=actor_of(alice))

    reported(new.secret.text)

    assert (outcome(new, now), outcome(old, now)) == (Outcome.REVOKED, Outcome.VALID)
    assert Credential.objects.get(pk=old.credential.pk).replaced_at is None


def told():
    """Who finds what behind the bell."""
    return sorted(Notification.objects.values_list("member__name", "news", "target_type"))


def test_admins_owner_and_contacts_are_told_once(acme, issue, alice, camille, reported, now):
    SecurityContacts.objects.create(organization=acme, primary="soc@acme.example", reviewed_at=now)
    made = issue(PERSONAL_ACCESS_TOKEN, camille, name="of-camille")

    for _again in range(2):
        reported(made.secret.text)

    assert told() == [
        ("Alice Admin", "leak.revoked", "leak"),
        ("Camille Standard", "leak.revoked", "personal_access_token"),
    ]
    mails = Mail.objects.order_by("address")
    assert [mail.address for mail in mails if mail.member is None] == ["soc@acme.example"]
    assert mails.count() == 3
    assert not any(made.secret.text in str(mail.words) for mail in mails)


def test_of_very_many_leaks_each_is_told_in_one_sentence(acme, issue, alice, camille, reported, now):
    SecurityContacts.objects.create(organization=acme, primary="soc@acme.example", reviewed_at=now)

    reported(*many(acme, camille, now, alerts.MANY + 1), issue(APPLICATION_KEY, alice).secret.text)

    assert told() == [
        ("Alice Admin", "leaks.found", "safety"),
        ("Camille Standard", "leaks.found", "organization"),
    ]
    assert sorted(mail.words["count"] for mail in Mail.objects.all()) == ["11", "12", "12"]


@pytest.mark.parametrize(
    ("kind", "action", "place", "news", "end"),
    [
        (APPLICATION_KEY, LeakAction.TELL, GIST, "credential.leaked", f"lets programs in. Found: {GIST}"),
        (APPLICATION_KEY, LeakAction.QUARANTINE, "", "leak.quarantined", "blocked until somebody has looked."),
        (CLIENT_TOKEN, LeakAction.REVOKE, "", "credential.leaked", "lets programs in."),
    ],
)
def test_what_is_told_says_what_was_done_and_where_it_was(kind, action, place, news, end, ask, issue, alice, reported):
    ask(kind, leak_action=action)
    reported(issue(kind, alice).secret.text, url=place)

    assert {one[1] for one in told()} == {news}
    row = Notification.objects.get()
    assert News(row.news).said(row.words).endswith(end)
