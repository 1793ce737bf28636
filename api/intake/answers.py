"""What the intake answers: that something was taken in, or why not. Programs of any page may read it."""

import functools
from collections.abc import Iterable

import msgspec

from api.answers import ApiError, spoken
from api.intake.routes import Route
from api.verify.answers import WORDS, Answer
from keys.verification import Outcome

STATUSES = {Outcome.ABSENT: 401, Outcome.WRONG_VISITOR: 401, Outcome.THROTTLED: 429}
"""Of everything else 403: that is how Agents know that their key is not good."""

TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 413: "Payload Too Large"}
OPEN = (("Access-Control-Allow-Origin", "*"), ("Cross-Origin-Resource-Policy", "cross-origin"))
PREFLIGHT = Answer(
    204,
    (
        *OPEN,
        ("Access-Control-Allow-Methods", "GET, POST"),
        # A key that is sent in a header is let through to be refused by name, and its owner told.
        ("Access-Control-Allow-Headers", "Authorization, Content-Encoding, Content-Type, DD-API-KEY, DD-CLIENT-TOKEN"),
        ("Access-Control-Max-Age", "86400"),
    ),
    b"",
)


ADMITTED = Answer(200, OPEN, b'{"data":{"attributes":{"admitted":true,"reason":"quota_ok"}}}')
"""There is no quota for profiles here."""


@functools.lru_cache(maxsize=256)
def taken(route: Route, status: int) -> Answer:
    """It was taken in."""
    return Answer(status, OPEN, route.taken, Outcome.VALID)


@functools.lru_cache(maxsize=256)
def refusal(outcome: Outcome, path: str) -> Answer:
    """It was not, for what its credential is or is not."""
    headers = {"Retry-After": "60"} if outcome is Outcome.THROTTLED else {}
    return error(ApiError(STATUSES.get(outcome, 403), WORDS[outcome], headers=headers), path, outcome)


def error(found: ApiError, path: str, outcome: Outcome | None = None) -> Answer:
    """It was not, for this reason; in the shape that the clients of the path read."""
    said = spoken(found)
    content = [_described(found.status, words) for words in said] if path == "/api/v2/logs" else said
    body = msgspec.json.encode({"errors": content})
    return Answer(found.status, (*OPEN, *found.headers.items()), body, outcome)


def _described(status: int, words: str) -> dict[str, str]:
    """As the intake for logs has errors."""
    return {"status": str(status), "title": TITLES.get(status, "Error"), "detail": words}


def passed(status: int, route: Route) -> Answer:
    """What the upstream made of it: its status, and nothing it said, for it may be anybody's server."""
    if 200 <= status < 300:
        return taken(route, route.status if status in {204, 205} else status)
    told = status if 400 <= status < 600 else 502  # a redirect is not followed, and nothing for a client
    return error(ApiError(told, f"The upstream answered {status}."), route.path)


def with_origin(found: Answer, origin: str) -> Answer:
    """The same for a page whose origin is expected, which may then send its cookies along."""
    kept: Iterable[tuple[str, str]] = (pair for pair in found.headers if pair[0] != "Access-Control-Allow-Origin")
    mine = (("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"), ("Vary", "Origin"))
    return Answer(found.status, (*mine, *kept), found.body, found.outcome)
