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

    `lost` were answered and not counted; `doubled` were counted, and can have been neither answered nor asked in vain:
    by the events, which know the outcome, or by the roll-ups, which know whether it was good.
    """
    summaries = [_settled(figures, node) for node in nodes]
    answered, doubtful = (sum((getattr(load, name) for load in loads), Counter()) for name in ("answered", "doubtful"))
    events, rollups = _counted(nodes, {client.network for load in loads for client in load.clients})
    summed, known, perhaps = _by_goodness(events), _by_goodness(answered), _by_goodness(doubtful)
    figures.values |= {
        "answered": answered.total(),
        "lost": max((answered - events).total(), (known - rollups).total()),
        "doubled": max((events - answered - doubtful).total(), (rollups - known - perhaps).total()),
        "logged_not_answered": (events - answered).total(),
        "rollup_difference": max(
            *(summary["rollup_difference"] for summary in summaries),
            ((summed - rollups) + (rollups - summed)).total(),
        ),
        "broken_frames": sum(summary["broken_frames"] for summary in summaries),
    }
    for name in ("lost", "doubled", "rollup_difference"):
        figures.promise(not figures.values[name], f"{figures.values[name]} {name}")
    figures.promise(answered, "nothing was answered")


def _counted(nodes, networks):
    """What the nodes' segments and the roll-ups have of these networks: events by network and outcome, and their number
    by network and whether they were good."""
    events, rollups = Counter(), Counter()
    for node in nodes:
        told = json.loads(_process(node, "-m", "tests.faults.counted").stdout.splitlines()[-1])
        rollups = Counter({(network, is_good): n for network, is_good, n in told["networks"] if network in networks})
        events.update({(network, outcome): n for network, outcome, n in told["events"] if network in networks})
    return events, rollups


def _by_goodness(by_outcome):
    found = Counter()
    for (network, outcome), times in by_outcome.items():
        found[network, outcome == "valid"] += times
    return found


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
