"""What the demo's controls found in the last four weeks, and what its people did about some of it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from accounts.actors import Actor
from accounts.models import Organization
from keys.hygiene import configuring, detections, enforcing, scanning
from keys.hygiene.controls import BY_SLUG, EXCLUSIONS
from keys.models import Detection, HygieneScore

As = Callable[[str, datetime], Actor]
_LESS = (27, 27, 26, 26, 26, 24, 24, 24, 24, 19, 19, 18, 18, 18, 18, 15, 15, 11, 11, 11, 9, 9, 9, 4, 4, 2, 2)
"""By how many points the score was less on each day before today, the oldest first."""


def tell(organization: Organization, *, acting: As, now: datetime) -> None:
    """A scan four weeks ago and one today, with the scores of the days between; then people act on some of it."""
    scanning.scan_organization(organization.pk, now=now - timedelta(days=len(_LESS)))
    today = scanning.scan_organization(organization.pk, now=now - timedelta(hours=1))
    HygieneScore.objects.exclude(pk=today.pk).filter(organization=organization).delete()
    HygieneScore.objects.bulk_create(
        HygieneScore(
            organization=organization,
            day=today.day - timedelta(days=len(_LESS) - place),
            score=today.score - less,
            counts=today.counts,
            scanned_at=today.scanned_at - timedelta(days=len(_LESS) - place),
        )
        for place, less in enumerate(_LESS)
    )
    for minutes_ago, who, act in _ACTS:
        act(acting(who, now - timedelta(minutes=minutes_ago)))
    enforcing.enforce(now)


def _excepted(by: Actor) -> None:
    found, until = _found("unscoped_application_keys", "oncall-sync", by), by.now + timedelta(days=60)
    detections.make_exception(found.pk, reason="Its vendor asks for an unscoped key.", until=until, by=by)


def _assigned(by: Actor) -> None:
    found = _found("overdue_rotation", "terraform-monitors", by)
    detections.assign(found.pk, member_id=found.assignee_id, team="platform", by=by)


def _automatic(by: Actor) -> None:
    configuring.configure(
        BY_SLUG["unused_application_keys"], is_automatic=True, parameters={EXCLUSIONS: ["break-glass-*"]}, by=by
    )


def _found(control: str, label: str, by: Actor) -> Detection:
    return Detection.objects.of(by.organization).of_control(control).open().get(label=label)


_ACTS: tuple[tuple[float, str, Callable[[Actor], None]], ...] = (
    (52, "Aiko Tanaka", _assigned),
    (49, "Noah Kim", _excepted),
    (31, "Aiko Tanaka", _automatic),
)
