"""What is kept of usage, and for how long."""

import contextlib
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db.models import Max

from keys.models import NOBODY, Revision, UsageFacet, UsageHour, UsageMinute, UsageSegment
from keys.steps import clear_away
from keys.usage import spool

MINUTES = timedelta(hours=48)
HOURS = FACETS = timedelta(days=460)
"""Fifteen months, so that a month can be laid beside that of the year before. Days are kept for ever."""
EVENTS = timedelta(days=15)
"""Each observation by itself: the archived segments, and what says how far they were counted."""
REVISIONS = timedelta(hours=1)
DRAFTS = timedelta(hours=1)
"""After this long a file with a dot before its name has been left behind by a process that was killed."""


def first_day(now: datetime) -> date:
    """The first day of which every observation is still there by itself."""
    return (now - EVENTS).date()


def forget(folder: Path, *, now: datetime) -> None:
    """Delete what is older than it is kept."""
    clear_away(UsageMinute.objects.filter(at__lt=now - MINUTES))
    clear_away(UsageHour.objects.filter(at__lt=now - HOURS))
    clear_away(UsageFacet.objects.filter(day__lt=(now - FACETS).date()))
    clear_away(Revision.objects.filter(at__lt=now - REVISIONS, pk__lt=_newest_revision()))
    _forget_events(folder, now)
    _forget_drafts(folder, now)


def _newest_revision() -> int:
    """It stays, however old: by it a reader knows that it has missed nothing."""
    newest: int | None = Revision.objects.aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def _forget_events(folder: Path, now: datetime) -> None:
    """A row whose segment still waits in the spool stays, or it would be counted again; and so do those of other
    nodes, whose spools cannot be seen from here."""
    for day in (folder / "archive").glob("[0-9]*"):
        with contextlib.suppress(ValueError):
            if spool.day_of(day.name) < first_day(now):
                shutil.rmtree(day)
    mine = UsageSegment.objects.filter(node__in=[spool.node(folder), NOBODY], day__lt=first_day(now))
    waiting = [file.name for file in spool.segments(folder) if spool.day_of(file.name) < first_day(now)]
    clear_away(mine.exclude(name__in=waiting))


def _forget_drafts(folder: Path, now: datetime) -> None:
    for place in ("", "spool", "archive/*"):
        for draft in folder.glob(f"{place}/.[!.]*".lstrip("/")):
            with contextlib.suppress(FileNotFoundError):
                if now.timestamp() - draft.stat().st_mtime > DRAFTS.total_seconds():
                    draft.unlink()
