"""Two nodes on one PostgreSQL: how long the other accepts what was revoked by the first, and whether it misses any."""

import contextlib
import os
import queue
import signal
import threading
import time

import psycopg

from tests.faults.database import REVOKE
from tests.faults.figures import Figures, account
from tests.faults.load import Load, percentile
from tests.faults.site import organization
from tests.server.asking import Connection, question

PROMISE = 1.0
"""Seconds after which no node may accept what was revoked on another."""
BETWEEN_QUESTIONS = 0.001
"""Seconds: asking without a pause would take the processor from those who are to bring the news."""
OPEN_SECONDS = 2.0
ID_OF = "SELECT id FROM keys_credential WHERE organization_id = %s AND kind = 'application_key'"
_connecting = threading.Lock()
LISTENERS = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND datname = %s"


def told(site, *, revocations=200, within=0.05):
    """Both nodes under light load; `within` is the 99th percentile that is promised, in seconds."""
    return _revocations(site, revocations, within, contextlib.nullcontext())


def untold(site, *, revocations=40, within=0.35):
    """The same while no notification arrives and nobody notices: PostgreSQL's processes that serve the listeners'
    connections stand still."""
    return _revocations(site, revocations, within, _silence(site.first.environment["DATABASE_URL"]))


def _revocations(site, revocations, within, channel):
    figures = Figures()
    with site.node() as here, site.node() as there:
        load = Load([here.url, there.url], site.questions(), clients=4, pause=0.02)
        with load, channel, _connections(here, 2) as near, _connections(there, 1) as far:
            turns = [_turn(site, here, near, far) for _ in range(revocations)]
        sizes = sorted(seconds * 1000 for _stale, seconds in turns)
        spread = {"p50": percentile(sizes, 50), "p99": percentile(sizes, 99), "max": percentile(sizes, 100)}
        stale = sum(stale for stale, _seconds in turns)
        figures.values |= {"revocations": revocations, "revocation_ms": spread, "stale_accepted": stale}
        figures.values["answer_ms_p99"] = percentile(load.latencies(), 99)
        figures.promise(not stale, f"{stale} questions accepted by the node that had revoked")
        figures.promise(spread["p99"] <= within * 1000, f"refused elsewhere after {spread['p99']} ms (p99)")
        figures.promise(spread["max"] <= PROMISE * 1000, f"refused elsewhere after {spread['max']} ms")
        account(figures, [here, there], load)
    return figures


def _turn(site, here, near, far):
    """Make a key and revoke it. How many connections of this node accept it afterwards; seconds until all of the other
    node refuse it."""
    identity, asked = site.new_key(here)
    if {one.status(asked.text) for one in (*near, *far)} != {200}:
        raise AssertionError("A new key is refused.")
    site.revoke(here, identity)
    begun = time.perf_counter()
    for one in near:
        one.send(question("/verify", {"DD-API-KEY": asked.text}))
    while {one.status(asked.text) for one in far} != {401} and time.perf_counter() - begun < 10 * PROMISE:
        time.sleep(BETWEEN_QUESTIONS)
    seconds = time.perf_counter() - begun
    return sum(one.answer()[0] != 401 for one in near), seconds


@contextlib.contextmanager
def _connections(node, count):
    """So many open connections to each worker: while one is made, all other workers stand still."""
    with contextlib.ExitStack() as stack:
        made, workers = [], node.workers()
        for only in workers * count:
            with _connecting, _standing_still(pid for pid in workers if pid != only):
                made.append(stack.enter_context(Connection(node.url)))
                made[-1].send(question())
                made[-1].answer()
        yield made


@contextlib.contextmanager
def _silence(database):
    with psycopg.connect(database, autocommit=True) as connection:
        listeners = [pid for (pid,) in connection.execute(LISTENERS, [database.rpartition("/")[2]])]
    if not listeners:
        raise AssertionError("Nobody listens.")
    with _standing_still(listeners):
        yield


@contextlib.contextmanager
def _standing_still(processes):
    stopped = []
    try:
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
            stopped.append(pid)
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


def many(site, *, keys=1000, threads=4):
    """Keys are made, remembered by both nodes, and revoked, by several at once and as fast as it goes, while another
    transaction that revokes stays open: whoever missed one would accept it for ever."""
    figures, jobs, revoked = Figures(), queue.SimpleQueue(), []
    for number in range(keys):
        jobs.put(number)
    with site.node() as here, site.node() as there:
        begun = time.perf_counter()
        makers = [threading.Thread(target=_make, args=(site, here, there, jobs, revoked)) for _ in range(threads)]
        for maker in makers:
            maker.start()
        late = _late(site, here, there)
        for maker in makers:
            maker.join()
        rate = len(revoked) / (time.perf_counter() - begun)
        time.sleep(PROMISE)
        with _connections(here, 1) as near, _connections(there, 1) as far:
            accepted = sum(one.status(text) != 401 for text in revoked for one in (*near, *far))
    figures.values |= {
        "revoked": len(revoked),
        "revoked_per_s": round(rate, 1),
        "stale_accepted": accepted,
        "late_commit_ms": round(late * 1000, 2),
    }
    figures.promise(len(revoked) == keys, f"{len(revoked)} of {keys} keys were made and revoked")
    figures.promise(not accepted, f"{accepted} revoked keys are accepted in the end")
    figures.promise(late < PROMISE, f"what was committed late is accepted {late:.2f} s after")
    return figures


def _make(site, here, there, jobs, revoked):
    with _connections(here, 1) as near, _connections(there, 1) as far, contextlib.suppress(queue.Empty):
        while True:
            jobs.get_nowait()
            identity, asked = site.new_key(here)
            for one in (*near, *far):
                one.status(asked.text)
            site.revoke(here, identity)
            revoked.append(asked.text)


def _late(site, here, there):
    """Seconds until all refuse a key that was revoked by a transaction that others began after and ended before."""
    keys = organization(site.first)
    with _connections(here, 1) as near, _connections(there, 1) as far:
        everywhere = (*near, *far)
        with psycopg.connect(site.first.environment["DATABASE_URL"]) as transaction:
            identity = transaction.execute(ID_OF, [keys["org_id"]]).fetchone()[0]
            transaction.execute(REVOKE, [identity])
            end = time.monotonic() + OPEN_SECONDS
            while time.monotonic() < end:
                if {one.status(keys["application_key"]) for one in everywhere} != {200}:
                    raise AssertionError("A key is refused before its revocation is committed.")
                time.sleep(BETWEEN_QUESTIONS)
        begun = time.perf_counter()
        while {one.status(keys["application_key"]) for one in everywhere} != {401}:
            if time.perf_counter() - begun > 10 * PROMISE:
                break
            time.sleep(BETWEEN_QUESTIONS)
    return time.perf_counter() - begun
