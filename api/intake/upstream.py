"""Sending on what was taken in: to the organisation's own address, as it came, over connections that are checked."""

import asyncio
import contextlib
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import aiohttp
from yarl import URL

from api.answers import ApiError
from api.intake.bodies import Body, Gone
from api.intake.requests import SENT_ON, Request
from keys import egress, minting
from keys.standings import Standing

SECONDS = 20.0
MOST_AT_ONCE = 64
"""Requests of one organisation that may wait for its upstream in one worker: one that hangs must not take everything
with it."""

MOST_ANSWERED = 64 * 1024
ANSWER_SECONDS = 0.5
"""How much of an answer's body is read, and for how long, so that its connection can be used again. What counts is the
status."""

_PATIENCE = aiohttp.ClientTimeout(total=SECONDS, sock_connect=egress.CONNECT_SECONDS)
_SKIPPED = ("User-Agent", "Content-Type", "Accept", "Accept-Encoding")


class Upstreams:
    """The connections of one process. For the event loop it was made in."""

    def __init__(self) -> None:
        self._client = egress.session()
        self._waiting: Counter[uuid.UUID] = Counter()

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def forward(self, standing: Standing, target: str, request: Request, first: bytes, body: Body) -> int:
        """Send the body, of which `first` has come, to `target`, which is path and query, below the organisation's
        address. The upstream's status; raises ApiError where there is none, or where something is wrong with the body,
        and Gone if the client left."""
        url = URL(standing.upstream + target, encoded=True)
        headers = _headers(standing, request, body)
        with self._place(standing.organization_id):
            if not body.is_whole:
                return await self._post(url, headers, body, body.all_from(first))
            try:
                return await self._post(url, headers, body, first)
            except _Unanswered:  # a kept connection may just have been closed
                return await self._post(url, headers, body, first)

    @contextlib.contextmanager
    def _place(self, organization_id: uuid.UUID) -> Iterator[None]:
        if self._waiting[organization_id] >= MOST_AT_ONCE:
            raise ApiError(503, "The upstream is slow. Send it again.", headers={"Retry-After": "5"})
        self._waiting[organization_id] += 1
        try:
            yield
        finally:
            self._waiting[organization_id] -= 1
            if not self._waiting[organization_id]:
                del self._waiting[organization_id]

    async def _post(self, url: URL, headers: dict[str, str], body: Body, data: bytes | AsyncIterator[bytes]) -> int:
        try:
            async with self._client.post(
                url, data=data, headers=headers, skip_auto_headers=_SKIPPED, allow_redirects=False, timeout=_PATIENCE
            ) as answer:
                await _empty(answer)
                return answer.status
        except TimeoutError:
            raise body.refusal or ApiError(504, "The upstream took too long. Send it again.") from None
        except (aiohttp.ServerDisconnectedError, ConnectionResetError):
            raise body.refusal or _Unanswered() from None
        except (aiohttp.ClientError, OSError, ValueError, ApiError, Gone):
            raise body.refusal or ApiError(502, "The upstream cannot be reached. Send it again.") from None


class _Unanswered(ApiError):
    """The connection was closed before anything was answered."""

    def __init__(self) -> None:
        super().__init__(502, "The upstream closed the connection. Send it again.")


async def _empty(answer: aiohttp.ClientResponse) -> None:
    """Read what is left of an answer; of one that is long or slow, close the connection instead."""
    left = MOST_ANSWERED
    with contextlib.suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(ANSWER_SECONDS):
            while left > 0 and (read := await answer.content.read(left)):
                left -= len(read)
    if not answer.content.at_eof():
        answer.close()


def _headers(standing: Standing, request: Request, body: Body) -> dict[str, str]:
    """What goes on of the request's headers, without what is spelled like a secret; and whose it is."""
    headers = {name: minting.redacted(request.headers[name]) for name in SENT_ON if name in request.headers}
    headers["X-Forwarded-For"] = ", ".join(request.hops)
    headers["X-Organization-Id"] = str(standing.organization_id)
    headers["X-Credential-Id"] = str(standing.credential_id)
    headers["X-Credential-Kind"] = standing.kind.value
    if standing.application_id:
        headers["X-Application-Id"] = str(standing.application_id)
    if not body.is_whole and body.length is not None:
        headers["Content-Length"] = str(body.length)
    return headers
