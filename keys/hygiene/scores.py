"""The score of an organisation: 100 when nothing is found, less by how much is.

Every control that is on, and has anything to look at, weighs 5, 3 or 1, as its priority is high, medium or low. Of that
weight is lost the share of things that are active detections: half of the API keys unused loses half of 5. The score is
100 times the weight that is left, of the whole, rounded down.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count

from keys.hygiene.controls import BY_SLUG, Control
from keys.models import Detection, HygieneScore

BEST = 100
TREND_DAYS = 28


@dataclass(frozen=True)
class Share:
    """How many of the things a control looks at are active detections."""

    active: int
    among: int

    @property
    def lost(self) -> float:
        """The share of its weight that a control loses."""
        return min(1.0, self.active / self.among) if self.among else 0.0


@dataclass(frozen=True)
class Standing:
    """The score as it is now, when things were counted last, and the days before, the oldest first (None where nothing
    was scanned)."""

    score: int
    scanned_at: datetime
    shares: Mapping[Control, Share]
    trend: tuple[tuple[date, int | None], ...]

    @property
    def change(self) -> int | None:
        """By how much it has risen since the oldest day of the trend that has a score."""
        before = next((score for _day, score in self.trend[:-1] if score is not None), None)
        return None if before is None else self.score - before

    @property
    def fall(self) -> int:
        """By how much it has fallen since then."""
        return max(0, -(self.change or 0))


def of(shares: Mapping[Control, Share]) -> int:
    """The score that these make."""
    looked_at = {control: share for control, share in shares.items() if share.among}
    whole = sum(control.priority.weight for control in looked_at)
    lost = sum(control.priority.weight * share.lost for control, share in looked_at.items())
    if not lost:
        return BEST
    return max(0, min(BEST - 1, int(BEST * (1 - lost / whole))))


def active(organization_id: uuid.UUID, *, now: datetime) -> dict[str, int]:
    """How many detections wait for somebody, by control. One query."""
    rows = Detection.objects.of(organization_id).active(now).order_by().values_list("control").annotate(Count("pk"))
    return dict(rows)


def note(organization_id: uuid.UUID, among: Mapping[Control, int], *, now: datetime) -> HygieneScore:
    """Keep the score for today, in place of an earlier one of the day: what is active, of so many things that each
    control looked at. Called under the organisation's lock."""
    counted = active(organization_id, now=now)
    shares = {control: Share(counted.get(control.slug, 0), number) for control, number in among.items()}
    kept = {control.slug: [share.active, share.among] for control, share in shares.items()}
    row, _created = HygieneScore.objects.update_or_create(
        organization_id=organization_id,
        day=now.astimezone(UTC).date(),
        defaults={"score": of(shares), "counts": kept, "scanned_at": now},
    )
    return row


def standing(
    organization_id: uuid.UUID, counted: Mapping[str, int], *, off: Collection[Control] = (), now: datetime
) -> Standing | None:
    """Where the organisation stands with so many active detections, of as many things as there were at the last scan,
    without the controls that are off; None before the first scan. One query."""
    today = now.astimezone(UTC).date()
    days = [today - timedelta(days=ago) for ago in reversed(range(TREND_DAYS))]
    rows = list(HygieneScore.objects.filter(organization_id=organization_id, day__gte=days[0]).order_by("day"))
    if not rows:
        return None
    looked_at = {BY_SLUG[slug]: among for slug, (_active, among) in rows[-1].counts.items() if slug in BY_SLUG}
    on = {control: among for control, among in looked_at.items() if control not in off}
    shares = {control: Share(counted.get(control.slug, 0), among) for control, among in on.items()}
    score = of(shares)
    by_day = {row.day: row.score for row in rows} | {today: score}
    return Standing(score, rows[-1].scanned_at, shares, tuple((day, by_day.get(day)) for day in days))
