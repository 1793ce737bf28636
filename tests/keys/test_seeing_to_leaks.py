"""What people do about a leak: its steps, closing it, and saying that it was a false alarm."""

from datetime import timedelta

import pytest

from accounts.actors import NotPermitted
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import blocking, lifecycle
from keys.kinds import API_KEY, APPLICATION_KEY, PERSONAL_ACCESS_TOKEN
from keys.models import Leak, LeakAction, Step
from keys.safety import leaks
from keys.verification import Outcome
from tests.keys.leaking import events, outcome


def test_a_step_is_noted_once_with_whoever_did_it(issue, alice, reported, actor_of, now):
    (leak,) = reported(issue(APPLICATION_KEY, alice).secret.text)

    for _again in range(2):
        leaks.do(leak.pk, Step.LOOKED, by=actor_of(alice))

    (done,) = leak.steps.all()
    assert (done.step, done.done_by, done.done_at) == (Step.LOOKED, alice, now)
    (event,) = events("leak.step_done")
    assert event.sentence == f"Alice Admin looked at what {leak.credential.name} did since it leaked"


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


def test_without_a_word_none_is_closed_of_which_something_is_not_done(ask, issue, alice, spare, reported, by):
    ask(APPLICATION_KEY, leak_action=LeakAction.TELL)
    (leak,) = reported(issue(APPLICATION_KEY, alice).secret.text)
    refused = []

    for done in (lambda: leaks.do(leak.pk, Step.LOOKED, by=by), lambda: leaks.do(leak.pk, Step.SEARCHED, by=by), None):
        with pytest.raises(NotAllowed) as refusal:
            leaks.close(leak.pk, note=" ", by=by)
        refused.append(str(refusal.value.message).partition(". ")[0])
        done = done or (lambda: lifecycle.revoke(leak.credential_id, by=by))
        done()

    assert refused == [
        "Not done: Stop it, Look at what it did, Look for what it left behind",
        "Not done: Stop it, Look for what it left behind",
        "Not done: Stop it",
    ]
    assert leaks.close(leak.pk, note="", by=by).closed_at


def test_a_false_alarm_lifts_the_quarantine(ask, issue, alice, reported, actor_of, now):
    ask(APPLICATION_KEY, leak_action=LeakAction.QUARANTINE)
    made = issue(APPLICATION_KEY, alice)
    (leak,) = reported(made.secret.text)

    leaks.dismiss(leak.pk, reason="A sample in our own docs", by=actor_of(alice))

    assert outcome(made, now) is Outcome.VALID
    assert events("leak.dismissed")[0].reason == "A sample in our own docs"
    assert not Leak.objects.confirmed().exists()
    assert reported(made.secret.text) == [leak]
    assert outcome(made, now) is Outcome.VALID


def test_a_false_alarm_says_nothing_of_the_next_report_without_a_place(ask, issue, alice, reported, actor_of, now):
    ask(APPLICATION_KEY, leak_action=LeakAction.QUARANTINE)
    made = issue(APPLICATION_KEY, alice)
    (alarm,) = reported(made.secret.text, url="")
    leaks.dismiss(alarm.pk, reason="Shown in a demonstration", by=actor_of(alice))

    (leak,) = reported(made.secret.text, url="")

    assert leak != alarm
    assert outcome(made, now) is Outcome.BLOCKED
    assert reported(made.secret.text, url="") == [leak]


def test_a_quarantine_stays_while_another_leak_speaks_for_it(ask, issue, alice, reported, actor_of, now):
    ask(APPLICATION_KEY, leak_action=LeakAction.QUARANTINE)
    made = issue(APPLICATION_KEY, alice)
    (one,), (other,) = reported(made.secret.text), reported(made.secret.text, url="elsewhere")

    leaks.dismiss(one.pk, reason="no", by=actor_of(alice))
    assert outcome(made, now) is Outcome.BLOCKED
    leaks.dismiss(other.pk, reason="no", by=actor_of(alice))
    assert outcome(made, now) is Outcome.VALID


