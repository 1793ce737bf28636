"""Who hears of what the controls find, and of what is about to be done."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts import organizations
from accounts.actors import Actor
from accounts.models import Member
from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import recipients
from keys.hygiene.controls import Control
from keys.hygiene.settings import Setting
from keys.kinds import BY_VALUE
from keys.models import ControlSetting, Credential, Detection, HygieneNotices
from keys.telling import News, Tidings, tell, tell_all

NEW_DETECTION = "new_detection"
MOST_TARGETS = 20
MANY = 10
"""Of more findings than this that a control acts on at once, people are told in one sentence."""


def named(control: Control) -> str:
    """The control's name as programs and the audit trail have it."""
    with translation.override("en"):
        return str(control.name)


def target(control: Control) -> log.Target:
    """The control as an audit target."""
    return log.Target("control", control.slug, named(control))


def target_of(detection: Detection) -> log.Target:
    """A detection as an audit target."""
    return log.Target("detection", str(detection.pk), detection.label)


def of_assignments(organization_id: uuid.UUID) -> bool:
    """Whether members hear of what is assigned to them."""
    row = HygieneNotices.objects.filter(organization_id=organization_id).first()
    return row is None or row.of_assignments


@transaction.atomic
def set_of_assignments(told: bool, *, by: Actor) -> None:
    """Let members hear of what is assigned to them, or not."""
    by.require(P.GOVERNANCE_CONSOLE_WRITE)
    organization = organizations.lock(by.organization)
    before = of_assignments(organization.pk)
    if told != before:
        HygieneNotices.objects.update_or_create(organization=organization, defaults={"of_assignments": told})
        changes = {"assignment_notifications_enabled": [before, told]}
        log.record(Event.CONTROL_CHANGED, by=by, target=organizations.target(organization), changes=changes)


@transaction.atomic
def set_events(control: Control, events: list[dict[str, Any]], *, by: Actor) -> None:
    """Say who hears of new detections of a control: members, by their e-mail address. Raises NotAllowed."""
    by.require(P.GOVERNANCE_CONSOLE_WRITE)
    organization = organizations.lock(by.organization)
    for event in events:
        _check_event(event, organization.pk)
    row, _created = ControlSetting.objects.get_or_create(
        organization=organization, control=control.slug, defaults={"modified_at": by.now}
    )
    before = row.events
    if events != before:
        row.events = events
        row.save(update_fields=["events"])
        changes = {"event_settings": [before, events]}
        log.record(Event.CONTROL_CHANGED, by=by, target=target(control), changes=changes)


def _check_event(event: dict[str, Any], organization_id: uuid.UUID) -> None:
    if event["event_type"] != NEW_DETECTION:
        raise NotAllowed("event_type", _("There is one event: new_detection."))
    if len(event["targets"]) > MOST_TARGETS:
        raise NotAllowed("targets", _("Name at most %(most)d.") % {"most": MOST_TARGETS})
    if any(one["type"] not in {"email", "at_mention"} for one in event["targets"]):
        raise NotAllowed("targets", _("Name members by email or at_mention. Webhooks reach other programs."))
    wanted = {_address(one) for one in event["targets"]}
    if strange := sorted(wanted - {member.email.lower() for member in _members(wanted, organization_id)}):
        raise NotAllowed("targets", _("%(address)s is no active member’s address.") % {"address": strange[0][:254]})


def _address(named: dict[str, str]) -> str:
    return named["handle"].removeprefix("@").lower()


def _members(addresses: Iterable[str], organization_id: uuid.UUID) -> list[Member]:
    return list(Member.objects.of(organization_id).users().active().filter(email__in=list(addresses)))


def _listeners(setting: Setting, admins: list[Member]) -> list[Member]:
    """Who hears of new detections: those that were named; the admins where nobody was; nobody where it was switched
    off."""
    on = [event for event in setting.events or () if event["enabled"]]
    if setting.events is None or any(not event["targets"] for event in on):
        return admins
    return _members({_address(one) for event in on for one in event["targets"]}, setting.organization_id)


