"""Is whoever sends this a visitor who signed in? Proved by a JSON Web Token that the customer's own site signed."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import aiohttp
import jwt
from django.utils.translation import gettext_lazy as _

from keys import egress
from keys.rum_proxies import Terms

LONGEST_PROOF = 8192
LEEWAY = 30
"""Seconds that the site's clock and ours may differ."""

ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
SYMMETRIC = ["HS256", "HS384", "HS512"]
REQUIRED = ["exp", "sub"]

KEPT_SECONDS = 600.0
"""For how long a set of keys is good once it was fetched."""
PAUSE_SECONDS = 10.0
"""How long nothing is fetched again: a key nobody knows, or a site that is down, is asked for no more often."""
STALE_SECONDS = 3600.0
"""How long the last keys are still used while they cannot be fetched."""
MOST_SETS = 1000
MOST_KEYS = 100


class Reason(StrEnum):
    """Why a visitor is not let in."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    UNSIGNED = "unsigned"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    INCOMPLETE = "incomplete"
    NO_KEYS = "no_keys"


WORDS = {
    Reason.MISSING: _("No proof of a signed-in visitor was sent."),
    Reason.UNREADABLE: _("The proof is no JSON Web Token."),
    Reason.EXPIRED: _("The proof has expired."),
    Reason.NOT_YET: _("The proof is not valid yet."),
    Reason.UNSIGNED: _("The proof is not signed in a way that is accepted."),
    Reason.BAD_SIGNATURE: _("The signature is not by the key of the site."),
    Reason.UNKNOWN_KEY: _("The key that signed the proof is not among those of the site."),
    Reason.WRONG_ISSUER: _("The proof is from another issuer."),
    Reason.WRONG_AUDIENCE: _("The proof is for another audience."),
    Reason.INCOMPLETE: _("The proof names no visitor (sub) or no end (exp)."),
    Reason.NO_KEYS: _("The keys of the site cannot be fetched."),
}


class NotVerified(Exception):
    """The visitor is not let in; carries the Reason, and for NO_KEYS what stood in the way."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Visitor:
    """Somebody the site let in: who, and until when."""

    subject: str
    expires_at: float


_REFUSALS: tuple[tuple[type[jwt.PyJWTError], Reason], ...] = (
    (jwt.ExpiredSignatureError, Reason.EXPIRED),
    (jwt.ImmatureSignatureError, Reason.NOT_YET),
    (jwt.InvalidIssuedAtError, Reason.NOT_YET),
    (jwt.InvalidSignatureError, Reason.BAD_SIGNATURE),
    (jwt.InvalidIssuerError, Reason.WRONG_ISSUER),
    (jwt.InvalidAudienceError, Reason.WRONG_AUDIENCE),
    (jwt.MissingRequiredClaimError, Reason.INCOMPLETE),
    (jwt.exceptions.InvalidSubjectError, Reason.INCOMPLETE),
    (jwt.InvalidAlgorithmError, Reason.UNSIGNED),
)


async def verified(proof: str, terms: Terms, sets: "KeySets") -> Visitor:
    """Who the proof is about. Raises NotVerified."""
    if not proof:
        raise NotVerified(Reason.MISSING)
    algorithm, key_id = _header(proof)
    if terms.shared_key:
        return _decoded(proof, terms.shared_key, SYMMETRIC, terms)
    if algorithm not in ASYMMETRIC:
        raise NotVerified(Reason.UNSIGNED)
    return _decoded(proof, await sets.key(terms.jwks_url, key_id, algorithm), [algorithm], terms)


def _header(proof: str) -> tuple[str, str]:
    if len(proof) > LONGEST_PROOF:
        raise NotVerified(Reason.UNREADABLE)
    try:
        header = jwt.get_unverified_header(proof)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise NotVerified(Reason.UNREADABLE) from None
    return str(header.get("alg", "")), str(header.get("kid", ""))


def _decoded(proof: str, key: Any, algorithms: list[str], terms: Terms) -> Visitor:
    options = {"require": REQUIRED, "verify_aud": bool(terms.audience), "verify_iss": bool(terms.issuer)}
    try:
        claims = jwt.decode(
            proof,
            key,
            algorithms=algorithms,
            issuer=terms.issuer or None,
            audience=terms.audience or None,
            leeway=LEEWAY,
            options=options,  # type: ignore[arg-type]
        )
        visitor = Visitor(str(claims["sub"])[:200], float(claims["exp"]))
    except jwt.PyJWTError as refusal:
        known = (reason for error, reason in _REFUSALS if isinstance(refusal, error))
        raise NotVerified(next(known, Reason.UNREADABLE)) from None
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise NotVerified(Reason.UNREADABLE) from None
    if not visitor.subject:
        raise NotVerified(Reason.INCOMPLETE)
    return visitor


