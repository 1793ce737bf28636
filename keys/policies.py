"""What an organisation asks of its credentials beyond the rules that always hold: how often they are rotated, how long
they live, who makes them, and what a leak does."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import organizations
from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys.kinds import KINDS, Kind, Rule
from keys.models import LeakAction, Policy

MOST_DAYS = 3650
MOST_OVERLAP_HOURS = 7 * 24


@dataclass(frozen=True, kw_only=True)
class Terms:
    """A policy as somebody wants it: days and hours; None where there is no rotation to keep, or no earlier end than
    the kind's own."""

    rotate_every_days: int | None
    longest_days: int | None
    longest_overlap_hours: int
    scopes_required: bool
    owner_required: bool
    admins_create: bool
    leak_action: LeakAction


def default(organization_id: uuid.UUID, kind: Kind) -> Policy:
    """What holds until somebody changes it."""
    return Policy(
        organization_id=organization_id,
        kind=kind,
        rotate_every_days=kind.cadence.days if kind.cadence else None,
        longest_overlap_hours=MOST_OVERLAP_HOURS,
        leak_action=LeakAction.TELL if kind.is_public else LeakAction.REVOKE,
    )


def of(organization_id: uuid.UUID, kind: Kind) -> Policy:
    """The policy for one kind. One query."""
    found = Policy.objects.filter(organization_id=organization_id, kind=kind).first()
    return found or default(organization_id, kind)


def all_of(organization_id: uuid.UUID) -> dict[Kind, Policy]:
    """The policy for every kind. One query."""
    rows = {row.kind: row for row in Policy.objects.filter(organization_id=organization_id)}
    return {kind: rows.get(kind) or default(organization_id, kind) for kind in KINDS}


def proposed(organization_id: uuid.UUID, kind: Kind, terms: Terms) -> Policy:
    """The policy as it would be, not saved: for looking at what it would mean. Raises NotAllowed with the field."""
    _check(kind, terms)
    return Policy(organization_id=organization_id, kind=kind, **vars(terms))


@transaction.atomic
def change(kind: Kind, terms: Terms, *, by: Actor) -> Policy:
    """Let these terms hold from now on, for what is created or rotated. Raises NotPermitted, or NotAllowed with the
    field."""
    by.require(Permission.ORG_MANAGEMENT)
    organization = organizations.lock(by.organization)
    _check(kind, terms)
    before = of(organization.id, kind)
    wanted = vars(terms)
    changes = {field: [getattr(before, field), value] for field, value in wanted.items()}
    changes = {field: pair for field, pair in changes.items() if pair[0] != pair[1]}
    if not changes:
        return before
    policy, _created = Policy.objects.update_or_create(organization=organization, kind=kind, defaults=wanted)
    target = log.Target("policy", kind.value, kind.value)
    log.record(Event.POLICY_CHANGED, by=by, target=target, changes=changes)
    return policy


def _check(kind: Kind, terms: Terms) -> None:
    if terms.rotate_every_days is not None and not 1 <= terms.rotate_every_days <= MOST_DAYS:
        raise NotAllowed("rotate_every_days", _("Choose from 1 to %(most)d days.") % {"most": MOST_DAYS})
    longest = kind.longest.days
    if terms.longest_days is not None and not 1 <= terms.longest_days <= longest:
        raise NotAllowed("longest_days", _("Choose from 1 to %(most)d days.") % {"most": longest})
    if terms.longest_days is not None and kind.expiry is Rule.NONE:
        raise NotAllowed("longest_days", _("This does not expire."))
    if not 0 <= terms.longest_overlap_hours <= MOST_OVERLAP_HOURS:
        raise NotAllowed("longest_overlap_hours", _("Choose from 0 to %(most)d hours.") % {"most": MOST_OVERLAP_HOURS})
    if terms.scopes_required and kind.scopes is Rule.NONE:
        raise NotAllowed("scopes_required", _("This has no scopes."))
    if terms.owner_required and not kind.belongs_to_organization:
        raise NotAllowed("owner_required", _("This always has an owner."))
