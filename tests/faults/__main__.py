"""`make faults`: every run on both engines, in about four minutes. Prints a line for each, and as the last one a JSON
object of them all; exit status 1 names the promises that did not hold."""

import json
import sys
import time
from functools import partial

from tests import run
from tests.faults import connections, database, disk, killed, nodes
from tests.faults.site import prepared

EVERYWHERE = {"killed": killed.run, "disk full": disk.run, "told to end": connections.ended}
ON_SQLITE = {
    "locked": database.locked,
    "orphaned": connections.orphaned,
    "silent": connections.silent,
    "drained": connections.drained,
}
ON_POSTGRESQL = {
    "terminated": database.terminated,
    "revoked": nodes.told,
    "revoked, channel dead": nodes.untold,
    "revoked, many at once": nodes.many,
    "drained": connections.drained,
}
SUMS = ("answered", "lost", "doubled", "rollup_difference", "stale_accepted")


def main() -> int:
    """Run everything; 1 if a promise was broken."""
    run.install()
    with prepared() as site:
        found = {"sqlite": _all(site, EVERYWHERE | ON_SQLITE)}
    with run.cluster(synchronous_commit="on") as cluster, prepared(cluster.url) as site:
        cut_off = {"stopped": partial(database.stopped, cluster=cluster)}
        cut_off["frozen"] = partial(database.frozen, cluster=cluster)
        found["postgresql"] = _all(site, EVERYWHERE | ON_POSTGRESQL | cut_off)
    broken = [
        f"{engine}, {name}: {sentence}"
        for engine, runs in found.items()
        for name, figures in runs.items()
        for sentence in figures.broken
    ]
    for sentence in broken:
        print("BROKEN", sentence)
    print(json.dumps(_summary(found)))
    return bool(broken)


def _all(site, runs):
    """What each run found, but for those that cannot be done here."""
    found = {}
    for name, function in runs.items():
        if function is disk.run and (reason := disk.why_not()):
            print(f"{'':>6}  {name}: skipped. {reason}", flush=True)
            continue
        began = time.monotonic()
        found[name] = function(site.anew())
        print(f"{time.monotonic() - began:5.1f}s  {name}", flush=True)
        for what, value in found[name].values.items():
            print(f"{'':>10}{what:<26}{value}", flush=True)
    return found


def _summary(found):
    """The sums of all runs, the latencies of the one that measures them, and each run's own figures."""
    everything = [figures.values for runs in found.values() for figures in runs.values()]
    sums = {name: sum(values.get(name, 0) for values in everything) for name in SUMS}
    latency = {"revocation_ms": found["postgresql"]["revoked"].values["revocation_ms"]}
    each = {engine: {name: figures.values for name, figures in runs.items()} for engine, runs in found.items()}
    return sums | latency | {"runs": each}


if __name__ == "__main__":
    sys.exit(main())
