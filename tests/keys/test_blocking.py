"""Blocking for a while, and in quarantine."""

from datetime import timedelta

import pytest

from accounts.actors import NotPermitted
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import blocking, lifecycle, verification
from keys.kinds import API_KEY, APPLICATION_KEY, KINDS
from keys.models import Credential, Revision, State
from keys.verification import Outcome

pytestmark = pytest.mark.django_db


@pytest.fixture(params=KINDS, ids=str)
def issued(request, robot, alice, issue):
    return issue(request.param, alice)


def outcome(issued, now):
    return verification.verify(issued.secret.text, now=now).outcome


def test_a_brown_out_ends_by_itself(issued, by, now):
    blocking.brown_out(issued.credential.pk, by=by)

    assert outcome(issued, now) is Outcome.BLOCKED
    assert outcome(issued, now + blocking.BROWN_OUT - timedelta(seconds=1)) is Outcome.BLOCKED
    assert outcome(issued, now + blocking.BROWN_OUT) is Outcome.VALID


def test_that_it_ended_is_noted_once(issued, by, now):
    blocking.brown_out(issued.credential.pk, by=by)

    assert [blocking.lapse(now + blocking.BROWN_OUT * n) for n in (0, 1, 1)] == [0, 1, 0]
    event = AuditEvent.objects.latest("pk")
    assert (event.event, event.actor_type) == ("credential.unblocked", "SYSTEM")


def test_what_was_revoked_during_a_brown_out_does_not_come_back(alice, issue, by, now):
    key = issue(APPLICATION_KEY, alice).credential
    blocking.brown_out(key.pk, by=by)
    lifecycle.revoke(key.pk, by=by)

    assert blocking.lapse(now + timedelta(days=1)) == 0
    assert not AuditEvent.objects.filter(event="credential.unblocked").exists()


def test_a_quarantine_lasts_until_it_is_lifted(issued, by, now):
    blocking.quarantine(issued.credential.pk, by=by, reason="leaked")
    year = now + timedelta(days=365)
    assert blocking.lapse(year) == 0
    assert Credential.objects.get(pk=issued.credential.pk).state(now) is State.BLOCKED

    blocking.lift(issued.credential.pk, by=by)
    assert outcome(issued, now) is Outcome.VALID


def test_a_quarantine_makes_a_brown_out_last(issued, by, now):
    blocking.brown_out(issued.credential.pk, by=by)
    blocking.quarantine(issued.credential.pk, by=by, reason="leaked")

    assert blocking.lapse(now + timedelta(days=1)) == 0


def test_what_is_remembered_of_it_is_outdated(issued, by):
    for verb in (blocking.brown_out, blocking.lift):
        Revision.objects.all().delete()
        verb(issued.credential.pk, by=by)
        assert issued.credential.pk in {one.subject for one in Revision.objects.all()}


def test_blocking_twice_and_lifting_nothing_are_refused(issued, by):
    with pytest.raises(NotAllowed):
        blocking.lift(issued.credential.pk, by=by)
    blocking.brown_out(issued.credential.pk, by=by)
    with pytest.raises(NotAllowed):
        blocking.brown_out(issued.credential.pk, by=by)


def test_readers_and_strangers_block_nothing(alice, issue, vera, charlie, actor_of):
    key = issue(API_KEY, alice).credential

    with pytest.raises(NotPermitted):
        blocking.brown_out(key.pk, by=actor_of(vera))
    with pytest.raises(Credential.DoesNotExist):
        blocking.brown_out(key.pk, by=actor_of(charlie))
