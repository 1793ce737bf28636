"""The timed work: every job there is, and running them. Safe to run twice at once, to miss, to repeat and to kill."""

import logging
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max

from keys import blocking, reminders, rotation
from keys.hygiene import enforcing, scanning
from keys.models import TickRun
from keys.safety import contacts
from keys.telling import deliveries, mails, retention

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
LEASE = timedelta(minutes=10)
"""After this long a job that did not end was killed, and is run again. Each job is quicker than that."""
LATELY = EVERY / 2
"""A job that was begun so lately is not begun again by a server of itself."""
LATE = timedelta(minutes=10)
"""A job that has not ended for so long is late; one that never has, when it could have been for so long."""

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Job:
    """Something that is done again and again; `run` says how many things it did. It does each in a transaction of its
    own, so that being killed costs nothing but time."""

    name: str
    run: Callable[[datetime], int]


JOBS: tuple[Job, ...] = (
    Job("rotations", rotation.follow),
    Job("blocks", blocking.lapse),
    Job("reminders", reminders.remind),
    Job("hygiene.scan", scanning.scan),
    Job("hygiene.enforce", enforcing.enforce),
    Job("contacts.remind", contacts.remind),
    Job("mails", mails.send),
    Job("webhooks", deliveries.send),
    Job("notifications.forget", retention.forget),
)


@dataclass(frozen=True)
class Result:
    """What came of one job: how many things it did, or its error; or it was not run, since somebody else does."""

    job: str
    items: int = 0
    error: str = ""
    was_skipped: bool = False

    def __str__(self) -> str:
        return f"{self.job}: {self._words}"

    @property
    def _words(self) -> str:
        if self.was_skipped:
            return "skipped, it runs elsewhere or has just run"
        return f"failed, {self.error}" if self.error else f"{self.items} done"


def run(clock: Clock, *, jobs: Iterable[Job] | None = None, unless_since: timedelta = timedelta(0)) -> Iterable[Result]:
    """Run each job, or these, unless somebody else is running it or has begun to within `unless_since`. Gives each
    result as it comes; a job that fails says why and stops none of the others."""
    for job in JOBS if jobs is None else jobs:
        holder = _claim(job, clock(), unless_since)
        yield _done(job, holder, clock) if holder else Result(job.name, was_skipped=True)


def is_due(now: datetime) -> bool:
    """Whether there is a job that nobody has begun lately. One query."""
    begun = TickRun.objects.filter(started_at__gt=now - LATELY, started_at__lte=now)
    return begun.filter(job__in=[job.name for job in JOBS]).count() < len(JOBS)


@transaction.atomic
def _claim(job: Job, now: datetime, unless_since: timedelta) -> uuid.UUID | None:
    """Take the job's lease: what it is held by. None if it is held, or was taken too lately. A time ahead of now, from
    before a clock was set back, holds nobody up."""
    TickRun.objects.get_or_create(job=job.name)
    run = TickRun.objects.select_for_update().get(job=job.name)
    age = now - run.started_at if run.started_at else None
    if age is not None and timedelta(0) <= age < (LEASE if run.holder else unless_since):
        return None
    run.holder, run.started_at = uuid.uuid4(), now
    run.save(update_fields=["holder", "started_at"])
    return run.holder


def _done(job: Job, holder: uuid.UUID, clock: Clock) -> Result:
    try:
        result = Result(job.name, items=job.run(clock()))
    except Exception as error:
        logger.exception("The job %s failed.", job.name)
        result = Result(job.name, error=type(error).__name__)
    mine = TickRun.objects.filter(job=job.name, holder=holder)
    mine.update(holder=None, finished_at=clock(), items=result.items, error=result.error)
    return result


@dataclass(frozen=True)
class State:
    """How one job stands: its last run, if it has had one, how long ago that ended, and how long it has been waiting
    to be done: since then, or since there has been such a job."""

    job: str
    run: TickRun | None
    lag: timedelta | None
    waiting: timedelta

    @property
    def is_late(self) -> bool:
        return self.waiting > LATE

    @property
    def has_failed(self) -> bool:
        return bool(self.run and self.run.error)


def states(now: datetime) -> list[State]:
    """How each job stands, in the order they run. One query, and one more while one of them was never done."""
    runs = {run.job: run for run in TickRun.objects.filter(job__in=[job.name for job in JOBS])}
    ended = {run.job: run.finished_at for run in runs.values() if run.finished_at}
    installed = None if len(ended) == len(JOBS) else _installed_at()
    return [_state(job, runs.get(job.name), ended.get(job.name), installed or now, now=now) for job in JOBS]


def _installed_at() -> datetime | None:
    """When the tables were last brought up to date, which a new job comes with."""
    found: datetime | None = MigrationRecorder(connection).migration_qs.aggregate(at=Max("applied"))["at"]
    return found


def _state(job: Job, run: TickRun | None, ended: datetime | None, installed: datetime, *, now: datetime) -> State:
    waiting = max(now - (ended or installed), timedelta(0))
    return State(job.name, run, waiting if ended else None, waiting)
