"""What the demo's controls found in the last four weeks, and what its people did about some of it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from accounts.actors import Actor
from accounts.models import Organization
from keys.hygiene import configuring, detections, enforcing, scanning, scores
from keys.hygiene.controls import BY_SLUG, EXCLUSIONS
from keys.hygiene.scores import TREND_DAYS
from keys.models import Detection

As = Callable[[str, datetime], Actor]
SCANNED = frozenset({27, 21, 16, 11, 7, 4, 2, 1, 0})
"""So many days ago something may have changed; in between the score stays."""


def tell(organization: Organization, *, acting: As, now: datetime) -> None:
    """Scan as those days would have; today people act on some of it."""
    for ago in reversed(range(TREND_DAYS)):
        at = now - timedelta(days=ago, hours=1)
        if ago in SCANNED:
            row = scanning.scan_organization(organization.pk, now=at)
            among = {BY_SLUG[slug]: number for slug, (_active, number) in row.counts.items()}
        else:
            scores.note(organization.pk, among, now=at)
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
