"""What stops when credentials end: told before anybody ends them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.templatetags.usage import origin
from keys import client_tokens
from keys.models import Credential
from keys.usage import reports
from keys.usage.periods import BY_SLUG
from keys.usage.reports import Source, Top

LATELY = timedelta(hours=24)
NAMED = 3
"""How many clients, networks and endpoints are named."""


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


@dataclass(frozen=True)
class Breakage:
    """Who used a credential in the last 90 days, the busiest first: what breaks when it ends."""

    requests: int
    last_at: datetime | None
    clients: tuple[Source, ...]
    networks: tuple[Source, ...]
    endpoints: tuple[Source, ...]


def breakage(credential: Credential, *, now: datetime) -> Breakage:
    """What breaks when the credential ends. Three queries."""
    usage = reports.of_credential(credential, period=BY_SLUG["90d"], now=now)
    used = credential.last_used_at
    return Breakage(
        requests=usage.series.good,
        last_at=used if used and used > now - reports.IDLE_AFTER else None,
        clients=_busiest(usage.clients),
        networks=_busiest(usage.networks),
        endpoints=_busiest(usage.endpoints),
    )


def _busiest(top: Top) -> tuple[Source, ...]:
    return tuple(source for source in top.rows if source.good)[:NAMED]


def is_hot(credential: Credential, *, now: datetime) -> bool:
    """Whether it was used lately, so that ending it is sure to be noticed."""
    return credential.last_used_at is not None and credential.last_used_at > now - LATELY
