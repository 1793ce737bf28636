"""The authenticated proxy: a page carries a placeholder, its visitor proves that they signed in, and only here is the
placeholder replaced by the token."""

import asyncio
import hashlib
import secrets
import time
import uuid
from collections import OrderedDict
from typing import NamedTuple

import aiohttp
from django.conf import settings
from django.http.cookie import parse_cookie

from api.answers import ApiError, NotFound
from api.intake import requests
from api.intake.ddforward import Forward
from api.intake.requests import Request
from api.verify.throttle import Throttle
from api.verify.verifier import Unavailable, Verifier
from keys import egress, rum_proxies
from keys.cache import Cache
from keys.rum_proxies import Proxy, Terms
from keys.usage.observations import network_of
from keys.visitors import WORDS, KeySets, NotVerified, Visitor, verified

MOST_KNOWN = 10_000
MOST_VISITORS = 100_000
PROVED_SECONDS = 30.0
UNAVAILABLE = ApiError(503, "The proxy cannot be looked up now. Try again.", headers={"Retry-After": "1"})

NOTHING_HERE = NotFound("No proxy is open here.")


class WrongVisitor(ApiError):
    """401: the visitor did not prove that they signed in. The message says what is missing."""


class _Proved(NamedTuple):
    """Whom a proof was good for, at which proxy, and until when that need not be looked at again."""

    proxy: Proxy
    visitor: Visitor
    until: float


class Proxies:
    """What one process knows of proxies, in step with what changes. For the verifier's event loop."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._known: Cache[Proxy, None] = Cache(MOST_KNOWN)
        verifier.keep_in_step(self._known)
        self._client: aiohttp.ClientSession = egress.session()
        self._sets = KeySets(self._client)
        self._proved: OrderedDict[bytes, _Proved] = OrderedDict()
        self._key = secrets.token_bytes(32)
        self._visits: dict[uuid.UUID, Throttle] = {}
        self._looking: dict[tuple[uuid.UUID, int], asyncio.Future[Proxy]] = {}
        self._guesses = Throttle(settings.VERIFY_UNKNOWN)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def find(self, application_id: str, request: Request) -> Proxy:
        """The open proxy of an application. 404 where there is none."""
        try:
            key = uuid.UUID(application_id)
            await self._verifier.in_step()
        except ValueError:
            raise NOTHING_HERE from None
        except Unavailable:
            raise UNAVAILABLE from None
        entry = self._known.get(str(key))
        if entry:
            return entry.known
        wanted = (key, self._known.revision)  # what began before a change may have read what was before it
        if wanted not in self._looking:
            self._looking[wanted] = asyncio.ensure_future(self._look_up(key, network_of(request.ip)))
            self._looking[wanted].add_done_callback(lambda _: self._looking.pop(wanted))
        return await asyncio.shield(self._looking[wanted])

    async def _look_up(self, application_id: uuid.UUID, network: str) -> Proxy:
        """One look-up for all who ask meanwhile. Whoever asks for what there is not is soon asked to wait."""
        if not self._guesses.allows(network, minute=_minute()):
            raise ApiError(
                429, "Too many unknown proxies were asked for. Wait a minute.", headers={"Retry-After": "60"}
            )
        revision = self._known.revision
        try:
            found = await self._verifier.in_database(rum_proxies.find, application_id)
        except Unavailable:
            raise UNAVAILABLE from None
        if found is None:
            self._guesses.count(network)
            raise NOTHING_HERE
        return self._known.put(str(application_id), found, revision=revision).known

    async def check(self, proxy: Proxy, forward: Forward, request: Request) -> None:
        """Refuse a placeholder that is another application's, a stranger, and who sends too much. Raises ApiError;
        WrongVisitor for a stranger."""
        if forward.token != proxy.placeholder:
            raise ApiError(403, "ddforward: the clientToken is not this application's placeholder.")
        visitor = await self._visitor(proxy, _proof(request, proxy.terms))
        visits = self._visits.setdefault(proxy.application_id, Throttle(settings.PROXY_VISITS, MOST_VISITORS))
        if not visits.allows(visitor.subject, minute=_minute()):
            raise ApiError(429, "This visitor sends too much. Wait a minute.", headers={"Retry-After": "60"})
        visits.count(visitor.subject)

    async def _visitor(self, proxy: Proxy, proof: str) -> Visitor:
        """Who the proof is about. One that was good a moment ago, under the same terms, still is."""
        mark = hashlib.blake2b(proof.encode("utf-8", "surrogatepass"), digest_size=16, key=self._key).digest()
        found = self._proved.get(mark)
        if found and found.proxy is proxy and time.time() < found.until:
            return found.visitor
        try:
            visitor = await verified(proof, proxy.terms, self._sets)
        except NotVerified as refusal:
            raise WrongVisitor(401, str(WORDS[refusal.reason])) from None
        if len(self._proved) >= MOST_KNOWN:
            self._proved.popitem(last=False)
        self._proved[mark] = _Proved(proxy, visitor, min(visitor.expires_at, time.time() + PROVED_SECONDS))
        return visitor


def _proof(request: Request, terms: Terms) -> str:
    """What the visitor proves it by: of header, cookie and query parameter, the first there is. A cookie comes along
    whichever page makes the browser send; what another site's page sends is not the visitor's doing."""
    is_foreign = request.headers.get("sec-fetch-site") == "cross-site"
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer.strip():
        return bearer.strip()
    if terms.cookie and not is_foreign and (found := parse_cookie(request.headers.get("cookie", "")).get(terms.cookie)):
        return str(found)
    return next((value for name, value, _ in requests.pairs(request.query) if name == "visitor"), "")


def _minute() -> int:
    return int(asyncio.get_running_loop().time()) // 60
