"""Bringing back what was revoked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.actors import NotPermitted
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import governance, lifecycle, rotation, verification
from keys.kinds import API_KEY, KINDS
from keys.models import Credential, Limit
from keys.rotation import Overlap

WEEK = timedelta(days=7)
pytestmark = pytest.mark.django_db


@pytest.fixture
def revoked(alice, issue, by):
    issue(API_KEY, alice, name="the one that stays")
    key = issue(API_KEY, alice, name="payments")
    lifecycle.revoke(key.credential.pk, by=by)
    return key


def test_for_seven_days_it_is_brought_back_with_the_same_text(revoked, by, now):
    late = replace(by, now=now + WEEK - timedelta(seconds=1))
    lifecycle.restore(revoked.credential.pk, by=late)

    assert verification.verify(revoked.secret.text, now=late.now)
    assert AuditEvent.objects.latest("pk").event == "credential.restored"
    assert Limit.objects.get(kind=API_KEY).live == 2


def test_after_seven_days_it_is_not(revoked, by, now):
    with pytest.raises(NotAllowed, match="too long ago"):
        lifecycle.restore(revoked.credential.pk, by=replace(by, now=now + WEEK))


def test_what_is_not_revoked_is_not_restored(revoked, by):
    lifecycle.restore(revoked.credential.pk, by=by)

    with pytest.raises(NotAllowed, match="not revoked"):
        lifecycle.restore(revoked.credential.pk, by=by)


def test_it_comes_back_under_another_name_if_its_own_is_taken(revoked, alice, issue, by):
    issue(API_KEY, alice, name="Payments")

    assert lifecycle.restore(revoked.credential.pk, by=by).name == "payments-2"


def test_it_does_not_come_back_beyond_the_limit(revoked, alice, issue, by):
    for number in range(4):
        issue(API_KEY, alice, name=f"key {number}")

    with pytest.raises(NotAllowed, match="in use"):
        lifecycle.restore(revoked.credential.pk, by=by)


def test_the_old_one_of_a_rotation_comes_back_beside_its_successor(alice, issue, by, now):
    key = issue(API_KEY, alice, name="payments")
    new = rotation.rotate(key.credential.pk, overlap=Overlap.NOW, by=by)
    back = lifecycle.restore(key.credential.pk, by=by)

    assert (back.name, back.replaced_at) == ("payments-2", None)
    assert verification.verify(new.secret.text, now=now)
    assert Limit.objects.get(kind=API_KEY).live == 2


def test_the_old_one_of_a_rotation_that_came_back_is_rotated_again(alice, issue, by, now):
    key = issue(API_KEY, alice, name="payments").credential
    first = rotation.rotate(key.pk, overlap=Overlap.NOW, by=by)
    lifecycle.restore(key.pk, by=by)
    second = rotation.rotate(key.pk, overlap=Overlap.WEEK, by=by)

    assert rotation.successor_of(key) == second.credential
    assert verification.verify(first.secret.text, now=now)
    assert Limit.objects.get(kind=API_KEY).live == 2


def test_a_cancelled_successor_comes_back_as_a_key_of_its_own(alice, issue, by, now):
    key = issue(API_KEY, alice, name="payments")
    new = rotation.rotate(key.credential.pk, overlap=Overlap.WEEK, by=by)
    rotation.cancel(key.credential.pk, by=by)
    rotation.rotate(key.credential.pk, overlap=Overlap.WEEK, by=by)
    lifecycle.restore(new.credential.pk, by=by)

    assert verification.verify(new.secret.text, now=now)
    assert Limit.objects.get(kind=API_KEY).live == 2


def test_other_kinds_are_gone_for_good(alice, robot, issue, by):
    for kind in KINDS:
        if kind.restorable:
            continue
        one = issue(kind, alice).credential
        lifecycle.revoke(one.pk, by=by)
        assert governance.restorable_until(Credential.objects.get(pk=one.pk)) is None
        with pytest.raises(NotAllowed, match="for good"):
            lifecycle.restore(one.pk, by=by)


def test_readers_and_strangers_restore_nothing(revoked, vera, charlie, actor_of):
    with pytest.raises(NotPermitted):
        lifecycle.restore(revoked.credential.pk, by=actor_of(vera))
    with pytest.raises(Credential.DoesNotExist):
        lifecycle.restore(revoked.credential.pk, by=actor_of(charlie))
