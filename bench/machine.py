"""What the processor and the memory of this machine are used for, as /proc tells."""

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1
_IDLE = slice(3, 5)  # of /proc/stat's first line: idle, and waiting for a disk


def busy() -> float:
    """Seconds of processor time the whole machine has spent since it started, or was denied by its host."""
    times = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(times) - sum(times[_IDLE])) / TICKS


def spent(*roots: int) -> float:
    """Seconds of processor time these processes and all below them have spent, with those that have ended."""
    return sum(sum(int(word) for word in _stat(pid)[11:15]) for root in roots for pid in tree(root)) / TICKS


def resident(root: int, *, workers: int) -> float:
    """Bytes in memory of each of the largest processes below this one, as a mean."""
    sizes = sorted((_resident(pid) for pid in tree(root)), reverse=True)
    return sum(sizes[:workers]) / workers


def tree(root: int) -> Iterator[int]:
    """The process and all below it."""
    children = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (stat := _stat(int(folder.name))):
            children[int(stat[1])].append(int(folder.name))
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        waiting += children[pid]
        yield pid


def _stat(pid: int) -> list[str]:
    """The fields of a process behind its name; none if it has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
