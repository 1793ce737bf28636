"""Is this text good, now, for this? One question for all five kinds, answered with one query."""

import uuid
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from keys import standings
from keys.kinds import KINDS, Kind
from keys.standings import Standing


class Outcome(StrEnum):
    """Why a credential is good, or is not."""

    VALID = "valid"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    EXPIRED = "expired"
    BLOCKED = "blocked"
    OWNER_DISABLED = "owner_disabled"
    SWITCHED_OFF = "switched_off"
    WRONG_KIND = "wrong_kind"
    WRONG_ORGANIZATION = "wrong_organization"
    MISSING_SCOPE = "missing_scope"
    THROTTLED = "throttled"
    IN_BROWSER = "in_browser"
    WRONG_TRACK = "wrong_track"
    WRONG_ORIGIN = "wrong_origin"
    WRONG_VISITOR = "wrong_visitor"


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
    missing: str = ""

    def __bool__(self) -> bool:
        return self.outcome is Outcome.VALID


def verify(
    text: str,
    *,
    now: datetime,
    accepting: Container[Kind] = KINDS,
    needs: Iterable[str] = (),
    organization_id: uuid.UUID | None = None,
) -> Verdict:
    """Judge a presented text: known, live, of an accepted kind and organisation, and permitted all that is needed."""
    standing = standings.find([text]).get(text)
    return verdict(standing, now=now, accepting=accepting, needs=needs, organization_id=organization_id)


def verdict(
    standing: Standing | None,
    *,
    now: datetime,
    accepting: Container[Kind] = KINDS,
    needs: Iterable[str] = (),
    organization_id: uuid.UUID | None = None,
) -> Verdict:
    """The same of what the records say of a text, None if they do not know it."""
    if standing is None:
        return Verdict(outcome=Outcome.UNKNOWN)
    outcome, missing = judge(standing, now=now, accepting=accepting, needs=needs, organization_id=organization_id)
    return Verdict(
        outcome=outcome,
        kind=standing.kind,
        credential_id=standing.credential_id,
        organization_id=standing.organization_id,
        owner_id=standing.owner_id,
        permissions=standing.permissions,
        scopes=standing.scopes,
        expires_at=standing.expires_at,
        missing=missing,
    )


def judge(
    standing: Standing,
    *,
    now: datetime,
    accepting: Container[Kind],
    needs: Iterable[str],
    organization_id: uuid.UUID | None,
) -> tuple[Outcome, str]:
    """What a known credential is good for: an outcome and, where scopes are missing, the first of them."""
    if standing.is_revoked:
        return Outcome.REVOKED, ""
    if standing.expires_at and standing.expires_at <= now:
        return Outcome.EXPIRED, ""
    if standing.blocked_at and (standing.blocked_until is None or standing.blocked_until > now):
        return Outcome.BLOCKED, ""
    if standing.is_owner_disabled:
        return Outcome.OWNER_DISABLED, ""
    if standing.is_switched_off:
        return Outcome.SWITCHED_OFF, ""
    if standing.kind not in accepting:
        return Outcome.WRONG_KIND, ""
    if organization_id and standing.organization_id != organization_id:
        return Outcome.WRONG_ORGANIZATION, ""
    missing = next((scope for scope in needs if scope not in standing.permissions), "")
    return (Outcome.MISSING_SCOPE, missing) if missing else (Outcome.VALID, "")
