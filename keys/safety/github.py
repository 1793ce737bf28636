"""GitHub's secret-scanning partner protocol: whether a report is GitHub's, and what it says.

GitHub signs the body as it is sent (ECDSA over P-256 and SHA-256) with one of a few keys, names the key beside the
signature, and publishes the public keys. There is no time in what is signed: a report may come again, and must not
harm then.
"""

import asyncio
import base64
import binascii
import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings

from keys import egress
from keys.safety.matches import MOST, Match

logger = logging.getLogger(__name__)

NAME = "GitHub"
KEPT_SECONDS = 30 * 60.0
"""For how long the public keys are good before they are asked for again."""
STALE_SECONDS = 24 * 60 * 60.0
"""For how long they are still used while GitHub does not answer."""
PAUSE_SECONDS = 60.0
"""How often they are asked for at most, whatever key is named."""
RETRY_SECONDS = 10.0
"""The same, while none are known."""
MOST_KEYS = 100
LONGEST_KEY_ID = 200


class NotSigned(Exception):
    """The report does not bear a signature of GitHub's; says what is wrong with it."""


class Unreadable(Exception):
    """The report is GitHub's, but not what its protocol says; says where."""


class KeysUnavailable(Exception):
    """Whether the report is GitHub's cannot be known now; says why."""


class PublicKeys:
    """GitHub's public keys by their ids: asked for when needed and kept for a while. For any number of threads."""

    def __init__(
        self,
        fetch: Callable[[str], egress.Fetched | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch or _fetch
        self._clock = clock
        self._keys: dict[str, EllipticCurvePublicKey] = {}
        self._etag = ""
        self._fetched_at = self._asked_at = float("-inf")
        self._fetching = threading.Lock()

    def find(self, key_id: str) -> EllipticCurvePublicKey:
        """The key of this id. Raises NotSigned if there is none, KeysUnavailable if that cannot be known."""
        age = self._clock() - self._fetched_at
        if key_id not in self._keys or age > KEPT_SECONDS:
            self._refresh()
        if self._clock() - self._fetched_at > STALE_SECONDS:
            raise KeysUnavailable("the public keys cannot be fetched")
        found = self._keys.get(key_id)
        if found is None:
            raise NotSigned("the key that is named is none of GitHub's")
        return found

    def _refresh(self) -> None:
        """Ask for the keys again, unless that was done just now. Whoever has some does not wait while another asks."""
        if not self._fetching.acquire(blocking=not self._keys):
            return
        try:
            pause = PAUSE_SECONDS if self._keys else RETRY_SECONDS
            if self._clock() - self._asked_at < pause:
                return
            self._asked_at = self._clock()
            self._take(self._fetch(self._etag))
        except egress.NotReached as failure:
            logger.warning("GitHub's public keys cannot be fetched: %s", failure)
        finally:
            self._fetching.release()

    def _take(self, fetched: egress.Fetched | None) -> None:
        if fetched is not None:
            self._keys, self._etag = _public_keys(fetched.content), fetched.etag
        self._fetched_at = self._clock()


def _fetch(etag: str) -> egress.Fetched | None:
    return asyncio.run(_fetched(etag))


async def _fetched(etag: str) -> egress.Fetched | None:
    async with egress.session() as client:
        return await egress.fetch_if_changed(client, settings.GITHUB_KEYS_URL, etag=etag)


def _public_keys(content: bytes) -> dict[str, EllipticCurvePublicKey]:
    """The keys that are published, by id. Raises NotReached for what is no list of them."""
    try:
        listed = json.loads(content)["public_keys"]
        entries = [(str(entry["key_identifier"]), str(entry["key"])) for entry in listed]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise egress.NotReached("what is there is no list of public keys") from None
    found = {key_id: _public_key(text) for key_id, text in entries[:MOST_KEYS]}
    return {key_id: key for key_id, key in found.items() if key is not None}


def _public_key(text: str) -> EllipticCurvePublicKey | None:
    """A key on the curve that the protocol names; None for any other."""
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1) else None


KEYS = PublicKeys()


def check(body: bytes, *, key_id: str, signature: str, keys: PublicKeys) -> None:
    """Refuse what GitHub did not sign. Raises NotSigned or KeysUnavailable."""
    if not key_id or not signature:
        raise NotSigned("Github-Public-Key-Identifier and Github-Public-Key-Signature must be sent")
    try:
        signed = base64.b64decode(signature.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeError, ValueError):
        raise NotSigned("the signature is not Base64") from None
    try:
        keys.find(key_id[:LONGEST_KEY_ID]).verify(signed, body, ECDSA(SHA256()))
    except InvalidSignature:
        raise NotSigned("the signature does not fit the body") from None


class _Found(msgspec.Struct):
    """One match as GitHub tells of it. What else it may say one day is nobody's business here."""

    token: str
    type: str = ""
    url: str | None = None
    source: str | None = None


def read(body: bytes) -> list[Match]:
    """What a report says. Raises Unreadable, naming the place and never the text."""
    try:
        found = msgspec.json.decode(body, type=list[_Found])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Unreadable(str(error)[:300]) from None
    if len(found) > MOST:
        raise Unreadable(f"Expected at most {MOST} matches, got {len(found)}")
    return [Match(one.token, one.url or "", one.source or "", one.type) for one in found]


def feedback(matches: Sequence[Match], are_ours: Sequence[bool]) -> list[dict[str, Any]]:
    """What GitHub is told of each match: whether it was a credential. The text is named by its SHA-256."""
    return [
        {
            "token_hash": hash_of(match.text),
            "token_type": match.type,
            "label": "true_positive" if ours else "false_positive",
        }
        for match, ours in zip(matches, are_ours, strict=True)
    ]


def hash_of(text: str) -> str:
    """SHA-256 as hex digits, by which a text is named to whoever sent it."""
    return hashlib.sha256(text.encode()).hexdigest()
