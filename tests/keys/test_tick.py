"""Timed work: every job runs, once, whoever asks; what fails is told and stops nothing else."""

import sys
import threading
import time
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder

from keys import tick, ticker
from keys.models import TickRun
from keys.tick import Job, Result

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def done():
    """The jobs that ran, in order."""
    return []


@pytest.fixture
def job(done):
    def made(name, *, raises=None, items=1):
        def run(now):
            done.append(name)
            if raises:
                raise raises
            return items

        return Job(name, run)

    return made


def ticked(jobs, now, **named):
    return list(tick.run(lambda: now, jobs=jobs, **named))


def test_each_job_runs_and_says_how_many_things_it_did(job, done, now):
    results = ticked([job("a", items=3), job("b", items=0)], now)

    assert done == ["a", "b"]
    assert [str(result) for result in results] == ["a: 3 done", "b: 0 done"]
    run = TickRun.objects.get(job="a")
    assert (run.holder, run.started_at, run.finished_at, run.items, run.error) == (None, now, now, 3, "")


def test_one_that_fails_says_so_and_stops_none_of_the_others(job, done, now):
    failing, after = ticked([job("a", raises=ValueError("with a secret")), job("b")], now)

    assert (failing.error, after.error, done) == ("ValueError", "", ["a", "b"])
    assert TickRun.objects.get(job="a").error == "ValueError"
    (mended,) = ticked([job("a")], now + MINUTE)
    assert TickRun.objects.get(job="a").error == mended.error == ""


def test_a_job_that_runs_elsewhere_is_skipped(job, done, now):
    def run(at):
        (inner,) = ticked([outer], at + MINUTE)
        done.append(inner)
        return 1

    outer = Job("a", run)
    ticked([outer], now)

    assert done == [Result("a", was_skipped=True)]


def test_one_that_was_killed_is_run_again_when_its_lease_ends(job, done, now):
    class Killed(BaseException):
        pass

    with pytest.raises(Killed):
        ticked([job("a", raises=Killed())], now)
    assert ticked([job("a")], now + tick.LEASE - MINUTE)[0].was_skipped
    assert ticked([job("a")], now + tick.LEASE)[0].items == 1


def test_one_that_outlives_its_lease_does_not_undo_its_successors(job, now):
    def run(at):
        ticked([Job("a", lambda _now: 7)], at + tick.LEASE)
        return 1

    ticked([Job("a", run)], now)

    assert TickRun.objects.get(job="a").items == 7


def test_a_clock_set_back_holds_nobody_up(job, done, now):
    ticked([job("a")], now)
    TickRun.objects.update(holder="11111111-1111-4111-8111-111111111111")

    assert not ticked([job("a")], now - timedelta(days=1))[0].was_skipped


def test_what_has_just_run_is_left_alone_when_asked_to(job, now):
    ticked([job("a")], now)

    assert ticked([job("a")], now + MINUTE / 3, unless_since=MINUTE / 2)[0].was_skipped
    assert not ticked([job("a")], now + MINUTE, unless_since=MINUTE / 2)[0].was_skipped
    assert not ticked([job("a")], now + MINUTE)[0].was_skipped


def test_how_it_stands_is_one_query(now, django_assert_num_queries):
    ticked(tick.JOBS, now)
    with django_assert_num_queries(1):
        states = tick.states(now + MINUTE)

    assert [state.job for state in states] == [job.name for job in tick.JOBS]
    assert not any(state.is_late or state.has_failed for state in states)
    assert all(state.is_late for state in tick.states(now + tick.LATE + MINUTE))


def test_what_never_ran_is_late_once_it_could_have_been_done(now):
    MigrationRecorder.Migration.objects.update(applied=now)

    for waited, is_late in ((tick.LATE, False), (tick.LATE + MINUTE, True)):
        assert {(state.is_late, state.lag) for state in tick.states(now + waited)} == {(is_late, None)}


def test_the_command_prints_a_line_for_each_job(capsys):
    call_command("tick")

    assert capsys.readouterr().out.splitlines() == [f"{job.name}: 0 done" for job in tick.JOBS]


def test_the_command_fails_when_a_job_does_and_runs_the_rest(capsys, job, done, monkeypatch):
    monkeypatch.setattr(tick, "JOBS", (job("a", raises=ValueError()), job("b")))

    with pytest.raises(CommandError, match="failed: a"):
        call_command("tick")
    assert done == ["a", "b"]
    assert capsys.readouterr().out.splitlines() == ["a: failed, ValueError", "b: 1 done"]


@pytest.fixture
def ticking(monkeypatch, tmp_path):
    """A server's ticker that is quick, and runs this program instead of a tick; whether one is due is always so."""

    def started(program, is_due=lambda _now: True):
        monkeypatch.setattr(ticker, "FIRST_SECONDS", 0.001)
        monkeypatch.setattr(ticker, "LOOK_SECONDS", 0.01)
        monkeypatch.setattr(ticker, "END_SECONDS", 0.2)
        monkeypatch.setattr(ticker, "COMMAND", (sys.executable, "-c", program, str(tmp_path / "ran")))
        monkeypatch.setattr(tick, "EVERY", timedelta(milliseconds=1))
        monkeypatch.setattr(tick, "is_due", is_due)
        monkeypatch.setattr(ticker, "close_old_connections", lambda: None)
        running = ticker.Ticker()
        running.start()
        return running, tmp_path / "ran"

    return started


def soon(holds):
    deadline = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()


NOTE = "import sys; open(sys.argv[1], 'a').write('x')"


def test_a_server_ticks_by_itself_again_and_again_and_stops(ticking):
    running, ran = ticking(NOTE)

    assert soon(lambda: ran.exists() and len(ran.read_text()) >= 2)
    running.stop()
    assert not running._thread.is_alive()


def test_a_server_that_stops_does_not_wait_long_for_a_tick(ticking):
    running, ran = ticking(NOTE + "; import time; time.sleep(60)")

    assert soon(lambda: ran.exists() and ran.read_text())
    began = time.monotonic()
    running.stop()
    assert time.monotonic() - began < ticker.STOP_SECONDS
    assert not running._thread.is_alive()


def test_a_server_goes_on_after_a_tick_that_could_not_be_made(ticking):
    tries = threading.Semaphore(0)

    def is_due(_now):
        tries.release()
        raise OSError("away")

    running, ran = ticking(NOTE, is_due)

    assert all(tries.acquire(timeout=5) for _ in range(3))
    running.stop()
    assert not ran.exists()


def test_it_is_due_until_every_job_was_begun_lately(now):
    assert tick.is_due(now)
    list(tick.run(lambda: now))

    assert [tick.is_due(now + tick.EVERY * part) for part in (0, 0.4, 0.6)] == [False, False, True]
    assert tick.is_due(now - tick.EVERY)


def test_what_was_begun_just_now_is_left_out_where_that_is_asked_for(capsys):
    call_command("tick")
    call_command("tick", "--if-due")

    assert capsys.readouterr().out.count("skipped") == len(tick.JOBS)
