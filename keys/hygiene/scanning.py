"""Looking: what controls find becomes detections, and what they find no more comes to its end.

A job, once a day for every organisation. A scan that is killed, or runs twice at once, ends as one that was not: each
control is looked at in a transaction of its own under the organisation's lock, and the day's score, which says that the
scan is done, is written last.
"""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import transaction

from accounts import organizations
from accounts.actors import Actor
from accounts.models import Organization
from accounts.permissions import Permission as P
from keys.hygiene import notices, scores, settings
from keys.hygiene.controls import Control
from keys.hygiene.findings import Found
from keys.hygiene.settings import Setting
from keys.models import Assignment, Detection, Ending, HygieneScore

BATCH = 500


def scan(now: datetime) -> int:
    """Scan every organisation that was not scanned today; returns how many."""
    done = HygieneScore.objects.filter(day=now.astimezone(UTC).date()).values("organization")
    waiting = list(Organization.objects.exclude(pk__in=done).values_list("pk", flat=True))
    for organization_id in waiting:
        scan_organization(organization_id, now=now)
    return len(waiting)


def scan_now(*, by: Actor) -> HygieneScore:
    """Scan the actor's organisation, whenever that was done last."""
    by.require(P.GOVERNANCE_CONSOLE_WRITE)
    return scan_organization(by.organization, now=by.now)


def scan_organization(organization_id: uuid.UUID, *, now: datetime) -> HygieneScore:
    """Look at everything, and note the score."""
    for control in settings.all_of(organization_id):
        scan_control(organization_id, control, now=now)
    return scores.note(organization_id, now=now)


@transaction.atomic
def scan_control(
    organization_id: uuid.UUID, control: Control, *, now: datetime, ending: Ending = Ending.RESOLVED_EXTERNALLY
) -> list[Detection]:
    """Look for one thing; returns what is new. What is found no more comes to this ending."""
    organizations.lock(organization_id)
    setting = settings.of(organization_id, control)
    found = {one.resource_id: one for one in setting.find(now)} if setting.is_on else {}
    known = {one.resource_id: one for one in Detection.objects.of(organization_id).of_control(control.slug).open()}
    _end([one for pk, one in known.items() if pk not in found], ending if setting.is_on else Ending.INACTIVE, now)
    _freshen([(known[pk], one) for pk, one in found.items() if pk in known], now)
    new = [_detection(setting, one, now) for pk, one in found.items() if pk not in known]
    Detection.objects.bulk_create(new, BATCH)
    notices.tell_found(setting, new, now=now)
    return new


def _detection(setting: Setting, found: Found, now: datetime) -> Detection:
    return Detection(
        organization_id=setting.organization_id,
        control=setting.control.slug,
        resource_type=found.resource_type,
        resource_id=found.resource_id,
        label=found.label,
        facts=found.facts,
        created_at=now,
        assignee_id=found.responsible_id,
        assignment=Assignment.AUTO_RESOLVED if found.responsible_id else Assignment.CLEARED,
    )


def _end(gone: Iterable[Detection], ending: Ending, now: datetime) -> None:
    ids = [one.pk for one in gone]
    for start in range(0, len(ids), BATCH):
        rows = Detection.objects.filter(pk__in=ids[start : start + BATCH])
        rows.update(ended_at=now, ending=ending, mitigate_after=None)


def _freshen(pairs: Iterable[tuple[Detection, Found]], now: datetime) -> None:
    """Keep what is there to read up to date; an exception that has ended is one no more."""
    stale = []
    for known, found in pairs:
        is_over = known.excepted_until is not None and known.excepted_until <= now
        if is_over or (known.label, known.facts) != (found.label, found.facts):
            known.label, known.facts = found.label, found.facts
            if is_over:
                withdraw_exception(known)
            stale.append(known)
    fields = ["label", "facts", "excepted_at", "excepted_by", "excepted_until", "exception_reason"]
    Detection.objects.bulk_update(stale, fields, BATCH)


def withdraw_exception(detection: Detection) -> None:
    """Make it an ordinary one again, not yet saved."""
    detection.excepted_at = detection.excepted_by = detection.excepted_until = None
    detection.exception_reason = ""
