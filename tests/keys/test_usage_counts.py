"""What was spooled is counted: by minute, hour and day, and by what it came from."""

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keys.kinds import API_KEY
from keys.models import EVERYBODY, NOBODY, Credential, UsageDay, UsageFacet, UsageHour, UsageMinute
from keys.usage import rollups
from keys.usage.drain import Drainer
from keys.usage.observations import ELSEWHERE
from keys.verification import Outcome
from tests.keys.spooling import ORGANIZATION, everywhere, holds, seen, total

pytestmark = pytest.mark.django_db


def of_one():
    """What is counted of credentials one by one."""
    return UsageFacet.objects.exclude(credential_id=EVERYBODY)


def test_what_was_written_is_counted_by_minute_hour_and_day(write, drainer, now):
    write(seen(), seen(), seen(Outcome.REVOKED))

    assert drainer.drain_once(now) == 3

    expected = {(Outcome.VALID.value, 2), (Outcome.REVOKED.value, 1)}
    for model in (UsageMinute, UsageHour, UsageDay):
        assert set(model.objects.of(ORGANIZATION).values_list("outcome", "count")) == expected
    minute = now.replace(second=0, microsecond=0)
    assert set(UsageMinute.objects.values_list("at", flat=True)) == {minute}
    assert set(UsageHour.objects.values_list("at", flat=True)) == {minute.replace(minute=0)}
    assert set(UsageDay.objects.values_list("day", flat=True)) == {now.date()}


def test_what_is_counted_is_not_counted_again(write, drainer, folder, now):
    write(seen())
    drainer.drain_once(now)
    write(seen())

    assert [drainer.drain_once(now), drainer.drain_once(now), Drainer(folder).drain_once(now)] == [1, 0, 0]
    assert total() == everywhere(2)


