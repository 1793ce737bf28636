"""The spans that usage is reported over, each in buckets of an hour, a day of UTC or a month."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum


class Grain(Enum):
    """How long one bucket is."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True)
class Period:
    """The last `length` buckets, of which the newest has just begun. `slug` is its word in URLs."""

    slug: str
    grain: Grain
    length: int

    def starts(self, now: datetime) -> list[datetime]:
        """When each bucket begins, in UTC, oldest first."""
        newest = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return [_earlier(newest, self.grain, steps) for steps in reversed(range(self.length))]

    def first_day(self, now: datetime) -> date:
        """The day of UTC it begins in."""
        return self.starts(now)[0].date()


def _earlier(hour: datetime, grain: Grain, steps: int) -> datetime:
    """The beginning of the bucket that lies so many before the hour's."""
    if grain is Grain.HOUR:
        return hour - timedelta(hours=steps)
    if grain is Grain.DAY:
        return hour.replace(hour=0) - timedelta(days=steps)
    months = hour.year * 12 + hour.month - 1 - steps
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


PERIODS = (
    Period("24h", Grain.HOUR, 24),
    Period("7d", Grain.DAY, 7),
    Period("28d", Grain.DAY, 28),
    Period("90d", Grain.DAY, 90),
    Period("15m", Grain.MONTH, 15),
)
BY_SLUG = {period.slug: period for period in PERIODS}
DEFAULT = BY_SLUG["28d"]
