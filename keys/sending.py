"""Is this credential good for sending this, from here? What the intake asks beyond keys.verification."""

from dataclasses import dataclass
from datetime import datetime

from keys import verification
from keys.kinds import KINDS, Track
from keys.standings import Standing
from keys.verification import Outcome


@dataclass(frozen=True, slots=True)
class Sending:
    """What is sent, and from where: the origin of the page, "" where none is named; whether a browser sends it."""

    track: Track
    origin: str = ""
    is_browser: bool = False


def judge(standing: Standing, sending: Sending, *, now: datetime) -> Outcome:
    """Whether a known credential may send this."""
    outcome, _ = verification.judge(standing, now=now, accepting=KINDS, needs=(), organization_id=None)
    if outcome is not Outcome.VALID:
        return outcome
    if sending.is_browser and standing.kind.sends and not standing.kind.is_public:
        return Outcome.IN_BROWSER
    if sending.track not in standing.kind.sends:
        return Outcome.WRONG_KIND
    return _of_client_token(standing, sending) if standing.kind.is_public else Outcome.VALID


def _of_client_token(standing: Standing, sending: Sending) -> Outcome:
    if sending.track not in standing.sends:
        return Outcome.WRONG_TRACK
    if standing.origins and not allows(standing.origins, sending.origin):
        return Outcome.WRONG_ORIGIN
    return Outcome.VALID


def allows(origins: frozenset[str], origin: str) -> bool:
    """Whether an origin is one of these, or lies below one that begins with a star: https://*.example.com."""
    if origin in origins:
        return True
    scheme, _, rest = origin.partition("://")
    host, dot, domain = rest.partition(".")
    while dot:
        if f"{scheme}://*.{domain}" in origins:
            return bool(host)
        host, dot, domain = domain.partition(".")
    return False
