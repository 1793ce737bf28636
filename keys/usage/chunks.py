"""Reading a stretch of a segment: which observations, in which minute, how often."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from keys.usage import spool
from keys.usage.rollups import Counted

_MINUTE = 60


@dataclass
class Chunk:
    """What some whole frames hold: how many they are, of how many bytes and records, and what they say.

    Lines are counted as they are: there are a thousand times more of them than different ones, and they are counted
    beside an event loop that needs the interpreter more.
    """

    frames: int = 0
    size: int = 0
    records: int = 0
    lines: defaultdict[int, Counter[bytes]] = field(default_factory=lambda: defaultdict(Counter))
    """How often each line came in each minute since the epoch."""
    last: defaultdict[int, dict[bytes, int]] = field(default_factory=lambda: defaultdict(dict))
    """When each line came last in each minute: milliseconds since the epoch, true to the second."""

    @property
    def distinct(self) -> int:
        """How many different lines it has, those of each minute apart."""
        return sum(map(len, self.lines.values()))

    def add(self, following: "Chunk") -> None:
        """Take in what follows it in the segment."""
        self.frames += following.frames
        self.size += following.size
        self.records += following.records
        for minute, lines in following.lines.items():
            self.lines[minute].update(lines)
            last = self.last[minute]
            last.update((line, max(at, last.get(line, 0))) for line, at in following.last[minute].items())

    def counted(self) -> Iterator[Counted]:
        """What to add to the counts."""
        for minute, lines in self.lines.items():
            last = self.last[minute]
            for line, times in lines.items():
                yield Counted(last[line], line, times)


def read(data: bytes) -> Chunk:
    """All the whole, intact frames that the data begins with."""
    chunk = Chunk()
    payloads: defaultdict[int, list[bytes]] = defaultdict(list)
    newest: dict[int, int] = {}
    for frame in spool.frames(data):
        second = frame.at_ms // 1000
        payloads[second].append(frame.lines)
        newest[second] = max(frame.at_ms, newest.get(second, 0))
        chunk.frames += 1
        chunk.size = frame.end
    for second in sorted(payloads):
        lines = b"\n".join(payloads[second]).split(b"\n")
        chunk.records += len(lines)
        chunk.lines[second // _MINUTE].update(lines)
        chunk.last[second // _MINUTE].update(dict.fromkeys(lines, newest[second]))
    return chunk
