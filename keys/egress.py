"""Reaching addresses that somebody of an organisation wrote down, without lending them this server's place in the
network.

Every connection is checked when it is made, by the address it is made to and not by a name that may mean something else
a moment later: only public addresses, only on port 443, unless the operator allows their network in
settings.EGRESS_ALLOW. No redirect is followed, and no proxy of the environment used.
"""

import asyncio
import contextlib
import functools
import ipaddress
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_parser import RawResponseMessage
from aiohttp.streams import StreamReader
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.refusals import NotAllowed
from keys.resolving import Resolver

CONNECT_SECONDS = 3.0
FETCH_SECONDS = 5.0
POST_SECONDS = 10.0
KEPT_SECONDS = 4.0  # below the 5 after which many servers close a connection that is not used
MOST_EARLY = 8
MOST_FETCHED = 64 * 1024  # bytes
LONGEST_ADDRESS = 500
LONGEST_NAME, LONGEST_LABEL = 253, 63  # characters, by the rules of DNS

_HTTPS = 443
_LIKE_THIS = _("Write an address like https://service.example.com, in ASCII and without a user name.")
_ONLY_PORT = _("Only port 443 is allowed. The operator can allow a network with all its ports by EGRESS_ALLOW.")
_NOT_PUBLIC = _("This address is not public. The operator can allow its network by EGRESS_ALLOW.")
_PUBLIC = [ipaddress.ip_network(network) for network in ("0.0.0.0/0", "2000::/3")]
"""Where addresses of the whole internet are: all of version 4, and of version 6 what has been given out."""
_ELSEWHERE = [ipaddress.ip_network(network) for network in ("192.0.0.0/24", "2002::/16", "2001::/32")]
"""Of these, what is special, or holds an address of version 4 that may be anything."""


class NotReached(Exception):
    """Nothing could be fetched; says why, without what was answered."""


class Forbidden(OSError):
    """A connection to an address that is not allowed."""


def checked(address: str, *, field: str) -> str:
    """The address of a web server, tidied. Raises NotAllowed with the field for what can never be reached."""
    address = address.strip()
    malformed = NotAllowed(field, _LIKE_THIS)
    if len(address) > LONGEST_ADDRESS or not address.isascii() or not address.isprintable() or " " in address:
        raise malformed
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise malformed from None
    if (
        not _is_host(host)
        or port == 0
        or parts.scheme not in _schemes()
        or parts.username is not None
        or parts.fragment
    ):
        raise malformed
    if not is_open(host, port or (_HTTPS if parts.scheme == "https" else 80)):
        raise NotAllowed(field, _ONLY_PORT if is_open(host, _HTTPS) else _NOT_PUBLIC)
    return address.rstrip("/")


def _is_host(host: str) -> bool:
    """Whether it is an address, or may be a name: short enough, and no number, which some take for an address."""
    name = host.removesuffix(".")
    may_be = len(name) <= LONGEST_NAME and all(0 < len(label) <= LONGEST_LABEL for label in name.split("."))
    return _is_address(host) or (may_be and not name.replace(".", "").isdigit())


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def _schemes() -> tuple[str, ...]:
    """Plain http is for networks of one's own."""
    return ("https", "http") if settings.EGRESS_ALLOW else ("https",)


def is_open(host: str, port: int) -> bool:
    """Whether a connection there may be made. A name that is no address is judged when it is resolved; one that means
    this machine, or something near it, is of no public one."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return bool(settings.EGRESS_ALLOW) or (port == _HTTPS and _may_be_public(host.removesuffix(".")))
    plain = getattr(address, "ipv4_mapped", None) or address
    if any(plain in network for network in settings.EGRESS_ALLOW):
        return True
    return port == _HTTPS and _is_public(plain)


def _may_be_public(name: str) -> bool:
    return "." in name and not name.endswith(".localhost")


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    given_out = any(address in network for network in _PUBLIC)
    elsewhere = any(address in network for network in _ELSEWHERE)
    return given_out and not elsewhere and address.is_global and not address.is_multicast


def _socket(found: Any) -> socket.socket:
    """A socket for an address a name was resolved to, if a connection there may be made."""
    family, kind, protocol, _name, (host, port, *_scope) = found
    if not is_open(host, port):
        raise Forbidden("this address is not public")
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made


class _Handler(ResponseHandler):
    """aiohttp's side of a connection. It would read early answers (103 and the like) for as long as there are more of
    them, and let nothing else have a turn."""

    _early = 0

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        if data[0].code >= HTTPStatus.OK:
            self._early = 0
        elif self._early >= MOST_EARLY:
            self.close()
            self.set_exception(aiohttp.ClientConnectionError("too many early answers"))
            return
        else:
            self._early += 1
        super().feed_data(data, size)


def session(*, most: int = 0) -> aiohttp.ClientSession:
    """A client whose every connection is checked; at most so many at once, 0 for any number. Close it after use."""
    connector = aiohttp.TCPConnector(
        limit=most, socket_factory=_socket, resolver=Resolver(), keepalive_timeout=KEPT_SECONDS
    )
    made = functools.partial(_Handler, loop=asyncio.get_running_loop())
    connector._factory = made  # type: ignore[assignment]  # there is no other way in
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=FETCH_SECONDS, sock_connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )


@dataclass(frozen=True)
class Fetched:
    """What is at an address, and the ETag it has there (empty where it has none)."""

    content: bytes
    etag: str


async def fetch(client: aiohttp.ClientSession, address: str) -> bytes:
    """What is at the address: a 200 of at most MOST_FETCHED bytes. Raises NotReached."""
    async with _answered(client, address, {}) as answer:
        return await _content(answer)


async def fetch_if_changed(client: aiohttp.ClientSession, address: str, *, etag: str) -> Fetched | None:
    """As `fetch`, with its ETag; None while what is there still has the ETag that is known. Raises NotReached."""
    async with _answered(client, address, {"If-None-Match": etag} if etag else {}) as answer:
        if etag and answer.status == HTTPStatus.NOT_MODIFIED:
            return None
        return Fetched(await _content(answer), answer.headers.get("ETag", ""))


@contextlib.asynccontextmanager
async def _answered(
    client: aiohttp.ClientSession, address: str, headers: dict[str, str]
) -> AsyncIterator[aiohttp.ClientResponse]:
    try:
        async with client.get(address, allow_redirects=False, headers=headers) as answer:
            yield answer
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise NotReached(_why(error)) from None


async def _content(answer: aiohttp.ClientResponse) -> bytes:
    if answer.status != HTTPStatus.OK:
        raise NotReached(f"it answered {answer.status}")
    content = await answer.content.read(MOST_FETCHED + 1)
    while len(content) <= MOST_FETCHED and (more := await answer.content.read(MOST_FETCHED)):
        content += more
    if len(content) > MOST_FETCHED:
        raise NotReached(f"it answered with more than {MOST_FETCHED // 1024} KiB")
    return content


async def post(client: aiohttp.ClientSession, address: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send the body there; the status of the answer, of which nothing else is read. Raises NotReached."""
    within = aiohttp.ClientTimeout(total=POST_SECONDS, sock_connect=CONNECT_SECONDS)
    try:
        async with client.post(address, data=body, headers=headers, allow_redirects=False, timeout=within) as answer:
            return answer.status
    except TimeoutError:
        raise NotReached(f"it did not answer in {POST_SECONDS:.0f} seconds") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NotReached(_why(error)) from None


def _why(error: Exception) -> str:
    is_forbidden = isinstance(getattr(error, "os_error", error), Forbidden)
    return "its address is not public" if is_forbidden else "it could not be reached"