def test_what_it_came_from_is_counted_good_and_refused(write, drainer, now):
    write(seen(), seen(client="wget"), seen(Outcome.EXPIRED, endpoint=""))
    drainer.drain_once(now)

    found = {(row.facet, row.value): (row.good, row.refused) for row in of_one()}
    assert found == {
        ("client", "curl"): (1, 1),
        ("client", "wget"): (1, 0),
        ("network", "192.0.2.0/24"): (2, 1),
        ("endpoint", "/api/v1/validate"): (2, 0),
        ("endpoint", ""): (0, 1),
    }
    assert {row.last_at for row in UsageFacet.objects.all()} == {
        now.replace(microsecond=now.microsecond // 1000 * 1000)
    }


def test_each_scope_that_was_asked_about_is_counted(write, drainer, now):
    write(seen(scopes=("monitors_read", "dashboards_read")), seen(Outcome.MISSING_SCOPE, scopes=("monitors_read",)))
    drainer.drain_once(now)

    found = {(row.value, row.good, row.refused) for row in UsageFacet.objects.filter(facet="scope")}
    assert found == {("monitors_read", 1, 1), ("dashboards_read", 1, 0)}


def test_what_all_of_them_came_from_is_counted_together_too(write, drainer, now):
    write(seen(), seen(credential=NOBODY), seen(Outcome.EXPIRED, credential=uuid.UUID(int=9), client="wget"))
    drainer.drain_once(now)

    rows = UsageFacet.objects.filter(credential_id=EVERYBODY, organization_id=ORGANIZATION)
    assert {(row.facet, row.value): (row.good, row.refused) for row in rows} == {
        ("client", "curl"): (2, 0),
        ("client", "wget"): (0, 1),
        ("network", "192.0.2.0/24"): (2, 1),
    }


def test_of_all_together_more_values_are_told_apart(write, drainer, now):
    for number in range(20):
        names = (f"program-{number * 60 + each}" for each in range(60))
        write(*(seen(credential=uuid.UUID(int=number), client=name) for name in names))
    drainer.drain_once(now)

    rows = UsageFacet.objects.filter(credential_id=EVERYBODY, facet="client")
    assert rows.count() == rollups.MOST_OF_EVERYBODY + 1
    assert rows.get(value=ELSEWHERE).good == 200


def test_a_facet_keeps_its_latest_time(write, drainer, now):
    noon = now.replace(hour=12)
    for minutes in (5, 9, 2):
        write(seen(), later=noon - now + timedelta(minutes=minutes))
        drainer.drain_once(now)

    latest = set(UsageFacet.objects.values_list("last_at", flat=True))
    assert {at.replace(microsecond=0) for at in latest} == {noon.replace(microsecond=0) + timedelta(minutes=9)}


def test_beyond_the_hundredth_value_they_are_counted_together(write, drainer, folder, now):
    write(*(seen(client=f"program-{number}") for number in range(60)))
    drainer.drain_once(now)
    write(*(seen(client=f"program-{number}") for number in range(130)))
    Drainer(folder).drain_once(now)

    clients = {row.value: row.good for row in of_one().filter(facet="client")}
    assert len(clients) == rollups.MOST_VALUES + 1
    assert (clients["program-0"], clients["program-99"], clients[ELSEWHERE]) == (2, 1, 30)
    assert total() == everywhere(190)


def test_the_memory_of_values_is_bounded_and_still_right(write, drainer, now, monkeypatch):
    monkeypatch.setattr(rollups, "REMEMBERED", 2)
    for _again in range(2):
        for number in range(5):
            write(*(seen(credential=uuid.UUID(int=number), client=f"c{value}") for value in range(120)))
            drainer.drain_once(now)

    assert len(drainer._rollups._known) == 2
    assert Counter(of_one().filter(facet="client").values_list("credential_id")) == Counter(
        {(uuid.UUID(int=number),): 101 for number in range(5)}
    )


def test_a_drain_takes_as_many_statements_for_a_thousand_lines_as_for_one(write, drainer, folder, now):
    counts = []
    for number in (1, 40, 1000):
        write(seen())
        drainer.drain_once(now)  # the row of the segment
        write(*(seen(credential=uuid.uuid4(), client=f"c{line}") for line in range(number)))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            drainer.drain_once(now)
        counts.append(len(queries))

    assert len(set(counts)) == 1
    assert counts[0] <= (10 if connection.vendor == "postgresql" else 9)


def test_nothing_new_asks_the_database_nothing(write, drainer, now, django_assert_num_queries):
    write(seen())
    drainer.drain_once(now)

    with django_assert_num_queries(0):
        drainer.drain_once(now)


def test_a_good_use_moves_last_used(write, drainer, alice, issue, now):
    key = issue(API_KEY, alice).credential
    write(seen(credential=key.pk), later=timedelta(seconds=-30))
    write(seen(Outcome.MISSING_SCOPE, credential=key.pk, client="wget"))
    drainer.drain_once(now)

    key.refresh_from_db()
    assert abs(key.last_used_at - now + timedelta(seconds=30)) < timedelta(seconds=1)
    assert (key.last_used_client, key.last_used_network) == ("curl", "192.0.2.0/24")


@pytest.mark.parametrize(("seconds", "moves"), [(50, False), (70, True), (-100, False)])
def test_last_used_moves_once_a_minute_and_never_back(seconds, moves, write, drainer, alice, issue, now):
    key = issue(API_KEY, alice).credential
    Credential.objects.filter(pk=key.pk).update(last_used_at=now)
    write(seen(credential=key.pk), later=timedelta(seconds=seconds))
    drainer.drain_once(now)

    assert (Credential.objects.get(pk=key.pk).last_used_at != now) == moves


def test_a_late_segment_counts_for_its_own_day(write, drainer, folder, now):
    write(seen(), later=timedelta(days=-3))
    drainer.drain_once(now)

    assert UsageDay.objects.get().day == (now - timedelta(days=3)).date()
    assert holds(folder, now)["drained"] == 1
