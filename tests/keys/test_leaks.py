"""Credentials that leaked: what is theirs to be done by policy, at once, and what people do about it then."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.actors import NotPermitted
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import blocking, lifecycle, minting, policies, rotation
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS, PERSONAL_ACCESS_TOKEN
from keys.models import Acted, Credential, Leak, LeakAction, Mail, Notification, SecurityContacts, Step, Way
from keys.rotation import Overlap
from keys.safety import alerts, leaks
from keys.safety.matches import Match
from keys.verification import Outcome, verify

GIST = "https://gist.github.com/octocat/1"


@pytest.fixture
def reporter(now):
    return leaks.Reporter(way=Way.GITHUB, name="GitHub", now=now, ip="192.0.2.1")


@pytest.fixture
def reported(reporter):
    """Reports texts as GitHub would; the leak of each, or None."""

    def report(*texts, url=GIST, **fields):
        matches = [Match(text, url, "content") for text in texts]
        return leaks.accept(matches, reporter=replace(reporter, **fields.pop("by", {})), **fields)

    return report


@pytest.fixture
def spare(issue, alice):
    """An API key beside the one that is looked at."""
    return issue(API_KEY, alice, name="spare")


def says(acme, kind, action):
    """Let this be the policy."""
    row = policies.default(acme.pk, kind)
    row.leak_action = action
    row.save()


def outcome(issued, now):
    return verify(issued.secret.text, now=now).outcome


def events(name):
    return list(AuditEvent.objects.filter(event=name).order_by("sequence"))


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
def test_the_policy_of_its_kind_says_what_is_done(action, acted, found, acme, issue, alice, reported, now):
    says(acme, APPLICATION_KEY, action)
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


def test_twice_in_one_report_it_is_one_leak_and_at_two_places_it_is_two(issue, alice, spare, reported, reporter):
    text = issue(API_KEY, alice).secret.text

    found = leaks.accept([Match(text, GIST), Match(text, GIST), Match(text, "")], reporter=reporter)

    assert (found[0], Leak.objects.count()) == (found[1], 2)
    assert [leak.acted for leak in found] == [Acted.REVOKED] * 3


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


def test_one_in_quarantine_already_stays_there_and_a_brown_out_becomes_one(acme, issue, alice, reported, actor_of, now):
    says(acme, APPLICATION_KEY, LeakAction.QUARANTINE)
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


def test_a_step_is_noted_once_with_whoever_did_it(issue, alice, reported, actor_of, now):
    (leak,) = reported(issue(APPLICATION_KEY, alice).secret.text)

    for _again in range(2):
        leaks.do(leak.pk, Step.LOOKED, by=actor_of(alice))

    (done,) = leak.steps.all()
    assert (done.step, done.done_by, done.done_at) == (Step.LOOKED, alice, now)
    assert len(events("leak.step_done")) == 1


def test_closing_says_who_and_why_and_happens_once(issue, alice, reported, actor_of, now):
    (leak,) = reported(issue(APPLICATION_KEY, alice).secret.text)

    closed = leaks.close(leak.pk, note=" Rotated everywhere. ", by=actor_of(alice))

    assert (closed.closed_at, closed.closed_by, closed.note, closed.is_open) == (
        now,
        alice,
        "Rotated everywhere.",
        False,
    )
    with pytest.raises(NotAllowed, match="closed already"):
        leaks.close(leak.pk, note="", by=actor_of(alice))


def test_a_false_alarm_lifts_the_quarantine(acme, issue, alice, reported, actor_of, now):
    says(acme, APPLICATION_KEY, LeakAction.QUARANTINE)
    made = issue(APPLICATION_KEY, alice)
    (leak,) = reported(made.secret.text)

    leaks.dismiss(leak.pk, reason="A sample in our own docs", by=actor_of(alice))

    assert outcome(made, now) is Outcome.VALID
    assert events("leak.dismissed")[0].reason == "A sample in our own docs"
    assert not Leak.objects.confirmed().exists()
    assert reported(made.secret.text) == [leak]
    assert outcome(made, now) is Outcome.VALID


def test_a_false_alarm_says_nothing_of_the_next_report_without_a_place(acme, issue, alice, reported, actor_of, now):
    says(acme, APPLICATION_KEY, LeakAction.QUARANTINE)
    made = issue(APPLICATION_KEY, alice)
    (alarm,) = reported(made.secret.text, url="")
    leaks.dismiss(alarm.pk, reason="Shown in a demonstration", by=actor_of(alice))

    (leak,) = reported(made.secret.text, url="")

    assert leak != alarm
    assert outcome(made, now) is Outcome.BLOCKED
    assert reported(made.secret.text, url="") == [leak]


def test_a_quarantine_stays_while_another_leak_speaks_for_it(acme, issue, alice, reported, actor_of, now):
    says(acme, APPLICATION_KEY, LeakAction.QUARANTINE)
    made = issue(APPLICATION_KEY, alice)
    (one,), (other,) = reported(made.secret.text), reported(made.secret.text, url="elsewhere")

    leaks.dismiss(one.pk, reason="no", by=actor_of(alice))
    assert outcome(made, now) is Outcome.BLOCKED
    leaks.dismiss(other.pk, reason="no", by=actor_of(alice))
    assert outcome(made, now) is Outcome.VALID


def test_a_false_alarm_does_not_bring_back_what_was_revoked(issue, alice, reported, actor_of, now):
    made = issue(PERSONAL_ACCESS_TOKEN, alice)
    (leak,) = reported(made.secret.text)

    leaks.dismiss(leak.pk, reason="no", by=actor_of(alice))

    assert outcome(made, now) is Outcome.REVOKED


@pytest.mark.parametrize(
    ("fields", "problem"),
    [({"reason": " "}, "Say why"), ({"reason": "x" * 1001}, "1,000"), ({"reason": "\0"}, "1,000")],
)
def test_a_dismissal_needs_a_reason_that_can_be_kept(fields, problem, issue, alice, reported, actor_of):
    (leak,) = reported(issue(APPLICATION_KEY, alice).secret.text)

    with pytest.raises(NotAllowed, match=problem) as refusal:
        leaks.dismiss(leak.pk, by=actor_of(alice), **fields)
    assert refusal.value.field == "reason"


def test_only_those_who_govern_see_to_a_leak_and_nobody_to_anothers(
    issue, alice, camille, vera, charlie, reported, actor_of
):
    (leak,) = reported(issue(APPLICATION_KEY, alice).secret.text)
    verbs = (
        lambda by: leaks.do(leak.pk, Step.LOOKED, by=by),
        lambda by: leaks.close(leak.pk, note="", by=by),
        lambda by: leaks.dismiss(leak.pk, reason="no", by=by),
    )
    for verb in verbs:
        for member in (camille, vera):
            with pytest.raises(NotPermitted):
                verb(actor_of(member))
        with pytest.raises(Leak.DoesNotExist):
            verb(actor_of(charlie))


def test_a_note_never_keeps_a_secret(issue, alice, reported, actor_of):
    text = issue(APPLICATION_KEY, alice).secret.text
    (leak,) = reported(text)

    leaks.close(leak.pk, note=f"it was {text}", by=actor_of(alice))

    assert text not in str(Leak.objects.values()) + str(AuditEvent.objects.values())


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


def test_one_that_leaked_is_never_restored_unless_it_was_a_false_alarm(issue, alice, spare, reported, actor_of):
    made = issue(API_KEY, alice)
    (leak,) = reported(made.secret.text)

    with pytest.raises(NotAllowed, match="leaked: somebody else may have it"):
        lifecycle.restore(made.credential.pk, by=actor_of(alice))
    leaks.dismiss(leak.pk, reason="Never published", by=actor_of(alice))
    assert lifecycle.restore(made.credential.pk, by=actor_of(alice)).revoked_at is None


@pytest.mark.parametrize("done", ["told", "revoked"])
def test_one_that_leaked_is_not_restored_however_it_ended(done, acme, issue, alice, spare, reported, actor_of):
    made = issue(API_KEY, alice)
    if done == "told":
        says(acme, API_KEY, LeakAction.TELL)
        reported(made.secret.text)
        lifecycle.revoke(made.credential.pk, by=actor_of(alice))
    else:
        lifecycle.revoke(made.credential.pk, by=actor_of(alice))
        reported(made.secret.text)

    with pytest.raises(NotAllowed, match="leaked"):
        lifecycle.restore(made.credential.pk, by=actor_of(alice))


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
    ("kind", "action", "news"),
    [
        (APPLICATION_KEY, LeakAction.TELL, "credential.leaked"),
        (APPLICATION_KEY, LeakAction.QUARANTINE, "leak.quarantined"),
        (CLIENT_TOKEN, LeakAction.REVOKE, "credential.leaked"),
    ],
)
def test_what_is_told_says_what_was_done(kind, action, news, acme, issue, alice, reported):
    says(acme, kind, action)
    reported(issue(kind, alice).secret.text)

    assert {one[1] for one in told()} == {news}


def test_what_a_leak_put_into_quarantine_is_lifted_by_dismissing_it_alone(acme, issue, alice, reported, actor_of, now):
    says(acme, APPLICATION_KEY, LeakAction.QUARANTINE)
    made = issue(APPLICATION_KEY, alice)
    (leak,) = reported(made.secret.text)

    with pytest.raises(NotAllowed, match="dismiss the leak"):
        blocking.lift(made.credential.pk, by=actor_of(alice))
    leaks.dismiss(leak.pk, reason="An example", by=actor_of(alice))
    assert outcome(made, now) is Outcome.VALID


def test_a_brown_out_of_what_leaked_is_lifted_as_any_other(acme, issue, alice, reported, actor_of, now):
    says(acme, APPLICATION_KEY, LeakAction.TELL)
    made = issue(APPLICATION_KEY, alice)
    reported(made.secret.text)
    blocking.brown_out(made.credential.pk, by=actor_of(alice))

    blocking.lift(made.credential.pk, by=actor_of(alice))

    assert outcome(made, now) is Outcome.VALID
