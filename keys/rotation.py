"""Rotation: a successor that may do the same, and an old one that stays good beside it until the overlap ends.

There is no table of rotations. A pair is being rotated while the old one is replaced and not yet revoked; when the
overlap ends it is no longer good, and `follow` revokes it. Cancelling ends the successor instead, and gives everything
back.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import organizations
from accounts.actors import Actor, NotPermitted
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import client_tokens, governance, lifecycle, ownership, policies, recipients
from keys.kinds import Kind
from keys.lifecycle import Issued
from keys.models import ClientTokenUse, Credential, Policy, Where
from keys.ownership import Owned
from keys.steps import each
from keys.telling import News, tell

SOON = timedelta(days=14)
"""How long before a rotation is due it is said to be."""
AFTER_FIRST_USE = timedelta(hours=24)
LONG_WAIT = timedelta(days=7)
"""An old one that has waited for so long for a first use of the new one counts again like one that stays."""
DONE, CANCELED = "rotated", "rotation canceled"


class Overlap(models.TextChoices):
    """When the old one stops being good."""

    NOW = "now", _("Now")
    HOUR = "1h", _("In 1 hour")
    DAY = "24h", _("In 24 hours")
    WEEK = "7d", _("In 7 days")
    FIRST_USE = "first_use", _("24 hours after the new one is first used")

    @property
    def length(self) -> timedelta | None:
        """How long both are good; None where that waits for the first use of the new one."""
        return _LENGTHS.get(self)


_LENGTHS = {
    Overlap.NOW: timedelta(0),
    Overlap.HOUR: timedelta(hours=1),
    Overlap.DAY: timedelta(hours=24),
    Overlap.WEEK: timedelta(days=7),
}


def overlaps_within(policy: Policy) -> list[Overlap]:
    """Those the policy allows, shortest first. Waiting has no end of its own, so only a policy that shortens nothing
    allows it."""
    most = timedelta(hours=policies.MOST_OVERLAP_HOURS)
    return [overlap for overlap in Overlap if _LENGTHS.get(overlap, most) <= policy.longest_overlap]


@transaction.atomic
def rotate(credential_id: uuid.UUID, *, overlap: Overlap, by: Actor, nonce: str = "") -> Issued:
    """A successor of the same name, owner, scopes, use and length of life; the old one is good until the overlap ends.

    Whoever rotates may create one like it and revoke it. Works at a full quota. With a nonce, the same form rotates
    only once. Raises NotPermitted, or NotAllowed: overlap; or "" for one that is no longer good or is being rotated.
    """
    old = lifecycle.locked(credential_id, by=by)
    if not governance.may_revoke(by, old):
        raise NotPermitted(old.kind.rights.revoke)
    policy = policies.of(by.organization, old.kind)
    if overlap not in overlaps_within(policy):
        words = {"hours": policy.longest_overlap_hours}
        raise NotAllowed("overlap", _("Choose an end within %(hours)d hours: the policy asks for it.") % words)
    issued = lifecycle.issue(
        old.kind,
        name=old.name,
        by=by,
        owner=old.owner,
        scopes=old.scopes,
        expires_at=_end_of_next(old, policy, now=by.now),
        category=old.category,
        remote_config_read_enabled=old.remote_config_read_enabled,
        beyond_owner=True,
        owned=_owned(old),
        replaces=old,
        nonce=nonce,
    )
    if not issued.again:
        _hand_over(old, issued.credential, overlap, by=by)
    return issued


def _end_of_next(old: Credential, policy: Policy, *, now: datetime) -> datetime | None:
    """As long from now as the old one lived, as far as the policy goes."""
    if old.expires_at is None:
        return None if policy.longest_days is None else now + policy.longest
    return now + min(old.expires_at - old.created_at, policy.longest)


def _owned(old: Credential) -> Owned:
    said = ownership.of(old)
    if said is None or not old.kind.belongs_to_organization:
        return ownership.UNSAID
    member = said.member_id if said.member and not said.member.disabled_at else None
    return Owned(member_id=member, team=said.team, environment=said.environment, purpose=said.purpose)


def _hand_over(old: Credential, new: Credential, overlap: Overlap, *, by: Actor) -> None:
    if old.kind.is_public:
        use = client_tokens.use_of(old)
        ClientTokenUse.objects.create(credential=new, application=use.application, sends=use.sends, origins=use.origins)
    old.retires_at = None if overlap.length is None else by.now + overlap.length
    old.save(update_fields=["retires_at"])
    changes = {
        "overlap": overlap.value,
        "last4": old.last4,
        "successor": str(new.pk),
        "successor_last4": new.last4,
    }
    log.record(Event.CREDENTIAL_ROTATED, by=by, target=lifecycle.target(old), changes=changes)
    tell(
        News.CREDENTIAL_ROTATED,
        organization_id=by.organization,
        to=[member for member in recipients.responsible_for(old) if str(member.pk) != by.id],
        about=lifecycle.target(new),
        words={"by": by.label},
        key=f"{News.CREDENTIAL_ROTATED.value}:{new.pk}",
        now=by.now,
    )
    if overlap is Overlap.NOW:
        lifecycle.end(old, by=by, reason=DONE)


@transaction.atomic
def finish(credential_id: uuid.UUID, *, by: Actor) -> Credential:
    """Revoke the old one of a pair now. Raises NotPermitted, NotAllowed."""
    old = _open(credential_id, by=by)
    lifecycle.tell_others(News.ROTATION_FINISHED, old, by=by)
    return lifecycle.end(old, by=by, reason=DONE)


@transaction.atomic
def cancel(credential_id: uuid.UUID, *, by: Actor) -> Credential:
    """Revoke the successor instead: the old one of the pair stays, as it was. Raises NotPermitted, NotAllowed."""
    old = _open(credential_id, by=by)
    new = successor_of(old)
    if new is None:
        raise NotAllowed("", _("%(name)s has no successor.") % {"name": old.name})
    changes = {"successor": str(new.pk), "successor_last4": new.last4}
    log.record(Event.CREDENTIAL_ROTATION_CANCELLED, by=by, target=lifecycle.target(old), changes=changes)
    lifecycle.tell_others(News.ROTATION_CANCELED, old, by=by)
    lifecycle.end(new, by=by, reason=CANCELED)
    return Credential.objects.with_people().get(pk=old.pk)


def _open(credential_id: uuid.UUID, *, by: Actor) -> Credential:
    old = lifecycle.locked(credential_id, by=by)
    if not governance.may_revoke(by, old):
        raise NotPermitted(old.kind.rights.revoke)
    if not is_open(old, now=by.now):
        raise NotAllowed("", _("%(name)s is not being rotated.") % {"name": old.name})
    return old


def is_open(credential: Credential, *, now: datetime) -> bool:
    """Whether it is the old one of a pair that is being rotated."""
    is_over = credential.retires_at is not None and credential.retires_at <= now
    return credential.replaced_at is not None and credential.revoked_at is None and not is_over


def is_paired(credential: Credential, *, now: datetime) -> bool:
    """Whether it is either one of a pair that is being rotated."""
    return any(one is not None and is_open(one, now=now) for one in (credential, credential.replaces))


def successor_of(old: Credential) -> Credential | None:
    """The live one that replaces it. One query."""
    return Credential.objects.with_people().live().filter(replaces=old).first()


def follow(now: datetime) -> int:
    """Bring rotations forward: set the end of those that waited for the first use of the successor, and revoke the old
    ones whose overlap has ended; returns how many. A job: safe to repeat and to miss."""
    waiting = Credential.objects.where(Where.waiting())
    used = waiting.filter(successors__revoked_at__isnull=True, successors__last_used_at__isnull=False)
    over = Credential.objects.live().filter(retires_at__lte=now)
    due = [pair for found in (used, over) for pair in found.values_list("pk", "organization_id")]
    return each(due, lambda pair: _follow(*pair, now))


@transaction.atomic
def _follow(credential_id: uuid.UUID, organization_id: uuid.UUID, now: datetime) -> bool:
    by = organizations.by_itself(organizations.lock(organization_id), now=now)
    old = Credential.objects.live().filter(pk=credential_id, replaced_at__isnull=False).first()
    if old is None:
        return False
    if old.retires_at is None:
        new = successor_of(old)
        if new is None or new.last_used_at is None:
            return False
        old.retires_at = min(new.last_used_at, now) + AFTER_FIRST_USE  # a clock that was ahead moves no end
        old.save(update_fields=["retires_at"])
    elif old.retires_at <= now:
        lifecycle.end(old, by=by, reason=DONE)
    return True


def rule_waiting(now: datetime) -> Q:
    """Old ones that have waited for a first use of the new one for LONG_WAIT."""
    return Where.waiting() & Where.active(now) & Q(replaced_at__lte=now - LONG_WAIT)


def rule_lasting(now: datetime) -> Q:
    """What is there to stay: all but the old ones of pairs, and of these whatever has waited too long."""
    return Where.counted() | rule_waiting(now)


def due_at(credential: Credential, policy: Policy) -> datetime | None:
    """When it should be rotated: never where it ends by itself or no policy asks. One that waits for the first use of
    its successor is given LONG_WAIT."""
    ends = credential.expires_at or credential.retires_at or credential.revoked_at
    if policy.rotate_every is None or ends:
        return None
    due = credential.created_at + policy.rotate_every
    return max(due, credential.replaced_at + LONG_WAIT) if credential.replaced_at else due


def rule_overdue(organization_policies: Mapping[Kind, Policy], now: datetime) -> Q:
    """Those that should have been rotated; or were, and have waited too long for that to count."""
    return _due_between(organization_policies, None, now) & rule_lasting(now)


def rule_due_soon(organization_policies: Mapping[Kind, Policy], now: datetime) -> Q:
    """Those that should be rotated within SOON."""
    return _due_between(organization_policies, now, now + SOON) & Where.counted()


def _due_between(organization_policies: Mapping[Kind, Policy], after: datetime | None, until: datetime) -> Q:
    found = Q(pk__in=[])
    for kind, policy in organization_policies.items():
        if policy.rotate_every is None:
            continue
        due = Q(kind=kind, created_at__lte=until - policy.rotate_every)
        if after is not None:
            due &= Q(created_at__gt=after - policy.rotate_every)
        found |= due
    return found & Q(expires_at__isnull=True)
