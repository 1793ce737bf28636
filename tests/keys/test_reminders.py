"""Reminders: each once, in time, to whoever looks after it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import service_accounts
from accounts.models import Manager
from keys import offboarding, reminders, rotation
from keys.kinds import API_KEY, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN
from keys.models import Credential, Notification
from keys.ownership import Owned
from keys.rotation import Overlap

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def told(member, since):
    """What a member was told, oldest first: what of, and how many days after."""
    found = Notification.objects.filter(member=member).order_by("told_at", "pk")
    return [(one.news, (one.told_at - since) // DAY) for one in found]


def daily(now, days):
    for day in range(days):
        reminders.remind(now + day * DAY)


def test_the_owner_of_a_token_hears_of_its_end_at_30_7_and_1_days_and_once_after(camille, issue, now):
    issue(PERSONAL_ACCESS_TOKEN, camille, expires_at=now + 60 * DAY)
    daily(now, 80)

    expires = [("credential.expires", day) for day in (30, 53, 59)]
    assert told(camille, now) == [*expires, ("credential.expired", 60)]


def test_what_was_missed_is_not_made_up_for(camille, issue, now):
    issue(PERSONAL_ACCESS_TOKEN, camille, expires_at=now + 60 * DAY)
    for day in (10, 55, 90):
        reminders.remind(now + day * DAY)

    assert told(camille, now) == [("credential.expires", 55)]


def test_nobody_is_told_at_birth_what_they_know(camille, issue, now):
    issue(PERSONAL_ACCESS_TOKEN, camille, expires_at=now + 5 * DAY)
    daily(now, 5)

    assert told(camille, now) == [("credential.expires", 4)]


def test_those_who_manage_a_service_account_hear_of_its_tokens(alice, camille, robot, issue, now):
    issue(SERVICE_ACCESS_TOKEN, alice, expires_at=now + 20 * DAY)
    Manager.objects.create(service_account=robot, member=camille)
    reminders.remind(now + 15 * DAY)

    assert (told(camille, now), told(alice, now)) == ([("credential.expires", 15)], [])
    assert list(service_accounts.managers_of(robot)) == [camille]


def test_the_owner_hears_when_a_rotation_is_due_and_when_it_is_overdue(alice, camille, issue, now):
    issue(API_KEY, alice, owned=Owned(member_id=camille.pk))
    daily(now, 100)

    assert told(camille, now) == [("rotation.due", 76), ("rotation.overdue", 90)]


def test_where_the_owner_has_left_the_admins_hear(alice, camille, issue, actor_of, now):
    key = issue(API_KEY, alice, owned=Owned(member_id=camille.pk)).credential
    Credential.objects.filter(pk=key.pk).update(created_by=camille)
    offboarding.disable(camille.pk, by=actor_of(alice))
    reminders.remind(now + 90 * DAY)

    assert told(alice, now) == [("rotation.overdue", 90)]


def test_what_was_rotated_begins_anew(alice, issue, actor_of, now):
    key = issue(API_KEY, alice).credential
    rotation.rotate(key.pk, overlap=Overlap.WEEK, by=actor_of(alice))
    reminders.remind(now + 80 * DAY)
    rotation.follow(now + 80 * DAY)

    assert told(alice, now) == [("rotation.due", 80)]


def test_of_one_that_was_replaced_nobody_hears_when_it_ends(camille, issue, actor_of, now):
    token = issue(PERSONAL_ACCESS_TOKEN, camille, expires_at=now + 40 * DAY).credential
    rotation.rotate(token.pk, overlap=Overlap.WEEK, by=replace(actor_of(camille), now=now + 8 * DAY))
    reminders.remind(now + 11 * DAY)

    assert told(camille, now) == []


def test_reminding_costs_no_more_queries_for_more_that_was_told(camille, issue, now, django_assert_max_num_queries):
    for number in range(20):
        issue(PERSONAL_ACCESS_TOKEN, camille, name=f"token {number}", expires_at=now + 20 * DAY)
    assert reminders.remind(now + 14 * DAY) == 20

    with django_assert_max_num_queries(8):
        assert reminders.remind(now + 14 * DAY) == 0


def test_many_that_the_same_people_look_after_are_told_of_in_as_many_queries_as_one(issue, alice, now):
    asked = []
    for number in (1, 4):
        for n in range(number):
            issue(API_KEY, alice, name=f"key {number} {n}")
        with CaptureQueriesContext(connection) as queries:
            assert reminders.remind(now + 90 * DAY) == number
        asked.append(len(queries))

    assert asked[0] == asked[1]
