"""What controls do by themselves: a notice when the grace begins, another a day before it ends, then the mitigation.

A job. Each step is a transaction of its own, and moves the detection on: repeated, killed or run twice at once it does
nothing twice. What cannot be done is left with a note, and tried again a day later.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts import organizations
from accounts.actors import Actor, NotPermitted
from accounts.refusals import NotAllowed
from keys.hygiene import detections, notices, settings
from keys.hygiene.controls import BY_SLUG
from keys.hygiene.settings import Setting
from keys.models import ControlSetting, Detection, DetectionState, Ending
from keys.steps import each

LAST_WARNING = AGAIN = timedelta(days=1)
"""How long before it is done the last notice comes, and how long after a vain attempt the next one is made."""


def enforce(now: datetime) -> int:
    """Take every step that is due; returns how many things were mitigated."""
    automatic = ControlSetting.objects.filter(is_on=True, is_automatic=True, control__in=BY_SLUG)
    settings_on = list(automatic.values_list("organization_id", "control"))
    waiting = [step for organization_id, slug in settings_on for step in _steps(organization_id, slug, now)]
    return each(waiting, lambda step: take(step, now=now))


@dataclass(frozen=True)
class Step:
    """What is due of one detection. `is_one_of_many` if its control has so many that people are told of all at once."""

    organization_id: uuid.UUID
    detection_id: uuid.UUID
    is_one_of_many: bool


def _steps(organization_id: uuid.UUID, slug: str, now: datetime) -> list[Step]:
    active = Detection.objects.of(organization_id).of_control(slug).active(now)
    due = list(active.filter(_due(now)).order_by("created_at", "pk").values_list("pk", flat=True))
    return [Step(organization_id, pk, len(due) > notices.MANY) for pk in due]


def _due(now: datetime) -> Q:
    warning = Q(mitigate_after__lte=now + LAST_WARNING, warned_at__isnull=True)
    return Q(mitigate_after__isnull=True) | Q(mitigate_after__lte=now) | warning


@transaction.atomic
def take(step: Step, *, now: datetime) -> bool:
    """Take the next step with one detection; whether it was mitigated."""
    organization, many = organizations.lock(step.organization_id), step.is_one_of_many
    detection = Detection.objects.of(organization.pk).with_people().get(pk=step.detection_id)
    setting = settings.of(organization.pk, BY_SLUG[detection.control])
    if not (setting.is_on and setting.is_automatic) or detection.state(now) is not DetectionState.ACTIVE:
        return False
    if detection.mitigate_after is None:
        _announce(detection, setting, many, now=now)
        return False
    if detection.mitigate_after <= now:
        return _mitigate(detection, setting, many, by=organizations.by_itself(organization, now=now))
    if detection.warned_at is None and detection.mitigate_after <= now + LAST_WARNING:
        _warn(detection, setting, many, now=now)
    return False


def _announce(detection: Detection, setting: Setting, many: bool, *, now: datetime) -> None:
    """The grace begins. One of a day has no other notice."""
    detection.mitigate_after = now + setting.grace
    detection.warned_at = now if setting.grace <= LAST_WARNING else None
    detection.save(update_fields=["mitigate_after", "warned_at"])
    notices.tell_ahead(setting.control, detection, many=many, now=now)


def _warn(detection: Detection, setting: Setting, many: bool, *, now: datetime) -> None:
    detection.warned_at = now
    detection.save(update_fields=["warned_at"])
    notices.tell_ahead(setting.control, detection, many=many, now=now)


def _mitigate(detection: Detection, setting: Setting, many: bool, *, by: Actor) -> bool:
    """Do it, if it is still so; else leave a note of why not."""
    to = notices.concerned(detection)
    try:
        with transaction.atomic():
            detections.carry_out(detection, setting, by=by)
    except (NotAllowed, NotPermitted) as refusal:
        detection.note = str(getattr(refusal, "message", refusal))[:300]
        detection.mitigate_after = detection.warned_at = by.now + AGAIN
        detection.save(update_fields=["note", "mitigate_after", "warned_at"])
        return False
    if detection.ending != Ending.MITIGATED:
        return False
    notices.tell_mitigated(setting.control, detection, to, many=many, now=by.now)
    return True
