"""Rounds: everybody is timed once, one after the other, and then everybody again.

What else the machine does changes from minute to minute; within a round it is about the same for all, so ratios are
taken inside a round. A run that others took much of the processor from is run again.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench import load, machine
from bench.contestants import FEW, HOT, Contestant
from bench.engines import Engine
from bench.houses import ROOT
from bench.load import Load
from bench.running import Running, running

WARM_UP = 2.0
BUSY = 0.10
"""Share of the machine that others may take before a run is repeated."""
TRIES = 3
PAUSE = 5.0


@dataclass(frozen=True)
class Run:
    """One contestant, once: its load, the processor time its server (with its database) took, the bytes of a worker,
    the share of the machine that others took, and what revoking meanwhile came to."""

    load: Load
    cpu: float
    resident: float
    foreign: float
    churn: dict[str, int] = field(default_factory=dict)


Round = dict[str, Run]


@dataclass
class Stadium:
    """Times contestants. `asked` counts the questions by the house's file of keys, `in_flight` those that may have been
    asked too: wrk leaves without waiting for its last answers."""

    engine: Engine
    seconds: float
    asked: Counter[Path] = field(default_factory=Counter)
    in_flight: Counter[Path] = field(default_factory=Counter)
    churned: int = 0

    def round(self, contestants: list[Contestant]) -> Round:
        """Everybody once."""
        return {contestant.name: self.run(contestant) for contestant in contestants}

    def run(self, contestant: Contestant) -> Run:
        """The first of TRIES runs that others left alone, else the last."""
        for left in reversed(range(TRIES)):
            run = self._once(contestant)
            print(f"  {contestant.label}: {run.load.rate:,.0f}/s", file=sys.stderr, flush=True)
            if run.foreign <= BUSY:
                return run
            words = "trying again" if left else "taken as it is"
            print(f"  Others took {run.foreign:.0%} of the machine: {words}.", file=sys.stderr, flush=True)
            time.sleep(PAUSE * bool(left))
        return run

    def _once(self, contestant: Contestant) -> Run:
        if contestant.churn:
            self.churned += 1  # on keys that no run has revoked yet
            contestant = replace(contestant, first=(HOT * self.churned) % FEW)
        with self.hosting(contestant) as server:
            self.load(server, WARM_UP)
            with churning(server, self.seconds) as churn, measured(server, self.engine) as costs:
                seen = self.load(server, self.seconds)
            resident = machine.resident(server.process.pid, workers=2)
        return Run(seen, costs["cpu"], resident, costs["foreign"], churn)

    @contextmanager
    def hosting(self, contestant: Contestant) -> Iterator[Running]:
        """The contestant's server, as long as it is needed; what it was asked is added up afterwards."""
        with running(contestant) as server:
            yield server
        if contestant.judges:
            self.asked[contestant.house.keys] += server.asked
            self.in_flight[contestant.house.keys] += server.loads * load.CONNECTIONS

    def load(self, server: Running, seconds: float) -> Load:
        """Ask for so long. RuntimeError if many more, or fewer, were refused than are to be."""
        contestant = server.contestant
        seen = load.run(server.url, contestant.header, server.questions, seconds=seconds)
        server.asked += seen.requests
        server.loads += 1
        lowest, highest = (0.005, 0.10 if contestant.churn else 0.015) if contestant.judges else (0, 0)
        if not lowest <= seen.refused / seen.requests <= highest:
            raise RuntimeError(f"{contestant.label} refused {seen.refused:,} of {seen.requests:,} questions.")
        return seen


@contextmanager
def measured(server: Running, engine: Engine) -> Iterator[dict[str, float]]:
    """Fills in `cpu`, seconds the server and its database spent, and `foreign`, the machine's share others took."""
    costs: dict[str, float] = {}
    servers = [server.process.pid, *filter(None, [engine.pid])]
    everything = [os.getpid(), *filter(None, [engine.pid])]
    at, busy, cpu, known = time.monotonic(), machine.busy(), machine.spent(*servers), machine.spent(*everything)
    yield costs
    capacity = (time.monotonic() - at) * machine.CORES
    costs["cpu"] = machine.spent(*servers) - cpu
    foreign = machine.busy() - busy - (machine.spent(*everything) - known)
    costs["foreign"] = max(0.0, foreign / capacity)


@contextmanager
def churning(server: Running, seconds: float) -> Iterator[dict[str, int]]:
    """Keys are revoked meanwhile, if the contestant is to bear that; fills in what came of it."""
    said: dict[str, int] = {}
    contestant = server.contestant
    if not contestant.churn:
        yield said
        return
    words = [server.port, contestant.first, contestant.hot, seconds]
    command = [sys.executable, "-m", "bench.churn", *(str(word) for word in words)]
    environment = contestant.house.environment
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        process.stdin.write("go\n")
        process.stdin.flush()
        yield said
        said |= json.loads(process.communicate()[0])
        server.asked += said["asked"]
