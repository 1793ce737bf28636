"""What gateways' connections go through: a stop under load, silence, and a drainer beside the loop that answers."""

import contextlib
import fcntl
import os
import signal
import time
from pathlib import Path

from tests.faults.figures import Figures, account
from tests.faults.load import Load, percentile
from tests.server.asking import Connection

KEEPALIVE = 15.0
"""Seconds for which a connection may be silent, as console.gunicorn_conf has it."""
LATE = 3.0
STOPPED_WITHIN = 5.0
"""Seconds that a stop may take where no client is slow."""


def ended(site):
    """The node is told to end while its clients go on asking."""
    return _stopping(site, signal.SIGTERM)


def orphaned(site):
    """Its first process is killed, and the workers find themselves alone."""
    return _stopping(site, signal.SIGKILL)


def _stopping(site, how):
    """The first process of a node gets this signal under load; then the node is started again."""
    figures = Figures()
    with site.node() as node:
        workers = node.workers()
        with Load([node.url], site.questions(), clients=20, pause=0.02) as load:
            time.sleep(1.0)
            began = time.perf_counter()
            os.kill(node.process.pid, how)
            node.process.wait(2 * STOPPED_WITHIN)
            left = _still_running(workers, until=began + STOPPED_WITHIN)
            took = time.perf_counter() - began
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        figures.values |= {
            "stopped_after_s": round(took, 2),
            "answers_meanwhile": dict(sorted(load.statuses(began).items())),
            "connections": {" ".join(ends): times for ends, times in sorted(load.broken.items())},
            "unanswered": load.doubtful.total(),
        }
        figures.promise(not left, f"{len(left)} workers still run after {took:.1f} s")
        cut = load.broken["closed", "asked"] + load.broken["closed", "idle"]
        figures.promise(not cut, f"{cut} connections in use were closed without a word")
        figures.promise(not load.statuses(began)[503], "503 while it stops")
        figures.promise(not load.surprises, f"answers that nobody expected: {dict(load.surprises)}")
        node.start()
        account(figures, [node], load)
    return figures


def _still_running(workers, *, until):
    """Those that run at that moment; none as soon as none does."""
    while left := [pid for pid in workers if Path(f"/proc/{pid}").exists()]:
        if time.perf_counter() > until:
            break
        time.sleep(0.02)
    return left


def silent(site):
    """A connection that asks nothing is closed in time, one that asks now and then is not."""
    figures = Figures()
    key = site.keys["api_key"]
    with site.node() as node, Connection(node.url) as quiet, Connection(node.url) as asking:
        began = time.perf_counter()
        quiet.status(key)
        closed_after = None
        while time.perf_counter() - began < KEEPALIVE + LATE:
            asking.status(key)
            if closed_after is None and quiet.is_closed(within=0.5):
                closed_after = time.perf_counter() - began
    figures.values |= {"closed_after_s": closed_after and round(closed_after, 1)}
    figures.promise(closed_after and closed_after >= KEEPALIVE, f"closed after {closed_after} s")
    return figures


def drained(site, *, seconds=5.0):
    """How long answers take at full load while nobody drains the spool, and while one worker does."""
    figures = Figures()
    with contextlib.ExitStack() as stack:
        folder = site.folder / "drained"
        (folder / "usage").mkdir(parents=True)
        lock = stack.enter_context((folder / "usage" / "drain.lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        node = stack.enter_context(site.node(folder=folder))
        with Load([node.url], site.questions(), clients=16) as load:
            time.sleep(seconds)
            fcntl.flock(lock, fcntl.LOCK_UN)
            free = time.perf_counter()
            time.sleep(seconds + 1.0)
        for name, since, until in (("alone", 0.0, free), ("draining", free + 1.0, float("inf"))):
            sizes = load.latencies(since, until)
            figures.values[f"{name}_ms"] = {f"p{percent}": percentile(sizes, percent) for percent in (50, 99, 100)}
            figures.values[f"{name}_per_s"] = round(len(sizes) / seconds)
        account(figures, [node], load)
    return figures
