"""The database stops, freezes, ends its connections or is locked, under load: nothing is answered that cannot be known,
nothing that was answered is uncounted, and all heals by itself."""

import contextlib
import signal
import sqlite3
import time

import psycopg

from tests.faults.figures import Figures, account
from tests.faults.load import Load, percentile

CUT_OFF_WITHIN = HEALED_WITHIN = 5.0
"""Seconds until a node that cannot reach its database answers 503, and until one that can again answers 200."""
REVOKED_WITHIN = 1.0
REVOKE = "UPDATE keys_credential SET revoked_at = now() WHERE id = %s"
END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


def stopped(site, cluster, *, seconds=7.0):
    """PostgreSQL stops as by a crash and starts again; a key is revoked before a node may have noticed."""
    figures = Figures()
    with _watched(site, figures) as (load, watch, identity):
        began = time.perf_counter()
        cluster.stop()
        time.sleep(seconds)
        ended = time.perf_counter()
        cluster.start()
        _revoke(site, identity)
        revoked = time.perf_counter()
        time.sleep(HEALED_WITHIN)
    _cut_off(figures, load, began, ended)
    figures.values["revoked_accepted_for_ms"] = round(watch.last(200, revoked) * 1000, 2)
    figures.promise(watch.last(200, revoked) < REVOKED_WITHIN, "a revoked key is accepted after the database is back")
    return figures


def frozen(site, cluster, *, seconds=7.0):
    """PostgreSQL's processes stand still and go on; a key was revoked the moment before."""
    figures = Figures()
    with _watched(site, figures) as (load, watch, identity):
        _revoke(site, identity)
        began = time.perf_counter()
        cluster.signal(signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            cluster.signal(signal.SIGCONT)
        ended = time.perf_counter()
        time.sleep(HEALED_WITHIN)
    _cut_off(figures, load, began, ended)
    figures.values["revoked_accepted_for_ms"] = round(watch.last(200, began) * 1000, 2)
    figures.promise(watch.last(200, began) < CUT_OFF_WITHIN, "a revoked key is accepted by a node that is cut off")
    figures.promise(not watch.statuses(ended)[200], "a revoked key is accepted after the database goes on")
    return figures


@contextlib.contextmanager
def _watched(site, figures):
    """A node under load, and a key of its own that is asked about all the time; in the end, what was counted."""
    with site.node() as node:
        identity, question = site.new_key(node)
        load = Load([node.url], site.questions(), clients=8, pause=0.003)
        watch = Load([node.url], [question], clients=4, pause=0.002)
        with load, watch:
            time.sleep(0.5)
            yield load, watch, identity
        figures.promise(not load.surprises, f"answers that nobody expected: {dict(load.surprises)}")
        account(figures, [node], load, watch)


def _cut_off(figures, load, began, ended):
    """What a node answered while it had no database, and after."""
    good, healed = load.last(200, began, until=ended), load.first(200, ended)
    figures.values |= {
        "last_200_after_s": round(good, 2),
        "answers_meanwhile": dict(sorted(load.statuses(began, ended).items())),
        "healed_after_s": round(healed or float("inf"), 2),
        "slowest_503_ms": round(max(one.seconds for one in load.answers if one.status == 503) * 1000),
    }
    figures.promise(good < CUT_OFF_WITHIN, f"200 for {good:.2f} s without a database")
    figures.promise(load.statuses(began, ended)[503], "no 503 without a database")
    figures.promise(not load.without_retry_after, "503 without Retry-After")
    figures.promise(healed and healed < HEALED_WITHIN, f"healed after {healed} s")


def _revoke(site, identity):
    """By SQL, past every node."""
    with psycopg.connect(site.first.environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(REVOKE, [identity])


def terminated(site, *, seconds=3.0):
    """Every connection to the database is ended, again and again."""
    figures, ended = Figures(), 0
    with _watched(site, figures) as (load, _watch, _identity):
        database = site.first.environment["DATABASE_URL"]
        with psycopg.connect(database, autocommit=True) as connection:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                ended += connection.execute(END_ALL, [database.rpartition("/")[2]]).rowcount
                time.sleep(0.2)
        healing = time.perf_counter()
        time.sleep(1.0)
    healed = load.first(200, healing)
    figures.values |= {"ended": ended, "answers": dict(sorted(load.statuses().items()))}
    figures.promise(healed and healed < REVOKED_WITHIN, f"healed after {healed} s")
    return figures


def locked(site, *, seconds=10.0):
    """Another process holds the lock without which nothing is written to SQLite."""
    figures = Figures()
    with _watched(site, figures) as (load, _watch, _identity):
        file = site.first.environment["DATABASE_URL"].removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(file, isolation_level=None, timeout=20)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.perf_counter()
            time.sleep(seconds)
            ended = time.perf_counter()
            other.rollback()
    meanwhile = load.statuses(began, ended)
    figures.values |= {"answers_meanwhile": dict(sorted(meanwhile.items()))}
    figures.values["answer_ms_p99"] = percentile(load.latencies(began, ended), 99)
    figures.promise(not meanwhile[503], "503 although the database can be read")
    return figures
