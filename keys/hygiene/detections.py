"""What people do about detections: assign, delay, except, take up again, and mitigate."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import members, organizations
from accounts.actors import Actor, BeyondToken, NotPermitted
from accounts.models import Member
from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import minting
from keys.editing import Keep
from keys.hygiene import notices, scanning, settings
from keys.hygiene.controls import BY_SLUG, Control
from keys.hygiene.mitigations import Mitigation
from keys.hygiene.settings import Setting
from keys.models import Assignment, Detection, DetectionState, Ending

LONGEST_DELAY = dt.timedelta(days=7)
LONGEST_REASON, LONGEST_TEAM = 500, 64


@dataclass(frozen=True)
class Result:
    """What came of one of several: no problem, or why it was left."""

    detection: Detection
    problem: str | Promise = ""


@transaction.atomic
def make_exception(detection_id: uuid.UUID, *, reason: str, until: dt.datetime | None = None, by: Actor) -> Detection:
    """Let it be, for this reason, until then or for good. Raises NotAllowed: reason, until, or ""."""
    detection = _locked(detection_id, by=by)
    reason = minting.redacted(reason.strip())
    if not reason or len(reason) > LONGEST_REASON or "\0" in reason:
        raise NotAllowed("reason", _("Say why, in 500 characters or fewer."))
    if until is not None and until <= by.now:
        raise NotAllowed("until", _("Choose a time in the future."))
    detection.excepted_at, detection.excepted_by = by.now, members.acting(by)
    detection.excepted_until, detection.exception_reason = until, reason
    detection.mitigate_after, detection.warned_at, detection.note = None, None, ""
    detection.save(update_fields=[*scanning.EXCEPTION, "mitigate_after", "warned_at", "note"])
    changes: dict[str, object] = {"until": until.isoformat() if until else None, **_of_control(detection)}
    log.record(Event.DETECTION_EXCEPTED, by=by, target=notices.target_of(detection), changes=changes, reason=reason)
    return detection


@transaction.atomic
def reactivate(detection_id: uuid.UUID, *, by: Actor) -> Detection:
    """End its exception now. One that is active stays so, and leaves no trace. Raises NotAllowed."""
    detection = _locked(detection_id, by=by)
    if detection.state(by.now) is DetectionState.EXCEPTION:
        scanning.withdraw_exception(detection)
        detection.save(update_fields=scanning.EXCEPTION)
        about = notices.target_of(detection)
        log.record(Event.DETECTION_REACTIVATED, by=by, target=about, changes=_of_control(detection))
    return detection


@transaction.atomic
def assign(detection_id: uuid.UUID, *, member_id: uuid.UUID | None, team: str, by: Actor) -> Detection:
    """Let a member, a team, both or nobody look after it. Raises NotAllowed: assigned_to, assigned_team,
    or ""."""
    detection = _locked(detection_id, by=by)
    team, before = team.strip(), detection.assignee
    if len(team) > LONGEST_TEAM or "\0" in team:
        raise NotAllowed("assigned_team", _("Use 64 characters or fewer."))
    after = _assignable(member_id, by=by) if member_id else None
    pairs = {"assignee": [_named(before), _named(after)], "team": [detection.team, team]}
    changes = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if not changes:
        return detection
    detection.assignment = _source(before, after, team)
    detection.assignee, detection.team = after, team
    detection.save(update_fields=["assignee", "team", "assignment"])
    told: dict[str, object] = {**changes, **_of_control(detection)}
    log.record(Event.DETECTION_ASSIGNED, by=by, target=notices.target_of(detection), changes=told)
    if after != before:
        notices.tell_assigned(control_of(detection), detection, by=by)
    return detection


def _named(member: Member | None) -> str:
    return member.name if member else ""


def _assignable(member_id: uuid.UUID, *, by: Actor) -> Member:
    found = Member.objects.of(by.organization).users().active().filter(pk=member_id).first()
    if found is None:
        raise NotAllowed("assigned_to", _("Choose an active member from the list."))
    return found


def _source(before: Member | None, after: Member | None, team: str) -> Assignment:
    if after is None and not team:
        return Assignment.CLEARED
    return Assignment.REASSIGNED if before and after else Assignment.MANUAL


def due_at(detection: Detection, setting: Setting, *, now: dt.datetime) -> dt.datetime:
    """When its control acts on it by itself, if nobody puts it off: at the end of the grace, begun or to begin now."""
    return detection.mitigate_after or now + setting.grace


@transaction.atomic
def delay(detection_id: uuid.UUID, *, until: dt.datetime, by: Actor) -> Detection:
    """Put off what its control does by itself: until then, a week after it is due at most. Raises NotAllowed:
    mitigate_after, or ""."""
    detection = _locked(detection_id, by=by)
    setting = settings.of(by.organization, control_of(detection))
    if not setting.is_automatic:
        raise NotAllowed("", _("Nothing is done by itself about this, so there is nothing to delay."))
    if detection.state(by.now) is not DetectionState.ACTIVE:
        raise NotAllowed("", _("It is an exception. Take it up again first."))
    before, due = detection.mitigate_after, due_at(detection, setting, now=by.now)
    if not due < until <= due + LONGEST_DELAY:
        raise NotAllowed("mitigate_after", _("Choose a time within the seven days after the mitigation is due."))
    detection.mitigate_after, detection.warned_at = until, None
    detection.save(update_fields=["mitigate_after", "warned_at"])
    changes = {"mitigate_after": [before and before.isoformat(), until.isoformat()], **_of_control(detection)}
    log.record(Event.DETECTION_DELAYED, by=by, target=notices.target_of(detection), changes=changes)
    if before is None:
        notices.tell_ahead(setting.control, detection, now=by.now)
    return detection


@transaction.atomic
def edit(
    detection_id: uuid.UUID,
    *,
    excepted: bool | None = None,
    reason: str = "",
    member_id: uuid.UUID | Keep | None = Keep.AS_IS,
    team: str | Keep = Keep.AS_IS,
    mitigate_after: dt.datetime | None = None,
    by: Actor,
) -> Detection:
    """Several of these at once: all of it or nothing. What is not given stays."""
    detection = _locked(detection_id, by=by)
    if excepted is not None and excepted != (detection.state(by.now) is DetectionState.EXCEPTION):
        if excepted:
            make_exception(detection_id, reason=reason, by=by)
        else:
            reactivate(detection_id, by=by)
    if member_id is not Keep.AS_IS or team is not Keep.AS_IS:
        whom = detection.assignee_id if member_id is Keep.AS_IS else member_id
        assign(detection_id, member_id=whom, team=detection.team if team is Keep.AS_IS else team, by=by)
    if mitigate_after is not None:
        delay(detection_id, until=mitigate_after, by=by)
    return Detection.objects.with_people().get(pk=detection_id)


@transaction.atomic
def mitigate(detection_id: uuid.UUID, *, by: Actor, mitigation: Mitigation | None = None) -> Detection:
    """Do what its control can do about it, or this, now; if its cause is gone meanwhile, it only ends.

    Raises NotPermitted for what the remedy takes, NotAllowed for what stands in its way.
    """
    detection = _locked(detection_id, by=by)
    if detection.state(by.now) is DetectionState.EXCEPTION:
        raise NotAllowed("", _("It is an exception. Take it up again first."))
    return carry_out(detection, settings.of(by.organization, control_of(detection)), mitigation, by=by)


def mitigate_all(
    detection_ids: Iterable[uuid.UUID], *, by: Actor, mitigation: Mitigation | None = None
) -> list[Result]:
    """Do it to several, each by itself: what stands in the way of one keeps no other back."""
    by.require(P.GOVERNANCE_CONSOLE_WRITE)
    known = Detection.objects.of(by.organization).in_bulk(list(detection_ids))
    in_order = sorted(known.values(), key=lambda one: one.label.casefold())
    return [_result(detection, mitigation, by=by) for detection in in_order]


def _result(detection: Detection, mitigation: Mitigation | None, *, by: Actor) -> Result:
    try:
        return Result(mitigate(detection.pk, by=by, mitigation=mitigation))
    except NotAllowed as refusal:
        return Result(detection, refusal.message)
    except BeyondToken as refusal:
        return Result(detection, refusal.reason)
    except NotPermitted as refusal:
        return Result(detection, _("You lack the permission %(name)s.") % {"name": refusal.permission})


def carry_out(detection: Detection, setting: Setting, mitigation: Mitigation | None = None, *, by: Actor) -> Detection:
    """Mitigate a detection that is locked, and look again at what else was found of the same thing; for verbs that
    have asked who may. Raises as `mitigate` does."""
    done, look, found = mitigation or setting.control.mitigation, setting.look(by.now), detection.resource_id
    if done is None:
        raise NotAllowed("", _("This cannot be done from here: open what was found and settle it there."))
    if not setting.find(by.now, only=found):
        return _ended(detection, Ending.RESOLVED_EXTERNALLY, by=by)
    try:
        scanning.after(lambda: done.act(look, found, by), found, by=by)
    except ObjectDoesNotExist:
        raise NotPermitted(done.permissions[0]) from None
    changes: dict[str, object] = {"mitigation": done.id, **_of_control(detection)}
    log.record(Event.DETECTION_MITIGATED, by=by, target=notices.target_of(detection), changes=changes)
    return _ended(detection, Ending.MITIGATED, by=by)


def _ended(detection: Detection, ending: Ending, *, by: Actor) -> Detection:
    detection.ended_at, detection.ending = by.now, ending.value
    detection.mitigate_after, detection.note = None, ""
    detection.save(update_fields=["ended_at", "ending", "mitigate_after", "note"])
    return detection


def about(resource_id: uuid.UUID, *, organization_id: uuid.UUID, now: dt.datetime) -> list[tuple[Control, Detection]]:
    """What was found of one thing and waits for somebody, by its control, what matters most first. One query."""
    known = Detection.objects.of(organization_id).active(now).filter(control__in=BY_SLUG, resource_id=resource_id)
    found = [(control_of(one), one) for one in known]
    return sorted(found, key=lambda pair: (pair[0].priority.number, pair[0].slug))


def control_of(detection: Detection) -> Control:
    """The control that found it."""
    return BY_SLUG[detection.control]


def _locked(detection_id: uuid.UUID, *, by: Actor) -> Detection:
    """An open detection to change, with its organisation locked."""
    organizations.lock(by.organization)
    found = Detection.objects.of(by.organization).with_people()
    detection = found.get(pk=detection_id, control__in=BY_SLUG)
    by.require(P.GOVERNANCE_CONSOLE_WRITE)
    if detection.ended_at:
        raise NotAllowed("", _("It has ended. If it is so again, a scan finds it anew."))
    return detection


def _of_control(detection: Detection) -> dict[str, object]:
    return {"control": detection.control}
