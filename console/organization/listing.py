"""Lists of credentials: filters, orders, and each row with what the actor may do to it."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from console.lists import Order
from keys import client_tokens, governance, ownership
from keys.kinds import Kind
from keys.models import BrowserSighting, ClientTokenUse, Credential, CredentialQuerySet, Ownership, State, Where
from keys.usage import reports

LONGEST_SEARCH = 200
SOON = timedelta(days=7)
OLD = timedelta(days=90)


@dataclass(frozen=True)
class Filter:
    """A way to narrow a list: its word in the URL, its label and what it keeps."""

    slug: str
    label: Promise
    rule: Callable[[datetime], Q]


LIVE = Filter("", _("All in use"), lambda now: Where.live())
FILTERS = (
    LIVE,
    Filter("active", _("Active"), Where.active),
    Filter("in_browser", _("Seen in a browser"), lambda now: Where.in_browser()),
    Filter("expiring", _("Expiring within 7 days"), lambda now: Where.expiring(now, within=SOON)),
    Filter("expired", _("Expired"), Where.expired),
    Filter("unscoped", _("All of the owner’s access"), lambda now: Where.unscoped()),
    Filter("unknown_owner", _("Unknown owner"), lambda now: Where.unknown_owner()),
    Filter("old", _("Older than 90 days"), lambda now: Where.unexpiring_since(now - OLD)),
    Filter("never_used", _("Never used"), lambda now: Where.never_used()),
    Filter("idle", _("Unused for 90 days"), lambda now: Where.unused_since(now - reports.IDLE_AFTER)),
    Filter("revoked", _("Revoked"), lambda now: Where.revoked()),
)
_FILTERS = {found.slug: found for found in FILTERS}

ORDERS = {
    "newest": (Order("created_at", descending=True), _("Newest first")),
    "oldest": (Order("created_at"), _("Oldest first")),
    "name": (Order("name_key"), _("By name")),
}


def chosen_filter(slug: str) -> Filter:
    """The filter of this word; an unknown word does not narrow."""
    return _FILTERS.get(slug, LIVE)


def asked(params: QueryDict) -> tuple[str, str]:
    """The words and the filter a query string asks for; what makes no sense is left out."""
    words = params.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    return words, chosen_filter(params.get("state", "")).slug


def narrowed(rows: CredentialQuerySet, *, words: str, state: str, now: datetime) -> CredentialQuerySet:
    """The rows that match the words and the filter."""
    rows = rows.where(chosen_filter(state).rule(now))
    return rows.matching(words) if words else rows


def visible(actor: Actor, kind: Kind, pk: uuid.UUID) -> Credential:
    """The credential as its page needs it, if the actor may know of it. Raises Credential.DoesNotExist."""
    return Credential.objects.visible_to(actor).of_kind(kind).with_people().with_browsers().get(pk=pk)


@dataclass(frozen=True)
class Row:
    """A credential in a list. `stays` if it must not be revoked because it is the last one; `use` is a client token's,
    `ownership` what is said of one of the organisation's, `sighting` where a live API key was seen that everybody can
    read it."""

    credential: Credential
    sparkline: reports.Sparkline
    state: State
    expires_soon: bool
    may_edit: bool
    may_revoke: bool
    stays: bool
    use: ClientTokenUse | None
    ownership: Ownership | None
    sighting: BrowserSighting | None


def rows_for(actor: Actor, credentials: Iterable[Credential], *, now: datetime) -> list[Row]:
    """The rows of credentials of one kind, which must have been read with people and browsers."""
    return rows_by_kind(actor, [list(credentials)], now=now)[0]


def rows_by_kind(actor: Actor, groups: list[list[Credential]], *, now: datetime) -> list[list[Row]]:
    """The rows of several kinds, kind by kind. How much they were used is asked once for all of them."""
    used = reports.sparklines((credential for group in groups for credential in group), now=now)
    stays = [bool(group) and governance.at_minimum(group[0].kind, actor.organization) for group in groups]
    return [
        [_row(actor, credential, used[credential.pk], last, now) for credential in group]
        for group, last in zip(groups, stays, strict=True)
    ]


def row_for(actor: Actor, credential: Credential, *, now: datetime) -> Row:
    """One credential with what the actor may do to it."""
    return rows_for(actor, [credential], now=now)[0]


def _row(actor: Actor, credential: Credential, used: reports.Sparkline, stays: bool, now: datetime) -> Row:
    state = credential.state(now)
    live = credential.revoked_at is None
    return Row(
        credential=credential,
        sparkline=used,
        state=state,
        expires_soon=state is State.ACTIVE and bool(credential.expires_at and credential.expires_at <= now + SOON),
        may_edit=live and governance.may_edit(actor, credential),
        may_revoke=live and governance.may_revoke(actor, credential),
        stays=stays and live,
        use=client_tokens.use_of(credential) if credential.kind.is_public else None,
        ownership=ownership.of(credential) if credential.kind.belongs_to_organization else None,
        sighting=getattr(credential, "sighting", None) if live else None,
    )
