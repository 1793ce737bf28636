"""What stops when client tokens end: told before anybody ends them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from console.templatetags.usage import origin
from keys import client_tokens
from keys.models import Credential
from keys.usage import reports


@dataclass(frozen=True)
class Effect:
    """About how many requests an hour stop, going by the last 24 hours, and what sends them, as far as is known."""

    hourly: int
    source: str


def of_ending(credential: Credential, *, now: datetime) -> Effect | None:
    """What ending a credential that pages carry stops; None for the other kinds. One query."""
    if not credential.kind.is_public:
        return None
    use = client_tokens.use_of(credential)
    source = use.application.name if use.application else ", ".join(use.origins[:3]) or origin(credential)
    return Effect(reports.hourly([credential], now=now), source)


def of_ending_all(credentials: Iterable[Credential], source: str, *, now: datetime) -> Effect:
    """What ending all of an application's tokens stops. One query at most."""
    return Effect(reports.hourly(credentials, now=now), source)
