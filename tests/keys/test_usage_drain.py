"""What was spooled is counted once, whatever fails or is killed on the way."""

import fcntl
import gzip
import os
import threading
import uuid
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from keys.kinds import API_KEY
from keys.models import EVERYBODY, NOBODY, Credential, UsageDay, UsageFacet, UsageHour, UsageMinute, UsageSegment
from keys.usage import archive, drain, rollups, spool
from keys.usage.drain import Drainer
from keys.usage.observations import ELSEWHERE
from keys.usage.spool import Spool
from keys.verification import Outcome
from tests.keys.spooling import ORGANIZATION, everywhere, holds, in_ms, seen, total

pytestmark = pytest.mark.django_db


def of_one():
    """What is counted of credentials one by one."""
    return UsageFacet.objects.exclude(credential_id=EVERYBODY)


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def writer(folder):
    made = Spool(folder)
    yield made
    made.close()


@pytest.fixture
def write(writer, now):
    """Spools observations, at the test's time or so much later."""

    def written(*observations, later=timedelta()):
        at_ms = in_ms(now + later)
        writer.write([observation.line for observation in observations], at_ms=at_ms)

    return written


@pytest.fixture
def drainer(folder, monkeypatch):
    monkeypatch.setattr(drain, "REST_SECONDS", 0)
    return Drainer(folder)


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


def test_a_segment_whose_writer_is_gone_is_archived(write, writer, drainer, folder, now):
    write(seen())
    drainer.drain_once(now)
    (segment,) = spool.segments(folder)
    content = segment.read_bytes()
    writer.close()
    drainer.drain_once(now)

    assert not spool.segments(folder)
    assert gzip.decompress(archive.place(folder, segment.name).read_bytes()) == content
    assert archive.place(folder, segment.name).parent.name == f"{now:%Y%m%d}"
    assert holds(folder, now)["drained"] == 1


@pytest.mark.parametrize("step", ["fsync", "rename", "sync_folder", "unlink"])
def test_an_archive_that_stops_half_way_is_done_again_and_counts_nothing_twice(
    step, write, writer, drainer, folder, now, monkeypatch
):
    write(seen(), seen())
    writer.close()
    spool.node(folder)
    where = {"fsync": os, "rename": Path, "sync_folder": spool, "unlink": Path}[step]
    monkeypatch.setattr(where, step, lambda *_args, **_named: (_ for _ in ()).throw(OSError(step)))
    drainer.drain_once(now)
    monkeypatch.undo()
    assert holds(folder, now)["drained"] == 2

    Drainer(folder).drain_once(now)

    assert total() == everywhere(2)
    assert not spool.segments(folder)
    assert holds(folder, now) == {"records": 2, "drained": 2, "pending": 0, "rollup_difference": 0, "broken_frames": 0}


@pytest.mark.parametrize("table", [UsageMinute, UsageFacet, Credential])
def test_a_transaction_that_fails_counts_nothing_and_is_tried_again(table, write, drainer, now, monkeypatch):
    def fails(execute, sql, params, many, context):
        if f"{table._meta.db_table}" in sql.split("SELECT")[0]:
            raise DatabaseError("no")
        return execute(sql, params, many, context)

    write(*(seen(client=f"c{number}") for number in range(3)))
    with connection.execute_wrapper(fails):
        assert drainer.drain_once(now) == 0
    assert not UsageDay.objects.exists()
    assert UsageSegment.objects.get().position == 0
    assert not drainer._rollups._known

    assert drainer.drain_once(now) == 3
    assert total() == everywhere(3)


def test_two_drainers_of_a_node_count_once(write, folder, drainer, now):
    other = Drainer(folder)
    write(seen())
    drainer.drain_once(now)
    other.drain_once(now)
    write(seen())
    drainer.drain_once(now)

    assert other.drain_once(now) == 0  # it believes the second is not counted; its transaction finds that it is
    assert other.drain_once(now) == 0
    assert total() == everywhere(2)


@pytest.mark.parametrize("sqlstate", ["40P01", "55P03"])
def test_a_deadlock_or_a_lock_not_to_be_had_is_tried_again(write, drainer, now, sqlstate):
    failures = []

    def once(execute, sql, params, many, context):
        if "INTO keys_usageday" in sql and not failures:
            failures.append(sql)
            cause = DatabaseError()
            cause.sqlstate = sqlstate
            raise OperationalError from cause
        return execute(sql, params, many, context)

    write(seen())
    with connection.execute_wrapper(once):
        assert drainer.drain_once(now) == 1
    assert total() == everywhere(1)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_whoever_changes_a_credential_is_waited_for_less_long_than_a_deadlock_takes_to_be_found(write, drainer, now):
    write(seen())
    with CaptureQueriesContext(connection) as queries:
        drainer.drain_once(now)
    said = [query["sql"].strip() for query in queries]
    (moved,) = (place for place, sql in enumerate(said) if "SET last_used_at" in sql)

    assert said[moved - 1] == "SET LOCAL lock_timeout = 300"