def test_a_quarantine_ends_with_the_last_leak_that_speaks_for_it(ask, issue, alice, reported, by, now):
    made = issue(APPLICATION_KEY, alice)
    ask(APPLICATION_KEY, leak_action=LeakAction.TELL)
    (told,) = reported(made.secret.text)
    ask(APPLICATION_KEY, leak_action=LeakAction.QUARANTINE)
    (held,) = reported(made.secret.text, url="elsewhere")

    outcomes = []
    for leak in (held, told):
        leaks.dismiss(leak.pk, reason="no", by=by)
        outcomes.append(outcome(made, now))
    assert outcomes == [Outcome.BLOCKED, Outcome.VALID]


def test_a_false_alarm_lifts_no_quarantine_that_somebody_else_began(ask, issue, alice, reported, by, later, now):
    made = issue(APPLICATION_KEY, alice)
    ask(APPLICATION_KEY, leak_action=LeakAction.QUARANTINE)
    (first,) = reported(made.secret.text)
    leaks.dismiss(first.pk, reason="no", by=by)
    blocking.quarantine(made.credential.pk, by=later(by, timedelta(hours=1)), reason="odd")
    ask(APPLICATION_KEY, leak_action=LeakAction.TELL)
    (second,) = reported(made.secret.text, url="elsewhere")

    leaks.dismiss(second.pk, reason="no", by=by)

    assert outcome(made, now) is Outcome.BLOCKED


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


def test_one_that_leaked_is_never_restored_unless_it_was_a_false_alarm(issue, alice, spare, reported, actor_of):
    made = issue(API_KEY, alice)
    (leak,) = reported(made.secret.text)

    with pytest.raises(NotAllowed, match="leaked: somebody else may have it"):
        lifecycle.restore(made.credential.pk, by=actor_of(alice))
    leaks.dismiss(leak.pk, reason="Never published", by=actor_of(alice))
    assert lifecycle.restore(made.credential.pk, by=actor_of(alice)).revoked_at is None


@pytest.mark.parametrize("done", ["told", "revoked"])
def test_one_that_leaked_is_not_restored_however_it_ended(done, ask, issue, alice, spare, reported, actor_of):
    made = issue(API_KEY, alice)
    if done == "told":
        ask(API_KEY, leak_action=LeakAction.TELL)
        reported(made.secret.text)
        lifecycle.revoke(made.credential.pk, by=actor_of(alice))
    else:
        lifecycle.revoke(made.credential.pk, by=actor_of(alice))
        reported(made.secret.text)

    with pytest.raises(NotAllowed, match="leaked"):
        lifecycle.restore(made.credential.pk, by=actor_of(alice))


def test_what_a_leak_put_into_quarantine_is_lifted_by_dismissing_it_alone(ask, issue, alice, reported, actor_of, now):
    ask(APPLICATION_KEY, leak_action=LeakAction.QUARANTINE)
    made = issue(APPLICATION_KEY, alice)
    (leak,) = reported(made.secret.text)

    with pytest.raises(NotAllowed, match="dismiss the leak"):
        blocking.lift(made.credential.pk, by=actor_of(alice))
    leaks.dismiss(leak.pk, reason="An example", by=actor_of(alice))
    assert outcome(made, now) is Outcome.VALID


def test_a_brown_out_of_what_leaked_is_lifted_as_any_other(ask, issue, alice, reported, actor_of, now):
    ask(APPLICATION_KEY, leak_action=LeakAction.TELL)
    made = issue(APPLICATION_KEY, alice)
    reported(made.secret.text)
    blocking.brown_out(made.credential.pk, by=actor_of(alice))

    blocking.lift(made.credential.pk, by=actor_of(alice))

    assert outcome(made, now) is Outcome.VALID