def tell_found(organization_id: uuid.UUID, new: Mapping[Setting, Sequence[Detection]], *, now: datetime) -> None:
    """Tell of what a scan found for the first time: one piece of news of each control, however much that is; to whoever
    it was assigned to, of their part."""
    if not any(new.values()):
        return
    admins = recipients.admins(organization_id)
    assigned = {one.assignee_id for several in new.values() for one in several if one.assignee_id}
    told = of_assignments(organization_id)
    people = Member.objects.in_bulk(assigned) if told and assigned else {}
    tidings = [
        one
        for setting, several in new.items()
        if several
        for one in _tidings(setting, several, _listeners(setting, admins), people, now=now)
    ]
    tell_all(tidings, organization_id=organization_id, now=now)


def _tidings(
    setting: Setting,
    new: Sequence[Detection],
    to: list[Member],
    people: Mapping[uuid.UUID, Member],
    *,
    now: datetime,
) -> Iterator[Tidings]:
    about, key = target(setting.control), f"found:{setting.control}:{now.isoformat()}"
    yield Tidings(news=News.DETECTIONS_FOUND, to=to, about=about, words={"count": str(len(new))}, key=key)
    mine = Counter(one.assignee_id for one in new)
    for pk, member in people.items():
        if mine[pk] and member not in to:
            words = {"count": str(mine[pk])}
            yield Tidings(news=News.DETECTIONS_FOUND, to=[member], about=about, words=words, key=key)


def tell_assigned(control: Control, detection: Detection, *, by: Actor) -> None:
    """Tell somebody that a detection is theirs to look after, unless they took it themselves."""
    assignee = detection.assignee
    if assignee is None or str(assignee.pk) == by.id or not of_assignments(by.organization):
        return
    tell(
        News.DETECTION_ASSIGNED,
        organization_id=by.organization,
        to=[assignee],
        about=target_of(detection),
        words={"by": by.label, "control": named(control)},
        key=f"assigned:{detection.pk}:{by.now.isoformat()}",
        now=by.now,
    )


def tell_ahead(control: Control, detection: Detection, *, many: bool = False, now: datetime) -> None:
    """Tell whoever looks after it when it is going to be mitigated; with `many` others, of all of them at once."""
    acts_at = detection.mitigate_after
    if acts_at is None:
        raise ValueError(f"Nothing is ahead of {detection.pk}.")
    tell(
        News.MITIGATIONS_AHEAD if many else News.MITIGATION_AHEAD,
        organization_id=detection.organization_id,
        to=concerned(detection),
        about=target(control) if many else target_of(detection),
        words={"control": named(control), "acts_at": acts_at.isoformat()},
        key=f"ahead:{control if many else detection.pk}:{acts_at.isoformat()}:{(acts_at - now).days}",
        now=now,
    )


def tell_mitigated(control: Control, detection: Detection, to: Iterable[Member], *, many: bool, now: datetime) -> None:
    """Tell whoever looked after it that it was mitigated by itself; with `many` others, of all of them at once."""
    tell(
        News.DETECTIONS_MITIGATED if many else News.DETECTION_MITIGATED,
        organization_id=detection.organization_id,
        to=to,
        about=target(control) if many else target_of(detection),
        words={"control": named(control)},
        key=f"mitigated:{control}:{now.isoformat()}" if many else f"mitigated:{detection.pk}",
        now=now,
    )


def concerned(detection: Detection) -> list[Member]:
    """Whoever looks after what was found: who is assigned, else who is responsible, else the admins."""
    assignee = detection.assignee
    if assignee and assignee.disabled_at is None:
        return [assignee]
    if detection.resource_type in BY_VALUE:
        credential = Credential.objects.with_people().filter(pk=detection.resource_id).first()
        return recipients.responsible_for(credential) if credential else []
    return recipients.admins(detection.organization_id)
