"""What a question is answered with: a status, headers that say whose the credential is, or words that say why not."""

import functools
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec

from api.answers import JSON, ApiError, spoken
from api.authentication import CHALLENGE, REASONS
from keys.standings import Standing
from keys.verification import Outcome

STATUSES = {
    Outcome.VALID: 200,
    Outcome.ABSENT: 401,
    Outcome.UNKNOWN: 401,
    Outcome.REVOKED: 401,
    Outcome.EXPIRED: 401,
    Outcome.BLOCKED: 403,
    Outcome.OWNER_DISABLED: 401,
    Outcome.SWITCHED_OFF: 403,
    Outcome.WRONG_KIND: 403,
    Outcome.WRONG_ORGANIZATION: 403,
    Outcome.MISSING_SCOPE: 403,
    Outcome.THROTTLED: 429,
    Outcome.IN_BROWSER: 403,
    Outcome.WRONG_TRACK: 403,
    Outcome.WRONG_ORIGIN: 403,
    Outcome.WRONG_VISITOR: 403,
}
WORDS = REASONS | {
    Outcome.ABSENT: "No credential was sent.",
    Outcome.UNKNOWN: "This credential is not known.",
    Outcome.WRONG_KIND: "This kind of credential is not accepted here.",
    Outcome.WRONG_ORGANIZATION: "This credential belongs to another organization.",
    Outcome.WRONG_TRACK: "This client token may not send this.",
    Outcome.WRONG_ORIGIN: "This client token may not be used by pages of this origin.",
    Outcome.WRONG_VISITOR: "Only visitors who signed in may send through this proxy.",
    Outcome.THROTTLED: "Too many unknown credentials came from this network. Wait a minute.",
}
TITLES = {401: "Unauthorized", 403: "Forbidden", 429: "Too Many Requests"}

LONGEST_SCOPES = 4000  # characters: a header longer than this is refused by the gateways themselves
GOOD = b'{"outcome":"valid"}'


@dataclass(frozen=True)
class Answer:
    """An answer in full. `wire` is the same as HTTP/1.1 sends it, but for the Date."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    outcome: Outcome | None = None
    standing: Standing | None = None
    missing: str = ""
    wire: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in self.all_headers]
        object.__setattr__(self, "wire", "\r\n".join(lines).encode("latin-1"))

    @property
    def all_headers(self) -> tuple[tuple[str, str], ...]:
        """Its own, and those that every answer has."""
        length = str(len(self.body))
        return (
            ("Content-Type", JSON),
            ("Content-Length", length),
            ("Cache-Control", "no-store"),
            *self.headers,
        )


def good(standing: Standing) -> Answer:
    """200 with whose it is and what it may."""
    headers = (
        ("X-Credential-Id", str(standing.credential_id)),
        ("X-Credential-Kind", standing.kind.value),
        ("X-Organization-Id", str(standing.organization_id)),
        ("X-Owner-Id", str(standing.owner_id or "")),  # said even where it is nobody: a gateway copies it
        ("X-Scopes", _scopes(standing)),
    )
    return Answer(200, headers, GOOD, Outcome.VALID, standing)


def _scopes(standing: Standing) -> str:
    """What it may do now: a star for all that its owner may; nothing where the list would be too long to send."""
    if not standing.owner_id:
        return ""
    scopes = "*" if standing.scopes is None else ",".join(sorted(standing.permissions))
    return scopes if len(scopes) <= LONGEST_SCOPES else ""


@functools.lru_cache(maxsize=1024)
def refusal(outcome: Outcome, missing: str = "") -> Answer:
    """401 or 403 with the reason; 429 for a network that sends too much that nobody knows."""
    status = STATUSES[outcome]
    headers = CHALLENGE if status == 401 else {"Retry-After": "60"} if status == 429 else {}
    return _of(ApiError(status, TITLES[status], words(outcome, missing), headers=headers), outcome, missing)


def words(outcome: Outcome, missing: str = "") -> str:
    """Why a credential is refused."""
    return f"The scope {missing} is missing." if missing else WORDS[outcome]


def error(found: ApiError) -> Answer:
    """An answer that is no verdict: the question makes no sense, or cannot be answered now."""
    return _of(found)


def _of(found: ApiError, outcome: Outcome | None = None, missing: str = "") -> Answer:
    body = msgspec.json.encode({"errors": spoken(found)})
    return Answer(found.status, tuple(found.headers.items()), body, outcome, None, missing)


UNAVAILABLE = error(
    ApiError(503, "The credential cannot be checked now. Try again.", headers={"Retry-After": "1"}),
)
UNCOUNTED = error(
    ApiError(503, "Its use cannot be counted now. Try again.", headers={"Retry-After": "5"}),
)
