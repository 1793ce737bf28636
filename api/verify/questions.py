"""A gateway's question as it arrives, and what it comes to: a text, what it should be good for, and where from."""

import hmac
import ipaddress
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from django.conf import settings

from api.answers import ApiError
from api.verify import answers
from api.verify.answers import Answer
from api.verify.routes import Wanted, fields, wanted
from keys import minting, verification
from keys.cache import Entry
from keys.models import NOBODY
from keys.standings import Standing
from keys.usage.observations import Observation, client_of, endpoint_of, network_of
from keys.verification import Outcome

PARAMETERS = ("dd-api-key", "api_key", "application_key")
"""Where Datadog's browser SDKs, Agents and old clients put a credential in a query string."""


class Question(NamedTuple):
    """A request to /verify. `target` is path and query as sent; `headers` have lower-case names, several of one name
    joined by commas, as Latin-1; `peer` is the address it came from; `mark` is what its like is recognised by, if it
    is to be."""

    target: str
    headers: Mapping[str, str]
    peer: str
    mark: bytes = b""


def headers_of(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as a Question has them."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


class Asked(NamedTuple):
    """What is to be judged: the text ("" where none was sent), what it should be good for, and where it came from."""

    text: str
    wanted: Wanted
    client: str
    network: str
    endpoint: str
    mark: bytes = b""

    def of_unknown(self, outcome: Outcome) -> tuple[Answer, bytes]:
        """For a text that belongs to no credential: the answer, and the line that counts it."""
        return answers.refusal(outcome), self.observed(outcome, None, None)

    def of_known(self, entry: Entry[Standing, Answer], now: datetime) -> tuple[Answer, bytes]:
        """The same for a credential on record. Its good answer is made once and kept with the entry."""
        standing, wants = entry.known, self.wanted
        outcome, missing = verification.judge(
            standing, now=now, accepting=wants.accepting, needs=wants.needs, organization_id=wants.organization_id
        )
        line = self.observed(outcome, standing.organization_id, standing.credential_id)
        if outcome is not Outcome.VALID:
            return answers.refusal(outcome, missing), line
        if entry.made is None:
            entry.made = answers.good(standing)
        return entry.made, line

    def observed(self, outcome: Outcome, organization_id: uuid.UUID | None, credential_id: uuid.UUID | None) -> bytes:
        """The line that counts it. What belongs to no credential is counted for the organisation the route names."""
        organization_id = organization_id or self.wanted.organization_id or NOBODY
        whose = organization_id, credential_id or NOBODY
        return Observation(*whose, outcome, self.client, self.network, self.endpoint, self.wanted.needs).line


def read(question: Question) -> Asked:
    """What a request asks. 400 for a route that makes no sense, 403 for who may not ask."""
    target, headers, peer, mark = question
    asker, sender = _addresses(headers.get("x-forwarded-for"), peer)
    check_asker(headers.get("x-verify-secret", ""), asker)
    path, _, query = target.partition("?")
    wants = wanted(path, query)
    passed = headers.get("x-original-uri") or headers.get("x-forwarded-uri")
    if passed:
        query = passed.partition("?")[2]
    return Asked(
        text=_credential(headers, query, wants),
        wanted=wants,
        client=client_of(headers.get("user-agent", "")),
        network=network_of(sender),
        endpoint=endpoint_of(passed.partition("?")[0] if passed else _below(path)),
        mark=mark,
    )


def check_asker(secret: str, address: str) -> None:
    """403 for whoever does not know the secret, where there is one, or asks from elsewhere than the networks set."""
    if settings.VERIFY_SECRET and not hmac.compare_digest(secret.encode(), settings.VERIFY_SECRET.encode()):
        raise ApiError(403, "X-Verify-Secret: only the gateways that know it may ask.")
    if settings.VERIFY_NETWORKS and not _is_within(address):
        raise ApiError(403, "This address is not in VERIFY_NETWORKS, from where gateways may ask.")


def asker_of(headers: Mapping[str, str], peer: str) -> str:
    """The address of whoever asks."""
    return _addresses(headers.get("x-forwarded-for"), peer)[0]


def _is_within(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in settings.VERIFY_NETWORKS)


def _addresses(forwarded: str | None, peer: str) -> tuple[str, str]:
    """Who asks, behind the proxies that are ours; and for whom: the last address the gateway itself put there."""
    hops = [*(hop.strip() for hop in forwarded.split(",")), peer] if forwarded else [peer]
    ours = settings.VERIFY_PROXIES
    return hops[-1 - ours :][0], hops[-2 - ours :][0]


def _below(path: str) -> str:
    """What a gateway put behind /verify: the path of the request that it holds."""
    slash = path.find("/", 1)
    return path[slash:] if slash > 0 else ""


def _credential(headers: Mapping[str, str], query: str, wants: Wanted) -> str:
    """The text that counts: of those sent, the first that is spelled like a kind the route accepts."""
    in_headers = list(_in_headers(headers))
    has_query = "key=" in query
    if len(in_headers) == 1 and not has_query:
        return in_headers[0]
    sent = [*in_headers, *(_in_query(query) if has_query else ())]
    for text in sent:
        parsed = minting.parse(text)
        if parsed and parsed.kind in wants.accepting:
            return text
    return sent[0] if sent else ""


def _in_headers(headers: Mapping[str, str]) -> Iterator[str]:
    authorization = headers.get("authorization")
    if authorization:
        scheme, _, bearer = authorization.partition(" ")
        if scheme.lower() == "bearer" and bearer.strip():
            yield bearer.strip()
    for name in ("dd-application-key", "dd-api-key"):
        if text := headers.get(name):
            yield text


def _in_query(query: str) -> Iterator[str]:
    found: dict[str, str] = {}
    for name, value in fields(query):
        found.setdefault(name, value)
    for name in PARAMETERS:
        if text := found.get(name):
            yield text
