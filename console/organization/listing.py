"""Lists of credentials: filters, orders, and each row with what the actor may do to it."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, reduce
from operator import or_

from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from console.lists import Order
from keys import client_tokens, governance, ownership, policies, rotation
from keys.kinds import Kind
from keys.models import (
    BrowserSighting,
    ClientTokenUse,
    Credential,
    CredentialQuerySet,
    Leak,
    Ownership,
    Policy,
    State,
    Where,
)
from keys.usage import reports

LONGEST_SEARCH = 200
SOON = timedelta(days=7)


@dataclass(frozen=True)
class Standpoint:
    """From where a rule is judged: whoever looks, and when. What their organisation asks for is read once, and only
    where a rule needs it."""

    actor: Actor

    @property
    def now(self) -> datetime:
        return self.actor.now

    @cached_property
    def policies(self) -> Mapping[Kind, Policy]:
        return policies.all_of(self.actor.organization)


@dataclass(frozen=True)
class Filter:
    """A way to narrow a list: its word in the URL, its label and what it keeps. `ended` if that is no longer good;
    `tone` if somebody should look at it, "bad" or "warn"."""

    slug: str
    label: Promise
    rule: Callable[[Standpoint], Q]
    ended: bool = False
    tone: str = ""


def _wants_a_look(at: Standpoint) -> Q:
    return reduce(or_, (found.rule(at) for found in WORST_FIRST))


IN_USE = Filter("", _("All in use"), lambda at: Where.active(at.now))
INACTIVE = Filter("inactive", _("All inactive"), lambda at: Where.ended(at.now), ended=True)
ATTENTION = Filter("attention", _("Needs a look"), _wants_a_look)
WORST_FIRST = (
    Filter("in_browser", _("Seen in a browser"), lambda at: Where.in_browser(), tone="bad"),
    Filter("blocked", _("Blocked"), lambda at: Where.blocked(at.now), tone="bad"),
    Filter("expiring", _("Expiring within 7 days"), lambda at: Where.expiring(at.now, within=SOON), tone="bad"),
    Filter("overdue", _("Overdue for rotation"), lambda at: rotation.rule_overdue(at.policies, at.now), tone="bad"),
    Filter("unknown_owner", _("Unknown owner"), lambda at: Where.unknown_owner(), tone="warn"),
    Filter("unscoped", _("All of the owner’s access"), lambda at: Where.unscoped(), tone="warn"),
    Filter("idle", _("Unused for 90 days"), lambda at: Where.unused_since(at.now - reports.IDLE_AFTER), tone="warn"),
    Filter("waiting", _("Waiting for a first use"), lambda at: rotation.rule_waiting(at.now), tone="warn"),
    Filter("due_soon", _("Due for rotation soon"), lambda at: rotation.rule_due_soon(at.policies, at.now), tone="warn"),
)
FILTERS = (
    IN_USE,
    ATTENTION,
    *WORST_FIRST,
    Filter("never_used", _("Never used"), lambda at: Where.never_used()),
    INACTIVE,
    Filter("expired", _("Expired"), lambda at: Where.expired(at.now), ended=True),
    Filter("revoked", _("Revoked"), lambda at: Where.revoked(), ended=True),
)
_FILTERS = {found.slug: found for found in FILTERS}

ORDERS = {
    "newest": (Order("created_at", descending=True), _("Newest first")),
    "oldest": (Order("created_at"), _("Oldest first")),
    "name": (Order("name_key"), _("By name")),
}


def chosen_filter(slug: str) -> Filter:
    """The filter of this word; an unknown word does not narrow."""
    return _FILTERS.get(slug, IN_USE)


def asked(params: QueryDict) -> tuple[str, str]:
    """The words and the filter a query string asks for; what makes no sense is left out."""
    words = params.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    return words, chosen_filter(params.get("state", "")).slug


def narrowed(rows: CredentialQuerySet, *, words: str, state: str, at: Standpoint) -> CredentialQuerySet:
    """The rows that match the words and the filter."""
    rows = rows.where(chosen_filter(state).rule(at))
    return rows.matching(words) if words else rows


def visible(actor: Actor, kind: Kind, pk: uuid.UUID) -> Credential:
    """The credential as its page needs it, if the actor may know of it. Raises Credential.DoesNotExist."""
    return Credential.objects.visible_to(actor).of_kind(kind).with_people().with_browsers().get(pk=pk)


@dataclass(frozen=True)
class Row:
    """A credential in a list, and what the actor may do to it. `stays` if it must not be revoked because it is the last
    one; `use` is a client token's, `ownership` what is said of one of the organisation's, `sighting` where a live API
    key was seen that everybody can read it.

    Of a pair that is being rotated, `is_replaced` marks the old one, and `replaces` is the old one of the new one.
    `rotate_by` is when it should be rotated, if it ever should; `restorable_until` is of one that can be brought back.
    """

    credential: Credential
    sparkline: reports.Sparkline
    state: State
    expires_soon: bool
    may_edit: bool
    may_rotate: bool
    may_revoke: bool
    stays: bool
    use: ClientTokenUse | None
    ownership: Ownership | None
    sighting: BrowserSighting | None
    is_replaced: bool
    replaces: Credential | None
    rotate_by: datetime | None
    restorable_until: datetime | None


def rows_for(
    actor: Actor, credentials: Iterable[Credential], *, now: datetime, terms: Mapping[Kind, Policy] | None = None
) -> list[Row]:
    """The rows of credentials of one kind, which must have been read with people and browsers."""
    return rows_by_kind(actor, [list(credentials)], now=now, terms=terms)[0]


def rows_by_kind(
    actor: Actor, groups: list[list[Credential]], *, now: datetime, terms: Mapping[Kind, Policy] | None = None
) -> list[list[Row]]:
    """The rows of several kinds, kind by kind, a pair that is being rotated side by side. How much they were used is
    asked once for all of them, and so is what the organisation asks for, unless `terms` says it."""
    used = reports.sparklines((credential for group in groups for credential in group), now=now)
    stays = [bool(group) and governance.at_minimum(group[0].kind, actor.organization) for group in groups]
    terms = policies.all_of(actor.organization) if terms is None and any(groups) else terms or {}
    back = _restorable(actor, (credential for group in groups for credential in group), now)
    return [
        _side_by_side([_row(actor, one, used[one.pk], last, terms[one.kind], back.get(one.pk), now) for one in group])
        for group, last in zip(groups, stays, strict=True)
    ]


def _side_by_side(rows: list[Row]) -> list[Row]:
    """The old one of a pair right below the new one, where both are listed."""
    old_ones = {row.credential.pk: row for row in rows if row.is_replaced}
    below = {row.replaces.pk: old_ones.get(row.replaces.pk) for row in rows if row.replaces}
    pairs = (
        (row, below.get(row.replaces.pk) if row.replaces else None) for row in rows if row.credential.pk not in below
    )
    return [one for pair in pairs for one in pair if one]


def row_for(actor: Actor, credential: Credential, *, now: datetime) -> Row:
    """One credential with what the actor may do to it."""
    return rows_for(actor, [credential], now=now)[0]


def _row(
    actor: Actor,
    credential: Credential,
    used: reports.Sparkline,
    stays: bool,
    policy: Policy,
    restorable_until: datetime | None,
    now: datetime,
) -> Row:
    state = credential.state(now)
    live = credential.revoked_at is None
    old = credential.replaces if live else None
    replaces = old if old and rotation.is_open(old, now=now) else None
    is_good = live and state is not State.EXPIRED
    is_alone = is_good and state is not State.OWNER_DISABLED and not (credential.replaced_at or replaces)
    return Row(
        credential=credential,
        sparkline=used,
        state=state,
        expires_soon=state is State.ACTIVE and bool(credential.expires_at and credential.expires_at <= now + SOON),
        may_edit=live and governance.may_edit(actor, credential),
        may_rotate=is_alone and governance.may_rotate(actor, credential),
        may_revoke=live and governance.may_revoke(actor, credential),
        stays=stays and live and credential.replaced_at is None,
        use=client_tokens.use_of(credential) if credential.kind.is_public else None,
        ownership=ownership.of(credential) if credential.kind.belongs_to_organization else None,
        sighting=getattr(credential, "sighting", None) if live else None,
        is_replaced=rotation.is_open(credential, now=now),
        replaces=replaces,
        rotate_by=_rotate_by(credential, policy, now) if is_good else None,
        restorable_until=restorable_until,
    )


def _rotate_by(credential: Credential, policy: Policy, now: datetime) -> datetime | None:
    """When it should be rotated; of one that was, and waits, only once that is late."""
    due = rotation.due_at(credential, policy)
    return None if due and credential.replaced_at and due > now else due


def _restorable(actor: Actor, credentials: Iterable[Credential], now: datetime) -> dict[uuid.UUID, datetime]:
    """Until when those can be brought back that can be. One query, and none where it is too late for all of them."""
    found = {
        one.pk: until
        for one in credentials
        if (until := governance.restorable_until(one)) and until > now and governance.may_restore(actor, one)
    }
    leaked = set(Leak.objects.confirmed().filter(credential__in=found).values_list("credential", flat=True))
    return {pk: until for pk, until in found.items() if pk not in leaked}
