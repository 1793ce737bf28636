"""Sending on what was taken in: to the organisation's own address, as it came, over connections that are checked."""

from collections import Counter

import aiohttp
from yarl import URL

from api.answers import ApiError
from api.intake.bodies import Body, Gone
from api.intake.requests import SENT_ON, Request
from keys import egress
from keys.standings import Standing

SECONDS = 20.0
MOST_AT_ONCE = 64
"""Requests that may wait for one upstream in one worker: one that hangs must not take everything with it."""

MOST_ANSWERED = 64 * 1024
"""Bytes of an answer that are read, so that its connection can be used again."""

_PATIENCE = aiohttp.ClientTimeout(total=SECONDS, sock_connect=egress.CONNECT_SECONDS)
_SKIPPED = ("User-Agent", "Content-Type", "Accept", "Accept-Encoding")


class Upstreams:
    """The connections of one process. For the event loop it was made in."""

    def __init__(self) -> None:
        self._client = egress.session()
        self._waiting: Counter[str] = Counter()

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def forward(self, standing: Standing, target: str, request: Request, body: Body) -> int:
        """Send the body to `target`, which is path and query, below the organisation's address. The upstream's status;
        raises ApiError where there is none, or where something is wrong with the body, and Gone if the client left."""
        address = standing.upstream
        if self._waiting[address] >= MOST_AT_ONCE:
            raise ApiError(503, "The upstream is slow. Send it again.", headers={"Retry-After": "5"})
        self._waiting[address] += 1
        try:
            return await self._post(URL(address + target, encoded=True), _headers(standing, request, body), body)
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]

    async def _post(self, url: URL, headers: dict[str, str], body: Body) -> int:
        data = body.first if body.is_whole else body.chunks()
        try:
            async with self._client.post(
                url, data=data, headers=headers, skip_auto_headers=_SKIPPED, allow_redirects=False, timeout=_PATIENCE
            ) as answer:
                await _empty(answer)
                return answer.status
        except TimeoutError:
            raise body.refusal or ApiError(504, "The upstream took too long. Send it again.") from None
        except (aiohttp.ClientError, OSError, ValueError, ApiError, Gone):
            raise body.refusal or ApiError(502, "The upstream cannot be reached. Send it again.") from None


async def _empty(answer: aiohttp.ClientResponse) -> None:
    """Read what is left of an answer; of one that is long, close the connection instead."""
    left = MOST_ANSWERED
    while left > 0 and (read := await answer.content.read(left)):
        left -= len(read)
    if left <= 0:
        answer.close()


def _headers(standing: Standing, request: Request, body: Body) -> dict[str, str]:
    """What goes on of the request's headers, and whose it is."""
    headers = {name: request.headers[name] for name in SENT_ON if name in request.headers}
    headers["X-Forwarded-For"] = ", ".join(request.hops)
    headers["X-Organization-Id"] = str(standing.organization_id)
    headers["X-Credential-Id"] = str(standing.credential_id)
    headers["X-Credential-Kind"] = standing.kind.value
    if standing.application_id:
        headers["X-Application-Id"] = str(standing.application_id)
    if not body.is_whole and body.length is not None:
        headers["Content-Length"] = str(body.length)
    return headers
