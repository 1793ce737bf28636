"""Whether every question that was asked under load was counted."""

import json
import sys
import time

from bench.contestants import Contestant
from bench.rounds import Stadium

PATIENCE = 60.0


def usage(stadium: Stadium, contestant: Contestant) -> str:
    """A sentence. RuntimeError if more or less is on file, or in the counts, than this contestant's house was asked."""
    found = _drained(stadium, contestant)
    asked, in_flight = stadium.asked[contestant.house.keys], stadium.in_flight[contestant.house.keys]
    records = found["records"]
    if not asked <= records <= asked + in_flight or found["rollup_difference"]:
        raise RuntimeError(f"{asked:,} questions were answered, {in_flight:,} more may have been asked. Found: {found}")
    words = f"{records:,} questions are on file: {asked:,} were answered, {records - asked} left without an answer."
    return f"{words} {found['drained']:,} of them are counted, each once."


def _drained(stadium: Stadium, contestant: Contestant) -> dict[str, int]:
    """What `prove_usage` says once nothing waits to be counted any more, or PATIENCE is at its end."""
    deadline = time.monotonic() + PATIENCE
    with stadium.hosting(contestant):
        while (found := _proof(contestant))["pending"] and time.monotonic() < deadline:
            time.sleep(1)
    return found


def _proof(contestant: Contestant) -> dict[str, int]:
    said = contestant.house.run(sys.executable, "manage.py", "prove_usage")
    found: dict[str, int] = json.loads(said.splitlines()[-1])
    return found
