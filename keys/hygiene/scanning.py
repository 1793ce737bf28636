"""Looking: what controls find becomes detections, and what they find no more comes to its end.

A job, once a day for every organisation, each in one transaction together with the day's score, which says that the
scan is done. One that is killed, repeated, or runs twice at once ends as one that was not.
"""

import uuid
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import TypeVar

from django.db import transaction

from accounts import organizations
from accounts.actors import Actor
from accounts.models import Organization
from accounts.permissions import Permission as P
from keys.hygiene import notices, scores, settings
from keys.hygiene.controls import BY_SLUG, Control
from keys.hygiene.findings import Found
from keys.hygiene.settings import Setting
from keys.models import Assignment, Detection, Ending, HygieneScore
from keys.steps import each

BATCH = 500
EXCEPTION = ("excepted_at", "excepted_by", "excepted_until", "exception_reason")
"""The fields that an exception fills."""
T = TypeVar("T")


def scan(now: datetime) -> int:
    """Scan every organisation that was not scanned today; returns how many."""
    done = HygieneScore.objects.filter(day=now.astimezone(UTC).date()).values("organization")
    waiting = list(Organization.objects.exclude(pk__in=done).values_list("pk", flat=True))
    return each(waiting, lambda organization_id: bool(scan_organization(organization_id, now=now)))


def scan_now(*, by: Actor) -> HygieneScore:
    """Scan the actor's organisation, whenever that was done last."""
    by.require(P.GOVERNANCE_CONSOLE_WRITE)
    return scan_organization(by.organization, now=by.now)


@transaction.atomic
def scan_organization(organization_id: uuid.UUID, *, now: datetime) -> HygieneScore:
    """Look for everything, and note the score."""
    organizations.lock(organization_id)
    wanted = settings.all_of(organization_id).values()
    found = {setting: setting.find(now) for setting in wanted if setting.is_on}
    _keep(organization_id, wanted, found, ending=Ending.RESOLVED_EXTERNALLY, now=now)
    among = {setting.control: setting.among(now) for setting in found}
    return scores.note(organization_id, among, now=now)


@transaction.atomic
def scan_control(organization_id: uuid.UUID, control: Control, *, now: datetime, ending: Ending) -> None:
    """Look for one thing; what is found no more comes to this ending."""
    organizations.lock(organization_id)
    setting = settings.of(organization_id, control)
    found = {setting: setting.find(now)} if setting.is_on else {}
    _keep(organization_id, [setting], found, ending=ending, now=now)


@transaction.atomic
def after(act: Callable[[], T], resource_id: uuid.UUID, *, by: Actor) -> T:
    """Do something to one thing, and look at it again: what was found of it and is so no more has come to its end.
    Gives what `act` gives, and raises what it raises."""
    done = act()
    known = Detection.objects.of(by.organization).open().filter(control__in=BY_SLUG, resource_id=resource_id)
    looked_at = [(one, settings.of(by.organization, BY_SLUG[one.control])) for one in known]
    gone = [one for one, setting in looked_at if not setting.find(by.now, only=resource_id)]
    _end(gone, Ending.RESOLVED_EXTERNALLY, by.now)
    return done


def _keep(
    organization_id: uuid.UUID,
    wanted: Collection[Setting],
    found: dict[Setting, list[Found]],
    *,
    ending: Ending,
    now: datetime,
) -> None:
    """Make what was found, and nothing else, the open detections of these controls. The organisation is locked."""
    slugs = [setting.control.slug for setting in wanted]
    open_ones = Detection.objects.of(organization_id).open().filter(control__in=slugs)
    known = {(one.control, one.resource_id): one for one in open_ones}
    seen = {(setting.control.slug, one.resource_id): one for setting, several in found.items() for one in several}
    off = {setting.control.slug for setting in wanted if setting not in found}
    _end([one for key, one in known.items() if key not in seen and one.control not in off], ending, now)
    _end([one for one in known.values() if one.control in off], Ending.INACTIVE, now)
    _freshen([(known[key], one) for key, one in seen.items() if key in known], now)
    new = {
        setting: [
            _detection(setting, one, now) for one in several if (setting.control.slug, one.resource_id) not in known
        ]
        for setting, several in found.items()
    }
    Detection.objects.bulk_create([one for several in new.values() for one in several], BATCH)
    notices.tell_found(organization_id, new, now=now)


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
    if stale:
        Detection.objects.bulk_update(stale, ["label", "facts", *EXCEPTION], BATCH)


def withdraw_exception(detection: Detection) -> None:
    """Make it an ordinary one again, not yet saved."""
    detection.excepted_at = detection.excepted_by = detection.excepted_until = None
    detection.exception_reason = ""
