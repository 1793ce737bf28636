"""A request to the intake as it arrives: its parts, and what of them may be sent on."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from django.conf import settings

from api.verify.questions import headers_of

PARAMETERS = ("dd-api-key", "api_key")
"""Where a credential stands in a query string."""

SECRETS = {*PARAMETERS, "application_key", "dd-application-key"}
"""Where secrets stand in a query string, for whichever door."""

SENT_ON = (
    "content-type",
    "content-encoding",
    "user-agent",
    "origin",
    "dd-evp-origin",
    "dd-evp-origin-version",
    "dd-request-id",
)
"""The headers that go on to the upstream: what describes the body and whose program made it, and no credential."""


class Request(NamedTuple):
    """The head of a request. `path` and `query` are as sent; `hops` the addresses it came by, the client's first, as
    far as the proxies in between are ours."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    hops: tuple[str, ...]

    @property
    def ip(self) -> str:
        return self.hops[0]

    @property
    def length(self) -> int | None:
        """What the body is said to be long, in bytes."""
        said = self.headers.get("content-length", "")
        return int(said) if said.isdigit() else None

    def credential(self, in_path: str) -> str:
        """The text that counts: of the header, the path and the query string, the first there is."""
        in_query = (first(self.query, name) for name in PARAMETERS)
        return next(filter(None, (self.headers.get("dd-api-key", "").strip(), in_path, *in_query)), "")


def read(scope: Any) -> Request:
    """The head of an ASGI request."""
    headers = headers_of(scope["headers"])
    peer = scope["client"][0] if scope.get("client") else ""
    came = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        hops=tuple([*came, peer][-1 - settings.TRUSTED_PROXIES :]),
    )


def pairs(query: str) -> Iterator[tuple[str, str, str]]:
    """The fields of a query string: name, value, and both as they are spelled."""
    for field in query.split("&"):
        name, _, value = field.partition("=")
        yield _decoded(name), _decoded(value), field


def _decoded(text: str) -> str:
    return unquote_plus(text) if "%" in text or "+" in text else text


def first(query: str, wanted: str) -> str:
    """The value of a field of a query string, the first of its name; "" where there is none."""
    if wanted not in query:
        return ""
    return next((value for name, value, _ in pairs(query) if name == wanted), "")


def without_secrets(query: str, *, keeping: str) -> str:
    """The query string without the fields that carry credentials, but for the public one that is to be kept; what is
    left is as it was spelled. Names count in any case, and also behind a semicolon, where some see a field begin."""
    return "&".join(field for field in query.split("&") if _may_go_on(field, keeping))


def _may_go_on(field: str, keeping: str) -> bool:
    inner = [part for part in pairs(field.replace(";", "&")) if part[0].lower() in SECRETS]
    return all(keeping and value == keeping for _, value, _ in inner)
