"""What was spooled is counted once, whatever fails or is killed on the way."""

import fcntl
import gzip
import os
import threading
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from keys.models import Credential, UsageDay, UsageFacet, UsageMinute, UsageSegment
from keys.usage import archive, drain, rollups, spool
from keys.usage.drain import Drainer
from keys.usage.spool import Spool
from tests.keys.spooling import everywhere, holds, in_ms, seen, total

pytestmark = pytest.mark.django_db


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


def test_whoever_drains_anew_asks_how_far_others_have_counted(write, folder, drainer, monkeypatch, now):
    stop, turn = threading.Event(), drainer._turn
    monkeypatch.setattr(drainer, "_turn", lambda pause: (turn(pause), stop.set())[0])
    monkeypatch.setattr(drain.connection, "close", lambda: None)
    monkeypatch.setattr(drain, "REST_SECONDS", 60)
    for _turn in range(2):
        write(seen())
        drainer.run(stop)
        stop.clear()
        write(seen())
        Drainer(folder).drain_once(now)

    assert total() == everywhere(4)
    assert not drainer._resting


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
