"""Refusing a credential for a while, without ending it: to see who shouts, or until somebody has looked."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import organizations
from accounts.actors import Actor, NotPermitted
from accounts.models import Organization
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import governance, lifecycle
from keys.models import Credential, CredentialQuerySet
from keys.steps import each
from keys.telling import News

BROWN_OUT = timedelta(minutes=5)


@transaction.atomic
def brown_out(credential_id: uuid.UUID, *, by: Actor) -> Credential:
    """Refuse it for BROWN_OUT; then it is good again by itself. Raises NotPermitted, NotAllowed."""
    credential = _to_block(credential_id, by=by)
    if credential.is_blocked(by.now):
        raise NotAllowed("", _("%(name)s is blocked already.") % {"name": credential.name})
    return _block(credential, by.now + BROWN_OUT, by=by, reason="brown-out")


@transaction.atomic
def quarantine(credential_id: uuid.UUID, *, by: Actor, reason: str) -> Credential:
    """Refuse it until somebody lifts that; one in quarantine stays as it is. Raises NotPermitted, NotAllowed."""
    credential = _to_block(credential_id, by=by)
    if is_in_quarantine(credential, now=by.now):
        return credential
    return _block(credential, None, by=by, reason=reason)


def quarantine_all(credentials: Iterable[Credential], *, by: Actor, reason: str) -> None:
    """Put several of the organisation's into quarantine that are not yet there. For verbs that hold the organisation's
    lock and have asked governance."""
    found = [one for one in credentials if not is_in_quarantine(one, now=by.now)]
    Credential.objects.filter(pk__in=[one.pk for one in found]).update(blocked_at=by.now, blocked_until=None)
    for one in found:
        one.blocked_at, one.blocked_until = by.now, None
    log.record_all(Event.CREDENTIAL_BLOCKED, [_blocked(one, reason) for one in found], by=by)


def is_in_quarantine(credential: Credential, *, now: datetime) -> bool:
    """Whether it is refused until somebody lifts that."""
    return credential.is_blocked(now) and credential.blocked_until is None


@transaction.atomic
def lift(credential_id: uuid.UUID, *, by: Actor, reason: str = "") -> Credential:
    """Let it be good again, now; not what is in quarantine because it leaked. Raises NotPermitted, NotAllowed."""
    credential = _to_block(credential_id, by=by)
    if not credential.is_blocked(by.now):
        raise NotAllowed("", _("%(name)s is not blocked.") % {"name": credential.name})
    if is_in_quarantine(credential, now=by.now) and credential.leaks.confirmed().that_blocked().exists():
        words = {"name": credential.name}
        raise NotAllowed("", _("%(name)s leaked. Revoke it, or dismiss the leak as a false alarm.") % words)
    return _unblock(credential, by=by, reason=reason)


def lapse(now: datetime) -> int:
    """Note of every block whose time is over that it is; returns how many. Of what was revoked meanwhile nothing comes
    back. A job: safe to repeat and to miss."""
    return each(_over(now).values_list("pk", "organization_id"), lambda found: _lapse(*found, now))


def _over(now: datetime) -> CredentialQuerySet:
    return Credential.objects.live().filter(blocked_until__lte=now)


@transaction.atomic
def _lapse(credential_id: uuid.UUID, organization_id: uuid.UUID, now: datetime) -> bool:
    organization: Organization = organizations.lock(organization_id)
    credential = _over(now).filter(pk=credential_id).first()
    if credential:
        _unblock(credential, by=organizations.by_itself(organization, now=now), reason="brown-out over")
    return credential is not None


def _to_block(credential_id: uuid.UUID, *, by: Actor) -> Credential:
    credential = lifecycle.locked(credential_id, by=by)
    if not governance.may_revoke(by, credential):
        raise NotPermitted(credential.kind.rights.revoke)
    governance.check_live(credential)
    return credential


def _block(credential: Credential, until: datetime | None, *, by: Actor, reason: str) -> Credential:
    credential.blocked_at, credential.blocked_until = by.now, until
    credential.save(update_fields=["blocked_at", "blocked_until"])
    log.record_all(Event.CREDENTIAL_BLOCKED, [_blocked(credential, reason)], by=by)
    lifecycle.tell_others(News.CREDENTIAL_BLOCKED, credential, by=by)
    return credential


def _blocked(credential: Credential, reason: str) -> log.Happening:
    until = credential.blocked_until
    return log.Happening(lifecycle.target(credential), {"until": until.isoformat() if until else None}, reason)


def _unblock(credential: Credential, *, by: Actor, reason: str) -> Credential:
    credential.blocked_at = credential.blocked_until = None
    credential.save(update_fields=["blocked_at", "blocked_until"])
    log.record(Event.CREDENTIAL_UNBLOCKED, by=by, target=lifecycle.target(credential), reason=reason)
    lifecycle.tell_others(News.CREDENTIAL_UNBLOCKED, credential, by=by)
    return credential
