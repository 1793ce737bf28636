"""Questions straight from the socket: the ones that gateways send by the thousand, without the ASGI machinery.

A connection whose requests are each one complete question without a body, in one piece, is answered here. The first
piece that is anything else goes to the server's own protocol, and so does all that follows it on that connection:
nothing is ever read by two parsers.
"""

import time
from email.utils import formatdate

import httptools

from api.verify.answers import Answer
from api.verify.questions import Question, headers_of

STARTS = (b"GET /verify", b"POST /verify")
LONGEST = 16 * 1024  # bytes
LONGEST_TARGET = 8000
MOST_HEADERS = 60
"""Within what the server takes, so that it is the server that refuses what is beyond."""
NEXT = frozenset({"/", ";", "?", ""})
"""What may follow /verify in an address that is a question."""

_PLAIN = {"content-length": "0", "connection": "keep-alive"}
_NEVER = ("transfer-encoding", "upgrade", "expect")
"""Headers that may ask for more than an answer: a body, another protocol, the end of the connection."""


class _Request:
    """What the parser found. Its callbacks are named by httptools."""

    def __init__(self) -> None:
        self.target = ""
        self.headers: list[tuple[bytes, bytes]] = []
        self.is_complete = False

    def on_url(self, url: bytes) -> None:
        self.target += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_message_complete(self) -> None:
        self.is_complete = True


def question(data: bytes, peer: str, mark: bytes = b"") -> Question | None:
    """The one whole question that these bytes are, or None if they are anything else."""
    if not data.startswith(STARTS) or len(data) > LONGEST or not data.endswith(b"\r\n\r\n"):
        return None
    if data.find(b"\r\n\r\n") != len(data) - 4:
        return None
    found = _Request()
    parser = httptools.HttpRequestParser(found)
    try:
        parser.feed_data(data)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return None
    if not found.is_complete or parser.get_http_version() != "1.1" or not _is_question(found):
        return None
    headers = headers_of(found.headers)
    return Question(found.target, headers, peer, mark) if _is_plain(headers) else None


def _is_question(found: _Request) -> bool:
    small = len(found.target) <= LONGEST_TARGET and len(found.headers) <= MOST_HEADERS
    return small and found.target[7:8] in NEXT


def _is_plain(headers: dict[str, str]) -> bool:
    """Whether the request wants an answer and nothing else."""
    if "host" not in headers or any(name in headers for name in _NEVER):
        return False
    return all(headers.get(name, plain).lower() == plain for name, plain in _PLAIN.items())


def response(answer: Answer) -> bytes:
    """An answer's bytes on the wire."""
    return b"%b\r\n%b\r\n\r\n%b" % (answer.wire, _date(int(time.time())), answer.body)


_dated = (0, b"")


def _date(second: int) -> bytes:
    global _dated
    if _dated[0] != second:
        _dated = (second, f"Date: {formatdate(second, usegmt=True)}".encode())
    return _dated[1]
