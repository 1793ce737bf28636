"""What is to be rotated when, and pairs whose new one nobody uses."""

from dataclasses import replace
from datetime import timedelta

import pytest

from keys import foresight, policies, reminders, rotation
from keys.hygiene import settings
from keys.hygiene.controls import BY_SLUG
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN
from keys.models import Credential, Notification, Policy
from keys.rotation import Overlap

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
pytestmark = pytest.mark.django_db


def test_what_is_due_follows_the_policy(alice, robot, issue, acme, now):
    made = {kind: issue(kind, alice).credential for kind in KINDS}
    issue(SERVICE_ACCESS_TOKEN, alice, name="ends by itself", expires_at=now + 200 * DAY)
    ages = policies.all_of(acme.id)
    ages[CLIENT_TOKEN] = Policy(kind=CLIENT_TOKEN, rotate_every_days=10, longest_overlap_hours=0, leak_action="tell")

    def found(rule, at):
        due = Credential.objects.where(rule(ages, at))
        assert not due.filter(name="ends by itself").exists()
        return {one.kind for one in due}

    quarterly = {API_KEY, APPLICATION_KEY, SERVICE_ACCESS_TOKEN}
    assert found(rotation.rule_due_soon, now) == {CLIENT_TOKEN}
    assert found(rotation.rule_overdue, now + 10 * DAY) == {CLIENT_TOKEN}
    assert found(rotation.rule_due_soon, now + 80 * DAY) == quarterly
    assert found(rotation.rule_overdue, now + 90 * DAY) == quarterly | {CLIENT_TOKEN}
    assert rotation.due_at(made[API_KEY], ages[API_KEY]) == now + 90 * DAY
    assert rotation.due_at(made[PERSONAL_ACCESS_TOKEN], ages[PERSONAL_ACCESS_TOKEN]) is None


def test_what_is_being_rotated_is_due_no_more(alice, issue, acme, by, now):
    key = issue(API_KEY, alice).credential
    late = replace(by, now=now + 100 * DAY)
    rotation.rotate(key.pk, overlap=Overlap.WEEK, by=late)

    assert not Credential.objects.where(rotation.rule_overdue(policies.all_of(acme.id), late.now)).exists()


@pytest.fixture
def pair(alice, issue, by):
    """A key of 100 days that is rotated now, and its successor, which nothing has used."""
    old = issue(API_KEY, alice, name="payments", actor=replace(by, now=by.now - 100 * DAY)).credential
    return old, rotation.rotate(old.pk, overlap=Overlap.FIRST_USE, by=by).credential


def waits():
    """Who was told, by the bell, how long something waits."""
    told = Notification.objects.filter(news="rotation.waiting").order_by("told_at")
    return [(one.member.name, one.key.rpartition(":")[2]) for one in told]


def test_an_old_one_whose_successor_is_not_used_counts_again_after_a_week(pair, acme, now):
    asked = policies.all_of(acme.pk)

    def found(at):
        overdue = Credential.objects.where(rotation.rule_overdue(asked, at))
        return set(overdue), foresight.consequences(asked[API_KEY], now=at).overdue

    assert found(now) == found(now + 7 * DAY - SECOND) == (set(), 0)
    assert found(now + 7 * DAY) == ({pair[0]}, 1)
    assert rotation.due_at(Credential.objects.get(pk=pair[0].pk), asked[API_KEY]) == now + 7 * DAY


def test_one_that_waits_is_not_overdue_before_its_time(alice, issue, acme, by, now):
    young = issue(API_KEY, alice).credential
    rotation.rotate(young.pk, overlap=Overlap.FIRST_USE, by=by)
    asked = policies.all_of(acme.pk)

    def overdue(at):
        return Credential.objects.filter(pk=young.pk).where(rotation.rule_overdue(asked, at)).exists()

    assert [overdue(now + days * DAY) for days in (30, 89, 90)] == [False, False, True]


def test_a_successor_that_nobody_uses_is_told_of_at_7_and_30_days_once_each(pair, now):
    for day in (6, 7, 8, 29, 30, 31, 90):
        reminders.remind(now + day * DAY)

    assert waits() == [("Alice Admin", "7"), ("Alice Admin", "30")]


def test_once_it_is_used_nobody_hears_of_it(pair, now):
    Credential.objects.filter(pk=pair[1].pk).update(last_used_at=now + 6 * DAY)
    rotation.follow(now + 7 * DAY)
    reminders.remind(now + 7 * DAY)

    assert waits() == []


def test_key_hygiene_finds_an_old_one_that_waits_too_long(pair, acme, now):
    def found(at):
        return [one.resource_id for one in settings.of(acme.pk, BY_SLUG["overdue_rotation"]).find(at)]

    assert found(now + 6 * DAY) == []
    assert found(now + 7 * DAY) == [pair[0].pk]
