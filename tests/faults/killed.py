"""Workers are killed under load, then everything at once: what was answered is counted, and once."""

import os
import random
import signal
import time

from tests.faults.figures import Figures, account
from tests.faults.load import Load, percentile

BETWEEN_KILLS = (0.2, 0.6)


def run(site, *, seconds=12.0, workers=4, clients=20):
    """Kill a worker every 0.4 s or so, then the whole node, which is started again while its clients go on asking."""
    figures, kills, chance = Figures(), 0, random.Random(11)
    with site.node(WORKERS=str(workers)) as node:
        with Load([node.url], site.questions(), clients=clients) as load:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                time.sleep(chance.uniform(*BETWEEN_KILLS))
                kills += _kill_one(node, chance)
            node.kill()
            node.start()
            restarted = time.perf_counter()
            time.sleep(1.0)
        figures.values |= {
            "kills": kills,
            "unanswered": load.doubtful.total(),
            "answer_ms_p99": percentile(load.latencies(), 99),
            "answered_after_restart": sum(load.statuses(restarted).values()),
        }
        figures.promise(not load.surprises, f"answers that nobody expected: {dict(load.surprises)}")
        figures.promise(figures.values["answered_after_restart"], "nothing is answered after the restart")
        account(figures, [node], load)
    return figures


def _kill_one(node, chance):
    """How many were killed: none while the master is starting the first."""
    workers = node.workers()
    if workers:
        os.kill(chance.choice(workers), signal.SIGKILL)
    return bool(workers)
