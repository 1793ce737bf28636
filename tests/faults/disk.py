"""The disk of the usage spool is full: nothing is answered that cannot be counted, until there is room again."""

import contextlib
import os
import subprocess
import time

from tests.faults.figures import Figures, account
from tests.faults.load import Load, percentile

ROOM = 24
"""MiB of the disk; the reserve is taken where as much and 16 more are free."""
RESERVE = 1
LEFT = 512 * 1024
"""Bytes left to the spool by what else fills the disk."""
PATIENCE = 20.0
HEALED_WITHIN = 2.0
ON_RESERVE = "the usage spool lives on its reserve"


def why_not():
    """Why no disk can be filled here; None if one can."""
    return "Only root may mount a small disk." if os.geteuid() else None


def run(site, *, full_seconds=2.0):
    """Fill the disk of a node under load, look at what it answers, and make room."""
    figures = Figures()
    folder = site.folder / "small"
    with _small_disk(folder / "usage"), site.node(folder=folder, USAGE_RESERVE=str(RESERVE)) as node:
        filler = folder / "usage" / "filler"
        with Load([node.url], site.questions(), clients=20) as load:
            time.sleep(0.3)
            _fill(filler)
            filled = time.perf_counter()
            _wait_for(503, load, filled)
            on_reserve = node.log().count(ON_RESERVE)
            time.sleep(full_seconds)
            full_for = time.perf_counter() - filled
            filler.unlink()
            freed = time.perf_counter()
            time.sleep(HEALED_WITHIN)
        healed = load.first(200, freed)
        refused = load.first(503, filled)
        last = load.answers[-50:]
        figures.values |= {
            "first_503_after_s": round(refused or float("inf"), 2),
            "full_for_s": round(full_for, 2),
            "answers": dict(sorted(load.statuses().items())),
            "healed_after_s": round(healed or float("inf"), 3),
            "workers_that_warned": on_reserve,
            "answer_ms_p99": percentile(load.latencies(), 99),
        }
        figures.promise(refused, "no 503 although the disk is full")
        figures.promise(on_reserve, "nobody said that the spool lives on its reserve")
        figures.promise(not load.without_retry_after, "503 without Retry-After")
        figures.promise(not load.surprises, f"answers that nobody expected: {dict(load.surprises)}")
        figures.promise(healed and healed < HEALED_WITHIN, f"healed after {healed} s")
        figures.promise(all(one.status != 503 for one in last), "503 although there is room")
        account(figures, [node], load)
    return figures


def _fill(file):
    """Leave only so many bytes."""
    disk = os.statvfs(file.parent)
    with file.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, disk.f_bavail * disk.f_frsize - LEFT)


def _wait_for(status, load, since):
    deadline = time.monotonic() + PATIENCE
    while load.first(status, since) is None and time.monotonic() < deadline:
        time.sleep(0.05)


@contextlib.contextmanager
def _small_disk(folder):
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}m,mode=0700", "keyhouse-faults", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
