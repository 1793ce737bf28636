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
PATIENCE = 10.0
"""Seconds to wait for others to be done before a run."""


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
        """The first of TRIES runs that others left alone, else the calmest."""
        runs: list[Run] = []
        while len(runs) < TRIES:
            self._wait_for_calm()
            runs.append(self._once(contestant))
            share, rate = runs[-1].foreign, runs[-1].load.rate
            busy = f"; others took {share:.0%} of the machine" if share > BUSY else ""
            print(f"  {contestant.label}: {rate:,.0f}/s{busy}", file=sys.stderr, flush=True)
            if not busy:
                break
        return min(runs, key=lambda run: run.foreign)

    def _wait_for_calm(self) -> None:
        """For a second that others leave to us, but not for ever."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with measured(self.engine) as costs:
                time.sleep(1)
            if costs["foreign"] <= BUSY:
                return

    def _once(self, contestant: Contestant) -> Run:
        if contestant.churn:
            self.churned += 1  # on keys that no run has revoked yet
            contestant = replace(contestant, first=(HOT * self.churned) % FEW)
        with self.hosting(contestant) as server:
            self.load(server, WARM_UP)
            with churning(server, self.seconds) as churn, measured(self.engine, server.process.pid) as costs:
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
        seen = load.run(server.url, contestant.header, server.questions, seconds=seconds, differs=contestant.differs)
        server.asked += seen.requests
        server.loads += 1
        lowest, highest = (0.005, 0.10 if contestant.churn else 0.015) if contestant.judges else (0, 0)
        if not lowest <= seen.refused / seen.requests <= highest:
            raise RuntimeError(f"{contestant.label} refused {seen.refused:,} of {seen.requests:,} questions.")
        return seen


@contextmanager
def measured(engine: Engine, *servers: int) -> Iterator[dict[str, float]]:
    """Fills in `cpu`, seconds these processes and the database spent, and `foreign`, the share others took."""
    costs: dict[str, float] = {}
    database = [engine.pid] if engine.pid else []
    at, busy = time.monotonic(), machine.busy()
    cpu, ours = machine.spent(*servers, *database), machine.spent(os.getpid(), *database)
    yield costs
    foreign = machine.busy() - busy - (machine.spent(os.getpid(), *database) - ours)
    costs["cpu"] = machine.spent(*servers, *database) - cpu
    costs["foreign"] = max(0.0, foreign / (time.monotonic() - at) / machine.CORES)


@contextmanager
def churning(server: Running, seconds: float) -> Iterator[dict[str, int]]:
    """Keys are revoked meanwhile, if the contestant is to bear that; fills in what came of it."""
    said: dict[str, int] = {}
    contestant = server.contestant
    if not contestant.churn:
        yield said
        return
    words = [contestant.house.keys.parent, server.port, contestant.first, contestant.hot, seconds]
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
