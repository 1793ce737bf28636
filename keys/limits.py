"""Limits and switches: asking support for more, and support's answer."""

import uuid

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import organizations
from accounts.actors import Actor, ActorType, NotPermitted
from accounts.models import Member, Organization
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import governance
from keys.kinds import KINDS, Kind
from keys.models import Decision, KindSwitch, Limit, SupportRequest

LARGEST = 10_000
LONGEST_TEXT = 2000


def _target(kind: Kind) -> log.Target:
    return log.Target("limit", kind.value, kind.value)


def limits_of(organization: Organization) -> list[Limit]:
    """The organisation's own limits, one for each kind that has one; unsaved where nothing was ever created."""
    saved = {limit.kind: limit for limit in Limit.objects.filter(organization=organization, owner__isnull=True)}
    return [
        saved.get(kind) or Limit(organization=organization, kind=kind, maximum=kind.quota.maximum)
        for kind in KINDS
        if kind.quota and kind.quota.per
    ]


def maximum_of(kind: Kind, organization: Organization) -> int:
    """How many of the kind the organisation may have. The kind must have such a limit."""
    return next(limit.maximum for limit in limits_of(organization) if limit.kind is kind)


@transaction.atomic
def ask(kind: Kind, *, wanted: int | None, reason: str, by: Actor) -> SupportRequest:
    """Ask support for a higher limit, or (with wanted None) to switch the kind on. Raises NotAllowed."""
    organization = organizations.lock(by.organization)
    if not governance.may_create(by, kind):
        raise NotPermitted(kind.rights.create or "")
    reason = _checked_text("reason", reason)
    if wanted is None:
        _check_switchable(kind, organization)
    else:
        _check_more(kind, organization, wanted)
    if SupportRequest.objects.of(organization.id).open().filter(kind=kind).exists():
        raise NotAllowed("", _("Support is already looking at a request about this."))
    request = SupportRequest.objects.create(
        organization=organization,
        kind=kind,
        wanted=wanted,
        reason=reason,
        asked_by=Member.objects.of(organization.id).get(pk=by.id),
        created_at=by.now,
    )
    log.record(Event.REQUEST_MADE, by=by, target=_target(kind), changes={"wanted": wanted}, reason=reason)
    return request


def _checked_text(field: str, text: str) -> str:
    text = text.strip()
    if not text or "\0" in text:
        raise NotAllowed(field, _("Say why in a sentence."))
    if len(text) > LONGEST_TEXT:
        raise NotAllowed(field, _("Use 2,000 characters or fewer."))
    return text


def _check_switchable(kind: Kind, organization: Organization) -> None:
    if not governance.is_off(organization.id, kind):
        raise NotAllowed("", _("This is switched on already."))


def _check_more(kind: Kind, organization: Organization, wanted: int) -> None:
    limit = governance.limit_of(kind, organization, None) if kind.quota and kind.quota.per else None
    if limit is None:
        raise NotAllowed("", _("There is no limit to raise."))
    if not limit.maximum < wanted <= LARGEST:
        words = {"maximum": limit.maximum, "largest": LARGEST}
        raise NotAllowed("wanted", _("Ask for more than %(maximum)d, and at most %(largest)d.") % words)


@transaction.atomic
def approve(request_id: uuid.UUID, *, granted: int | None, answer: str, by: Actor) -> SupportRequest:
    """Grant what was asked, or another number, with a reason the asker sees. Raises NotAllowed if it was decided."""
    request = _locked_open(request_id, by=by)
    acting = organizations.in_organization(by, request.organization)
    if request.wanted is None:
        switch(request.kind, on=True, reason=answer, by=acting)
    else:
        set_limit(request.kind, maximum=request.wanted if granted is None else granted, reason=answer, by=acting)
        request.granted = request.wanted if granted is None else granted
    return _decide(request, Decision.APPROVED, answer=answer, by=acting)


@transaction.atomic
def decline(request_id: uuid.UUID, *, answer: str, by: Actor) -> SupportRequest:
    """Say no, with a reason the asker sees. Raises NotAllowed if it was decided."""
    request = _locked_open(request_id, by=by)
    acting = organizations.in_organization(by, request.organization)
    return _decide(request, Decision.DECLINED, answer=answer, by=acting)


def _locked_open(request_id: uuid.UUID, *, by: Actor) -> SupportRequest:
    _check_support(by)
    organizations.lock(SupportRequest.objects.get(pk=request_id).organization_id)
    request = SupportRequest.objects.with_people().get(pk=request_id)
    if request.decided_at:
        raise NotAllowed("", _("This request was decided already."))
    return request


def _decide(request: SupportRequest, decision: Decision, *, answer: str, by: Actor) -> SupportRequest:
    request.answer = _checked_text("answer", answer)
    request.decision, request.decided_at, request.decided_by = decision, by.now, by.label
    request.save(update_fields=["answer", "decision", "decided_at", "decided_by", "granted"])
    event = Event.REQUEST_APPROVED if decision is Decision.APPROVED else Event.REQUEST_DECLINED
    log.record(event, by=by, target=_target(request.kind), changes={"granted": request.granted}, reason=answer)
    return request


@transaction.atomic
def set_limit(kind: Kind, *, maximum: int, reason: str, by: Actor) -> Limit:
    """Support sets how many an organisation may have: never below what it has. Raises NotAllowed."""
    _check_support(by)
    organization = organizations.lock(by.organization)
    reason = _checked_text("answer", reason)
    limit = governance.limit_of(kind, organization, None) if kind.quota and kind.quota.per else None
    if limit is None:
        raise NotAllowed("", _("There is no limit to raise."))
    lowest = max(limit.live, 1)
    if not lowest <= maximum <= LARGEST:
        words = {"lowest": lowest, "largest": LARGEST}
        raise NotAllowed("granted", _("Choose a number from %(lowest)d to %(largest)d.") % words)
    before, limit.maximum = limit.maximum, maximum
    limit.save(update_fields=["maximum"])
    changes = {"maximum": [before, maximum]}
    log.record(Event.LIMIT_CHANGED, by=by, target=_target(kind), changes=changes, reason=reason)
    return limit


@transaction.atomic
def switch(kind: Kind, *, on: bool, reason: str, by: Actor) -> None:
    """Support switches a kind on or off for an organisation; switching to where it stands changes nothing."""
    _check_support(by)
    organization = organizations.lock(by.organization)
    reason = _checked_text("answer", reason)
    if not kind.switchable:
        raise NotAllowed("", _("This cannot be switched off."))
    if governance.is_off(organization.id, kind) is not on:
        return
    if on:
        KindSwitch.objects.filter(organization=organization, kind=kind).delete()
    else:
        KindSwitch.objects.create(organization=organization, kind=kind, off_at=by.now)
    event = Event.KIND_SWITCHED_ON if on else Event.KIND_SWITCHED_OFF
    log.record(event, by=by, target=_target(kind), reason=reason)


def _check_support(by: Actor) -> None:
    if by.type is not ActorType.SUPPORT_USER:
        raise NotPermitted("support")