@dataclass
class _Set:
    """The keys last found at an address, by their id; and when, and when they were last asked for."""

    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: dict[tuple[str, str], jwt.PyJWK] = field(default_factory=dict)
    fetched_at: float = float("-inf")
    asked_at: float = float("-inf")
    fetching: asyncio.Lock = field(default_factory=asyncio.Lock)

    def chosen(self, key_id: str) -> str | None:
        """The id of the key that is meant: without an id, the only one there."""
        if not key_id and len(self.keys) == 1:
            return next(iter(self.keys))
        return key_id if key_id in self.keys else None


class KeySets:
    """The sites' public keys (RFC 7517), fetched when needed and kept for a while. For one event loop."""

    def __init__(self, client: aiohttp.ClientSession, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._sets: dict[str, _Set] = {}
        self._refreshing: set[asyncio.Task[None]] = set()

    async def key(self, address: str, key_id: str, algorithm: str) -> jwt.PyJWK:
        """The key of this id at the address, to check this algorithm by. Raises NotVerified.

        A key that is known is used at once, and looked for again beside it when it was fetched long ago: nobody waits
        for a site that is down."""
        found = self._set(address)
        if found.chosen(key_id) is None or self._age(found) > STALE_SECONDS:
            await self._refresh(found, address)
        elif self._age(found) > KEPT_SECONDS and self._clock() - found.asked_at >= PAUSE_SECONDS:
            task = asyncio.get_running_loop().create_task(self._refresh(found, address))
            self._refreshing.add(task)
            task.add_done_callback(self._refreshed)
        chosen = found.chosen(key_id)
        if chosen is None:
            raise NotVerified(Reason.UNKNOWN_KEY)
        return _made(found, chosen, algorithm)

    def _refreshed(self, task: asyncio.Task[None]) -> None:
        self._refreshing.discard(task)
        if not task.cancelled():
            task.exception()  # that there were none is said to the next visitor who needs them

    def _age(self, found: _Set) -> float:
        return self._clock() - found.fetched_at

    def _set(self, address: str) -> _Set:
        if address not in self._sets and len(self._sets) >= MOST_SETS:
            del self._sets[next(iter(self._sets))]
        return self._sets.setdefault(address, _Set())

    async def _refresh(self, found: _Set, address: str) -> None:
        """Fetch the keys again, unless somebody just did. Raises NotVerified where none may be used."""
        async with found.fetching:
            if self._clock() - found.asked_at >= PAUSE_SECONDS:
                found.asked_at = self._clock()
                try:
                    found.keys = _parsed(await egress.fetch(self._client, address))
                    found.made, found.fetched_at = {}, self._clock()
                except egress.NotReached as trouble:
                    if self._age(found) > STALE_SECONDS:
                        raise NotVerified(Reason.NO_KEYS, str(trouble)) from None
            if self._age(found) > STALE_SECONDS:
                raise NotVerified(Reason.NO_KEYS)


def _parsed(content: bytes) -> dict[str, dict[str, Any]]:
    """The public keys in a set that are for signatures, by id. Raises NotReached for what is no set."""
    try:
        listed = json.loads(content)["keys"]
        entries = [entry for entry in listed if isinstance(entry, dict)]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise egress.NotReached("what is there is no set of keys (RFC 7517)") from None
    usable = (one for one in entries[:MOST_KEYS] if one.get("kty") != "oct" and one.get("use", "sig") == "sig")
    return {str(entry.get("kid", "")): entry for entry in usable}


def _made(found: _Set, key_id: str, algorithm: str) -> jwt.PyJWK:
    """The key as PyJWT has it. One that names its algorithm is good for no other."""
    made = found.made.get((key_id, algorithm))
    if made is None:
        entry = found.keys[key_id]
        try:
            if entry.get("alg", algorithm) != algorithm:
                raise NotVerified(Reason.UNSIGNED)
            made = found.made[key_id, algorithm] = jwt.PyJWK(entry, algorithm=algorithm)
        except (jwt.PyJWTError, ValueError, TypeError):
            raise NotVerified(Reason.UNSIGNED) from None
    return made
