"""`make bench`: /verify beside what else could answer. Prints a table and, last, the ratios as one line of JSON.

ROUNDS (3), SECONDS of each run (5) and ENGINE (postgresql, or sqlite) may be set in the environment.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from bench import contestants, load, packages, proof
from bench.engines import engine
from bench.rounds import Round, Stadium
from bench.table import ratio, table

BARS = {
    "vs_bare": 0.75,
    "vs_drf_api_key": 17.0,
    "vs_better_auth": 20.0,
    "vs_better_auth_fastest": 5.0,
    "uncached_vs_drf_api_key": 2.5,
    "churn_vs_calm": 0.9,
}
"""What Keyhouse promises itself."""


def main() -> None:
    """Prepare everybody, time them in rounds, print what was seen."""
    packages.need("wrk", "wrk")
    rounds, seconds = int(os.environ.get("ROUNDS", "3")), float(os.environ.get("SECONDS", "5"))
    name = os.environ.get("ENGINE", "postgresql")
    with tempfile.TemporaryDirectory(prefix="keyhouse-bench-") as folder, engine(name, Path(folder)) as databases:
        able = contestants.entered(databases, contestants.ours, contestants.django, contestants.better_auth)
        stadium = Stadium(databases, seconds)
        seen = []
        for number in range(rounds):
            print(f"Round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            seen.append(stadium.round(able))
        cached, uncached = (one for one in able if one.name in {"cached", "uncached"})
        entry = float(uncached.house.run(sys.executable, "-m", "bench.entries"))
        counted = proof.usage(stadium, cached)
    print(f"\n{name}, {rounds} rounds of {seconds:g} s, {load.CONNECTIONS} connections, 2 worker processes each\n")
    print(table(able, seen))
    print(f"\nOne cached entry costs {entry:,.0f} bytes in each worker.")
    print(_churn(seen))
    print(counted)
    print(_verdicts(ratios(seen)))
    print(json.dumps(ratios(seen)))


def ratios(rounds: list[Round]) -> dict[str, float | None]:
    """Keyhouse against each of the others; None for what could not run."""
    drf = ("drf_gthread", "drf_sync")
    return {
        "vs_bare": ratio(rounds, "cached", "bare"),
        "vs_drf_api_key": ratio(rounds, "cached", *drf),
        "vs_better_auth": ratio(rounds, "cached", "better_auth_installed"),
        "vs_better_auth_fastest": ratio(rounds, "cached", "better_auth_fastest"),
        "uncached_vs_drf_api_key": ratio(rounds, "uncached", *drf),
        "churn_vs_calm": ratio(rounds, "churn", "cached"),
    }


def _churn(rounds: list[Round]) -> str:
    revoked, late = (sum(each["churn"].churn[word] for each in rounds) for word in ("revoked", "late"))
    return f"{revoked} keys were revoked under load; of the questions asked right after, {late} let one in."


def _verdicts(found: dict[str, float | None]) -> str:
    lines = [
        f"{name}: {value:.2f}, promised {BARS[name]:g}{'' if value >= BARS[name] else ': MISSED'}"
        for name, value in found.items()
        if value is not None
    ]
    return "\n".join(["", *lines, ""])


if __name__ == "__main__":
    main()
