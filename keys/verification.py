"""Is this text good, now, for this? One question for all five kinds, answered with one query."""

import hmac
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.builtin_roles import permissions_of
from keys import minting
from keys.kinds import KINDS, Kind, Rule
from keys.models import Credential, KindSwitch


class Outcome(StrEnum):
    """Why a credential is good, or is not."""

    VALID = "valid"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"
    OWNER_DISABLED = "owner_disabled"
    SWITCHED_OFF = "switched_off"
    WRONG_KIND = "wrong_kind"
    WRONG_ORGANIZATION = "wrong_organization"
    MISSING_SCOPE = "missing_scope"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer. Everything but the outcome is None or empty when the text is unknown.

    `permissions` is what the credential may do now: its scopes, or everything, within what its owner's roles permit;
    empty for kinds that act for an organisation. `scopes` and `expires_at` are the credential's own. `missing` names
    the first scope that was needed and lacking.
    """

    outcome: Outcome
    kind: Kind | None = None
    credential_id: uuid.UUID | None = None
    organization_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    permissions: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    missing: str = ""

    def __bool__(self) -> bool:
        return self.outcome is Outcome.VALID


_FIELDS = (
    "id",
    "kind",
    "organization_id",
    "owner_id",
    "scopes",
    "fingerprint",
    "expires_at",
    "last_used_at",
    "revoked_at",
    "switched_off",
    "owner__disabled_at",
    "owner__assignments__role__slug",
    "owner__assignments__role__granted",
)


def verify(
    text: str,
    *,
    now: datetime,
    accepting: Iterable[Kind] = KINDS,
    needs: Iterable[str] = (),
    organization_id: uuid.UUID | None = None,
) -> Verdict:
    """Judge a presented text: known, live, of an accepted kind and organisation, and permitted all that is needed."""
    parsed = minting.parse(text)
    rows = _find(parsed, text) if parsed else []
    if not rows:
        return Verdict(outcome=Outcome.UNKNOWN)
    row = rows[0]
    permissions = _permissions(rows)
    missing = next((scope for scope in needs if scope not in permissions), "")
    return Verdict(
        outcome=_outcome(row, now, accepting, organization_id, missing),
        kind=row["kind"],
        credential_id=row["id"],
        organization_id=row["organization_id"],
        owner_id=row["owner_id"],
        permissions=permissions,
        scopes=None if row["scopes"] is None else frozenset(row["scopes"]),
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        missing=missing,
    )


def _find(parsed: minting.Parsed, text: str) -> list[dict[str, Any]]:
    """The credential's row, once for each role of its owner. One query."""
    candidates = minting.fingerprints(parsed.kind, text)
    by = Q(pk=parsed.id) if parsed.id else Q(fingerprint__in=candidates)
    off = KindSwitch.objects.filter(organization_id=OuterRef("organization_id"), kind=OuterRef("kind"))
    rows = Credential.objects.filter(by).annotate(switched_off=Exists(off)).values(*_FIELDS)
    return [
        row
        for row in rows
        if any(hmac.compare_digest(bytes(row["fingerprint"]), candidate) for candidate in candidates)
    ]


def _permissions(rows: list[dict[str, Any]]) -> frozenset[str]:
    row = rows[0]
    if row["kind"].scopes is Rule.NONE:
        return frozenset()
    roles = ((line["owner__assignments__role__slug"], line["owner__assignments__role__granted"]) for line in rows)
    held = frozenset().union(*(permissions_of(slug, granted or ()) for slug, granted in roles))
    return held if row["scopes"] is None else held & frozenset(row["scopes"])


def _outcome(
    row: dict[str, Any],
    now: datetime,
    accepting: Iterable[Kind],
    organization_id: uuid.UUID | None,
    missing: str,
) -> Outcome:
    if row["revoked_at"]:
        return Outcome.REVOKED
    if row["expires_at"] and row["expires_at"] <= now:
        return Outcome.EXPIRED
    if row["owner__disabled_at"]:
        return Outcome.OWNER_DISABLED
    if row["switched_off"]:
        return Outcome.SWITCHED_OFF
    if row["kind"] not in accepting:
        return Outcome.WRONG_KIND
    if organization_id and row["organization_id"] != organization_id:
        return Outcome.WRONG_ORGANIZATION
    return Outcome.MISSING_SCOPE if missing else Outcome.VALID
