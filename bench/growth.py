"""`make growth`: /verify with a thousand, a hundred thousand and a million keys, and the usage page with ten thousand
and ten million uses, on both engines. Prints tables and, last, what growing cost as one line of JSON.

ROUNDS (3) and SECONDS of each run (3) may be set in the environment.
"""

import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import houses, packages
from bench.contestants import GUNICORN, HOT, NO_CACHE, Contestant
from bench.engines import Engine, engine
from bench.houses import House
from bench.rounds import Stadium
from bench.table import ratio, table

SIZES = (1_000, 100_000, 1_000_000)
EVENTS = (10_000, 10_000_000)


def main() -> None:
    """Both engines, one after the other."""
    packages.need("wrk", "wrk")
    found = {}
    for name in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory(prefix="keyhouse-growth-") as folder, engine(name, Path(folder)) as databases:
            print(f"\n{name}\n", flush=True)
            found[name] = _verify(databases) | _usage_page(databases)
    print(json.dumps(found))


def _verify(databases: Engine) -> dict[str, Any]:
    """How many times slower the largest is than the smallest: answers from the cache, without it, and the look-up. As
    many keys are asked of each, else counting more different ones would be measured too; the look-ups are of keys from
    all over the table."""
    homes = {size: _home(databases, size) for size in SIZES}
    able = [contestant for size, home in homes.items() for contestant in _contestants(size, home)]
    stadium = Stadium(databases, float(os.environ.get("SECONDS", "3")))
    rounds = [stadium.round(able) for _ in range(int(os.environ.get("ROUNDS", "3")))]
    lookups = {size: float(home.run(sys.executable, "-m", "bench.lookup")) for size, home in homes.items()}
    print(table(able, rounds), "", sep="\n")
    for size, microseconds in lookups.items():
        print(f"Judging one of {size:,} without a cache: {microseconds:.0f} µs.")
    first, last = SIZES[0], SIZES[-1]
    return {
        "cached": ratio(rounds, f"cached {first}", f"cached {last}"),
        "uncached": ratio(rounds, f"uncached {first}", f"uncached {last}"),
        "lookup": round(lookups[last] / lookups[first], 3),
    }


def _home(databases: Engine, size: int) -> House:
    print(f"Preparing {size:,} keys …", file=sys.stderr, flush=True)
    return houses.keyhouse(databases, size)


def _contestants(size: int, home: House) -> list[Contestant]:
    cached = Contestant(f"cached {size}", f"{size:,} keys, cached", home, GUNICORN, hot=HOT)
    return [
        cached,
        replace(cached, name=f"uncached {size}", label=f"{size:,} keys, no cache", settings=NO_CACHE),
    ]


def _usage_page(databases: Engine) -> dict[str, Any]:
    """How many queries the page takes with few uses and with many, and how many times longer."""
    visits = []
    for events in EVENTS:
        home = houses.keyhouse(databases, 200, name=f"usage_{events}")
        visits.append(json.loads(home.run(sys.executable, "-m", "bench.usage_page", str(events))))
        print(f"The usage page over {events:,} uses: {visits[-1]}", flush=True)
    few, many = (visit["milliseconds"] for visit in visits)
    return {
        "usage_page": round(many / few, 3) if few else None,
        "usage_page_queries": [visit["queries"] for visit in visits],
    }


if __name__ == "__main__":
    main()
