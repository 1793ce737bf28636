"""What the records say of presented texts: whose each is and what it may, before anything is asked of it.

One statement for any number of texts, written out: this is the hot path, and the query builder costs more than the
database does.
"""

import functools
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from accounts.builtin_roles import permissions_of
from keys import minting
from keys.kinds import BY_VALUE, Kind, Rule, Track


@dataclass(frozen=True, slots=True)
class Standing:
    """A credential as recorded. `permissions` is what it may do: its scopes, or everything, within what its owner's
    roles permit; empty for kinds that act for an organisation. `sends`, `origins` and `application_id` are a client
    token's, `upstream` the address that what it sends goes on to. `expires_at` is its own end, or that of the overlap
    with its successor, whichever comes first; it is refused from `blocked_at` to `blocked_until`. `subjects` are the
    ids whose change outdates it."""

    kind: Kind
    credential_id: uuid.UUID
    organization_id: uuid.UUID
    owner_id: uuid.UUID | None
    permissions: frozenset[str]
    scopes: frozenset[str] | None
    expires_at: datetime | None
    is_revoked: bool
    is_owner_disabled: bool
    is_switched_off: bool
    subjects: tuple[uuid.UUID, ...]
    application_id: uuid.UUID | None = None
    sends: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    upstream: str = ""
    blocked_at: datetime | None = None
    blocked_until: datetime | None = None


_FIND = """
    SELECT credential.fingerprint, credential.kind, credential.id, credential.organization_id, credential.owner_id,
        credential.scopes, credential.expires_at, credential.revoked_at IS NOT NULL, owner.disabled_at IS NOT NULL,
        EXISTS (SELECT 1 FROM keys_kindswitch AS off
                WHERE off.organization_id = credential.organization_id AND off.kind = credential.kind),
        browser.application_id, browser.sends, browser.origins, upstream.address,
        credential.retires_at, credential.blocked_at, credential.blocked_until,
        role.id, role.slug, role.granted
    FROM keys_credential AS credential
    LEFT JOIN accounts_member AS owner ON owner.id = credential.owner_id
    LEFT JOIN keys_clienttokenuse AS browser ON browser.credential_id = credential.id
    LEFT JOIN keys_upstream AS upstream ON upstream.organization_id = credential.organization_id
    LEFT JOIN accounts_memberrole AS held ON held.member_id = credential.owner_id
    LEFT JOIN accounts_role AS role ON role.id = held.role_id
    WHERE credential.fingerprint IN ({places})
"""
OUTDATING = {
    "keys_credential": (
        "kind",
        "organization_id",
        "owner_id",
        "scopes",
        "fingerprint",
        "expires_at",
        "revoked_at",
        "retires_at",
        "blocked_at",
        "blocked_until",
    ),
    "accounts_member": ("disabled_at",),
    "accounts_memberrole": ("member_id", "role_id"),
    "accounts_role": ("slug", "granted"),
    "keys_kindswitch": ("organization_id", "kind"),
    "keys_clienttokenuse": ("credential_id", "application_id", "sends", "origins"),
    "keys_upstream": ("organization_id", "address"),
    "keys_rumapplication": ("deleted_at",),
    "keys_rumproxy": ("is_open", "placeholder", "jwks_url", "shared_key", "issuer", "audience", "cookie"),
}
"""The columns that what is remembered is made from: a standing, and an application's proxy (keys.rum_proxies).
keys.guards writes a revision whenever one of them changes."""


def find(texts: Iterable[str]) -> dict[str, Standing]:
    """The standing of every text that is a credential of ours. One query; none if no text is even spelled like one."""
    wanted = {candidate: text for text in texts for candidate in _candidates(text)}
    if not wanted:
        return {}
    rows: dict[str, list[tuple[Any, ...]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_FIND.format(places=", ".join(["%s"] * len(wanted))), list(wanted))
        for row in cursor.fetchall():
            rows.setdefault(wanted[bytes(row[0])], []).append(row)
    return {text: _standing(found) for text, found in rows.items()}


def _candidates(text: str) -> list[bytes]:
    parsed = minting.parse(text)
    return minting.fingerprints(parsed.kind, text) if parsed else []


def _standing(rows: list[tuple[Any, ...]]) -> Standing:
    """From the credential's row, which comes once for each role of its owner."""
    _fingerprint, kind, pk, organization, owner, scopes, expires_at, revoked, disabled, off, *rest = rows[0]
    application, sends, origins, upstream, retires_at, blocked_at, blocked_until, *_role = rest
    roles = frozenset((id_of(role), slug, granted) for *_, role, slug, granted in rows if role)
    own = _list(scopes)
    ids = (id_of(pk), id_of(organization), id_of(owner) if owner else None)
    return Standing(
        kind=BY_VALUE[kind],
        credential_id=ids[0],
        organization_id=ids[1],
        owner_id=ids[2],
        permissions=_permitted(BY_VALUE[kind], frozenset((slug, granted) for _, slug, granted in roles), own),
        scopes=own,
        expires_at=min(filter(None, (_moment(expires_at), _moment(retires_at))), default=None),
        is_revoked=bool(revoked),
        is_owner_disabled=bool(disabled),
        is_switched_off=bool(off),
        application_id=id_of(application) if application else None,
        sends=_sends(BY_VALUE[kind], sends),
        origins=_list(origins) or frozenset(),
        upstream=upstream or "",
        blocked_at=_moment(blocked_at),
        blocked_until=_moment(blocked_until),
        subjects=(*filter(None, ids), *sorted(role for role, *_ in roles)),
    )


@functools.lru_cache(maxsize=1024)
def _permitted(kind: Kind, roles: frozenset[tuple[str | None, str]], own: frozenset[str] | None) -> frozenset[str]:
    """What roles permit, within a credential's own scopes. Kept, so that equal sets are one set in memory."""
    if kind.scopes is Rule.NONE:
        return frozenset()
    held = frozenset().union(*(permissions_of(slug, _list(granted) or ()) for slug, granted in roles))
    return held if own is None else held & own


@functools.lru_cache(maxsize=64)
def _sends(kind: Kind, said: str | None) -> frozenset[str]:
    """What it may send: a client token what is said of it, or else logs."""
    if not kind.is_public:
        return frozenset()
    return frozenset({Track.LOGS}) if said is None else _list(said) or frozenset()


@functools.lru_cache(maxsize=1024)
def _list(text: str | None) -> frozenset[str] | None:
    """A column of JSON, which both drivers hand over as text."""
    return None if text is None else frozenset(json.loads(text))


def id_of(value: uuid.UUID | str) -> uuid.UUID:
    """An id as either driver hands it over."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def _moment(value: datetime | None) -> datetime | None:
    """With its zone, which SQLite does not keep: there it is UTC."""
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)