def test_a_torn_end_is_told_and_all_before_it_is_counted(write, writer, drainer, folder, now, caplog):
    write(seen(), seen())
    writer.close()
    (segment,) = spool.segments(folder)
    with segment.open("ab") as file:
        file.write(spool.encoded([seen().line], in_ms(now))[:-5])
    drainer.drain_once(now)

    assert total() == everywhere(2)
    assert not spool.segments(folder)
    assert "is torn" in caplog.text
    assert holds(folder, now)["broken_frames"] == 1


def test_the_half_of_a_frame_of_a_living_writer_is_waited_for(write, drainer, folder, now):
    write(seen())
    (segment,) = spool.segments(folder)
    frame = spool.encoded([seen().line], in_ms(now))
    with segment.open("ab", buffering=0) as file:
        file.write(frame[:40])
        first = drainer.drain_once(now)
        file.write(frame[40:])

    assert (first, drainer.drain_once(now)) == (1, 1)


def test_a_segment_that_cannot_be_counted_stops_no_other(folder, drainer, now, caplog):
    bad, good = Spool(folder), Spool(folder)
    bad.write([b"this is no observation"], at_ms=in_ms(now))
    good.write([seen().line], at_ms=in_ms(now))

    assert drainer.drain_once(now) == 1
    assert "cannot be counted" in caplog.text
    assert holds(folder, now)["pending"] == 1
    bad.close(), good.close()


def test_a_segment_that_failed_is_left_alone_for_a_while(write, folder, now):
    rested = Drainer(folder)
    write(seen())
    with connection.execute_wrapper(lambda *_: (_ for _ in ()).throw(DatabaseError("no"))):
        rested.drain_once(now)

    assert rested.drain_once(now) == 0
    assert not UsageDay.objects.exists()


def test_a_large_backlog_is_counted_in_several_transactions(write, drainer, now, monkeypatch):
    monkeypatch.setattr(drain, "PIECE_SIZE", 500)
    monkeypatch.setattr(drain, "MOST_LINES", 2)
    for number in range(40):
        write(seen(client=f"c{number}"), seen(client=f"c{number}"))

    assert drainer.drain_once(now) == 80
    assert total() == everywhere(80)
    assert UsageSegment.objects.get().frames == 40


@pytest.fixture
def sizes(monkeypatch):
    """Of how many credentials each transaction counts; pieces are small, and 16 different lines are enough."""
    monkeypatch.setattr(drain, "PIECE_SIZE", 500)
    monkeypatch.setattr(drain, "MOST_LINES", 16)
    found, real = [], rollups.Rollups.add
    monkeypatch.setattr(rollups.Rollups, "add", lambda self, sums: found.append(len(sums.days)) or real(self, sums))
    return found


def test_many_different_lines_are_counted_in_several_transactions(write, drainer, now, sizes):
    for number in range(60):
        write(seen(credential=uuid.UUID(int=number), client=f"c{number}"))

    assert drainer.drain_once(now) == 60
    assert len(sizes) > 3
    assert max(sizes) <= 16


def test_the_same_lines_are_counted_in_one_however_many_they_are(write, drainer, now, sizes):
    for number in range(60):
        write(seen(credential=uuid.UUID(int=number % 3)), later=timedelta(milliseconds=number))

    assert (drainer.drain_once(now), sizes) == (60, [3])
    assert in_ms(UsageFacet.objects.latest("last_at").last_at) == in_ms(now + timedelta(milliseconds=59))


def test_only_the_process_that_holds_the_lock_drains(write, folder, drainer, monkeypatch):
    write(seen())
    stop = threading.Event()
    waits = []
    monkeypatch.setattr(stop, "wait", lambda seconds: waits.append(seconds) or stop.set())
    monkeypatch.setattr(drain.connection, "close", lambda: None)
    with (folder / "drain.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        drainer.run(stop)

    assert waits == [drain.STANDBY_SECONDS]
    assert not UsageSegment.objects.exists()


def test_the_drainer_outlives_a_database_that_is_away(write, drainer, monkeypatch, caplog):
    waits, stop = [], threading.Event()
    attempts = iter([OperationalError("away"), RuntimeError("odd"), OperationalError("away"), 5, 0])

    def attempt(_now):
        found = next(attempts)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(drainer, "drain_once", attempt)
    monkeypatch.setattr(
        stop, "wait", lambda seconds: waits.append(seconds) or (len(waits) > 5 and stop.set()) or stop.is_set()
    )
    monkeypatch.setattr(drain.connection, "close", lambda: None)
    drainer.run(stop)

    assert waits[:6] == [0, 0.5, 1, 2, drain.BUSY_SECONDS, drain.IDLE_SECONDS]
    assert caplog.text.count("waits in the spool") == 1  # a minute


def test_an_empty_segment_is_cleared_away(folder, drainer, now):
    (folder / "spool").mkdir()
    (folder / "spool" / "20260304-1-1.seg").touch()
    drainer.drain_once(now)

    assert not spool.segments(folder)
    assert not UsageSegment.objects.exists()


def test_a_late_segment_counts_for_its_own_day(write, drainer, folder, now):
    write(seen(), later=timedelta(days=-3))
    drainer.drain_once(now)

    assert UsageDay.objects.get().day == (now - timedelta(days=3)).date()
    assert holds(folder, now)["drained"] == 1
