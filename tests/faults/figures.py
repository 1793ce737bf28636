"""What a run found: figures by name, and the promises that it saw broken."""

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.serving import ROOT

SETTLED_WITHIN = 30.0


@dataclass
class Figures:
    """Figures by name, and a sentence for each promise that did not hold."""

    values: dict = field(default_factory=dict)
    broken: list = field(default_factory=list)

    def promise(self, holds, sentence):
        """Note the sentence unless it holds."""
        if not holds:
            self.broken.append(sentence)


def account(figures, nodes, *loads):
    """Compare what clients read with what their nodes counted, once these have counted all that they spooled.

    `lost` were answered and not counted; `doubled` were counted, and can have been neither answered nor asked in vain.
    """
    summaries = [_settled(figures, node) for node in nodes]
    answered, doubtful = (sum((getattr(load, name) for load in loads), Counter()) for name in ("answered", "doubtful"))
    counted, difference = _counted(nodes, {client.network for load in loads for client in load.clients})
    figures.values |= {
        "answered": answered.total(),
        "lost": (answered - counted).total(),
        "doubled": (counted - answered - doubtful).total(),
        "logged_not_answered": (counted - answered).total(),
        "rollup_difference": max(summary["rollup_difference"] for summary in summaries) + difference,
        "broken_frames": sum(summary["broken_frames"] for summary in summaries),
    }
    for name in ("lost", "doubled", "rollup_difference"):
        figures.promise(not figures.values[name], f"{figures.values[name]} {name}")
    figures.promise(answered, "nothing was answered")


def _counted(nodes, networks):
    """Events by network and outcome, of these networks, as the nodes' segments have them; and how many of them the
    roll-ups by network hold more, or fewer."""
    counted, good, rollups = Counter(), Counter(), Counter()
    for node in nodes:
        told = json.loads(_process(node, "-m", "tests.faults.counted").stdout.splitlines()[-1])
        rollups = Counter(
            {(network, is_good): times for network, is_good, times in told["networks"] if network in networks}
        )
        for network, outcome, times in told["events"]:
            if network in networks:
                counted[network, outcome] += times
                good[network, outcome == "valid"] += times
    return counted, ((good - rollups) + (rollups - good)).total()


def _settled(figures, server):
    """What the proof says once nothing is pending."""
    deadline = time.monotonic() + SETTLED_WITHIN
    while True:
        done = _process(server, "manage.py", "prove_usage")
        summary = json.loads(done.stdout.splitlines()[-1])
        if done.returncode or not summary["pending"] or time.monotonic() > deadline:
            figures.promise(not done.returncode, f"prove_usage: {done.stderr}")
            figures.promise(not summary["pending"], f"{summary['pending']} are not counted")
            return summary
        time.sleep(0.2)


def _process(server, *arguments):
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=server.environment, capture_output=True, text=True, check=False)
