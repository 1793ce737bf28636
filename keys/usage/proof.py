"""Whether every record of the spool is counted, and counted once."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.db.models import F, QuerySet, Sum, Value
from django.db.models.functions import TruncDate

from keys.models import UsageDay, UsageHour, UsageMinute, UsageSegment
from keys.usage import archive, chunks, retention, spool

SEGMENTS, ELSEWHERE, DAYS, HOURS, MINUTES = "segments", "elsewhere", "days", "hours", "minutes"
_COLUMNS = ("what", "on", "of", "until", "total")


@dataclass
class Day:
    """What is known of one day: the records that segments say were counted, those of them that this node has not,
    those in the files of this node, and the counts, each by outcome."""

    counted: int = 0
    elsewhere: int = 0
    events: Counter[str] = field(default_factory=Counter)
    rollups: dict[str, Counter[str]] = field(
        default_factory=lambda: {DAYS: Counter(), HOURS: Counter(), MINUTES: Counter()}
    )

    @property
    def difference(self) -> int:
        """How many records more, or fewer, the counts by day hold than were counted."""
        return abs(self.rollups[DAYS].total() - self.counted)


@dataclass
class Proof:
    """What was found. It holds if there are no `problems`. `broken` is how many segments end in a frame that was never
    written whole: what a loss of power leaves behind, and no problem of the counts."""

    days: defaultdict[date, Day] = field(default_factory=lambda: defaultdict(Day))
    records: int = 0
    drained: int = 0
    broken: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def summary(self) -> dict[str, int]:
        """The figures, for programs."""
        return {
            "records": self.records,
            "drained": self.drained,
            "pending": self.records - self.drained,
            "rollup_difference": sum(day.difference for day in self.days.values()),
            "broken_frames": self.broken,
        }


def prove(folder: Path, *, now: datetime) -> Proof:
    """Read every segment of this node again and compare: with what its row says, and with the counts.

    The rows and the sums come from one statement, hence from one moment; the files of that moment only grow. Days whose
    events are past retention are left out.
    """
    proof = Proof()
    first, positions = retention.first_day(now), {}
    for what, day, name, position, total in _stored(folder, first, now):
        if what == SEGMENTS:
            positions[name] = (position, int(total))
        if what in {SEGMENTS, ELSEWHERE}:
            proof.days[day].counted += int(total)
            proof.days[day].elsewhere += int(total) * (what == ELSEWHERE)
        else:
            proof.days[day].rollups[what][name] += int(total)
    files = {file.name for file in spool.segments(folder)} | archive.names(folder)
    for name in sorted(files | positions.keys()):
        if spool.day_of(name) >= first:
            _read(folder, name, positions.get(name, (0, 0)), proof)
    for day in sorted(proof.days):
        proof.problems += _problems(day, proof.days[day], now)
    return proof


def _stored(folder: Path, first: date, now: datetime) -> QuerySet[Any, tuple[str, date, str, int, int]]:
    """Rows of: what it is of, its day, its segment or outcome, how far the segment is counted, how many records."""
    segments = UsageSegment.objects.filter(day__gte=first).annotate(on=F("day"), of=F("name"), total=F("records"))
    mine = segments.filter(node=spool.node(folder)).annotate(what=Value(SEGMENTS), until=F("position"))
    others = segments.exclude(node=spool.node(folder)).annotate(what=Value(ELSEWHERE), until=F("position"))
    at, since = TruncDate("at", tzinfo=UTC), datetime.combine(first, time(), UTC)
    return mine.values_list(*_COLUMNS).union(
        others.values_list(*_COLUMNS),
        _sums(DAYS, UsageDay.objects.filter(day__gte=first).annotate(on=F("day"))),
        _sums(HOURS, UsageHour.objects.filter(at__gte=since).annotate(on=at)),
        _sums(MINUTES, UsageMinute.objects.filter(at__gte=_whole_minutes(now)).annotate(on=at)),
        all=True,
    )


def _sums(what: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    named = rows.annotate(what=Value(what), of=F("outcome"), until=Value(0)).values("what", "on", "of", "until")
    sums: QuerySet[Any, Any] = named.annotate(total=Sum("count")).values_list(*_COLUMNS)
    return sums


def _whole_minutes(now: datetime) -> datetime:
    """Since when no minute is past retention: yesterday's begin."""
    return datetime.combine((now - timedelta(days=1)).date(), time(), UTC)


def _read(folder: Path, name: str, stored: tuple[int, int], proof: Proof) -> None:
    """Compare one segment with how far, and how many records, its row says it is counted."""
    position, records = stored
    try:
        data = archive.content(folder, name)
        counted, pending = chunks.read(data[:position]), chunks.read(data[position:])
        for one in counted.counted():
            proof.days[spool.day_of(name)].events[one.observation.outcome.value] += one.times
    except (OSError, EOFError, ValueError, zlib.error) as error:
        proof.problems.append(f"{name}: cannot be read: {error}.")
        return
    proof.records += counted.records + pending.records
    proof.drained += counted.records
    proof.broken += position + pending.size < len(data)
    if (counted.size, counted.records) != (position, records):
        found = f"{counted.records} records in {counted.size} bytes"
        proof.problems.append(f"{name}: {found}, counted were {records} in {position}.")


def _problems(name: date, day: Day, now: datetime) -> Iterator[str]:
    """What of a day does not add up."""
    days = day.rollups[DAYS]
    if day.difference:
        yield f"{name}: {days.total()} by day, counted were {day.counted}."
    if day.rollups[HOURS] != days:
        yield f"{name}: {day.rollups[HOURS].total()} by hour, {days.total()} by day."
    if name >= _whole_minutes(now).date() and day.rollups[MINUTES] != days:
        yield f"{name}: {day.rollups[MINUTES].total()} by minute, {days.total()} by day."
    if not day.elsewhere and day.events != days:
        yield f"{name}: the events are {dict(day.events)}, by day {dict(days)}."
