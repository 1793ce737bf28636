"""Adding what was observed to the counts by minute, hour and day, and by what it came from."""

import functools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from keys.models import EVERYBODY, NOBODY, Credential, Facet, UsageDay, UsageFacet, UsageHour, UsageMinute, UsageSegment
from keys.usage import observations, upsert
from keys.usage.journal import PRECISION
from keys.usage.observations import ELSEWHERE, Observation
from keys.verification import Outcome

MOST_VALUES, MOST_OF_EVERYBODY = 100, 1000
"""How many clients, networks, endpoints or scopes of one credential, or of all together, are told apart in one day."""
REMEMBERED = 5_000
"""Of how many credentials, each with a day, the values already counted are kept in memory."""
SEED = "seed"
_PATIENCE_MS = 300
"""How long to wait for a credential that somebody else is changing: less than PostgreSQL waits before it looks for a
deadlock, so that it is never the other who is turned away."""
_PRECISION_MS = int(PRECISION.total_seconds() * 1000)
_EVERYBODY = EVERYBODY.hex
_CLIENT, _NETWORK, _ENDPOINT = Facet.CLIENT.value, Facet.NETWORK.value, Facet.ENDPOINT.value
_SCOPE = Facet.SCOPE.value


class Counted(NamedTuple):
    """The same observation, as its line, made so many times in one minute, and when last: milliseconds since the
    epoch."""

    at_ms: int
    line: bytes
    times: int


CredentialDay = tuple[str, str, str]
"""Organisation, credential, day."""
Values = dict[str, set[str]]
Facets = dict[tuple[str, str, str, str, str], tuple[int, int, str]]
"""Good, refused and the time of the last, by organisation, credential, day, facet, value."""


@dataclass
class Tally:
    """What to add to each table, by the key of the row it goes to. Ids and times are spelled as the engine stores them:
    this runs beside an event loop, and plain strings cost least to hash, to sort and to send."""

    minutes: dict[tuple[str, str, str], int] = field(default_factory=dict)
    hours: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    days: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    facets: Facets = field(default_factory=dict)
    uses: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    """When each credential was good for something last, by which client and from which network."""

    def add(self, one: Counted) -> None:
        """Add an observation. ValueError for a line that is none."""
        at_ms, line, times = one
        organization, credential, outcome, client, network, endpoint, scopes = observations.fields(line)
        moment, minute, hour, day = _spelled(at_ms)
        good = outcome == Outcome.VALID.value
        _plus(self.minutes, (organization, minute, outcome), times)
        _plus(self.hours, (organization, credential, hour, outcome), times)
        _plus(self.days, (organization, credential, day, outcome), times)
        told = [
            (credential, _CLIENT, client),
            (credential, _NETWORK, network),
            (credential, _ENDPOINT, endpoint),
            (_EVERYBODY, _CLIENT, client),
            (_EVERYBODY, _NETWORK, network),
        ]
        if scopes:
            told += [(credential, _SCOPE, scope) for scope in scopes.split(",")]
        for whose, facet, value in told:
            key = organization, whose, day, facet, value
            goods, refused, last = self.facets.get(key, (0, 0, moment))
            self.facets[key] = goods + times * good, refused + times * (not good), max(moment, last)
        if good and (credential not in self.uses or self.uses[credential][0] < at_ms):
            self.uses[credential] = at_ms, client, network


def tally(counted: Iterable[Counted]) -> Tally:
    """Sum up observations by the rows they go to. ValueError for a line that is none."""
    sums = Tally()
    for one in counted:
        sums.add(one)
    return sums


class Rollups:
    """The tables of counts, and a memory of which clients, networks and endpoints are told apart in them.

    With several nodes on one database a credential may get a few values more than are told apart: each has its memory.
    """

    def __init__(self) -> None:
        self._known: dict[CredentialDay, Values] = {}

    def add(self, sums: Tally) -> None:
        """Add to every table, in the caller's transaction, and move `last used`. Six statements at most.

        When the transaction is rolled back, `forget`.
        """
        self._remember(dict.fromkeys(key[:3] for key in sums.facets))
        plus = {"count": upsert.PLUS}
        upsert.add(UsageMinute, _rows(sums.minutes), plus)
        upsert.add(UsageHour, _rows(sums.hours), plus)
        upsert.add(UsageDay, _rows(sums.days), plus)
        grows = {"good": upsert.PLUS, "refused": upsert.PLUS, "last_at": upsert.LATER}
        upsert.add(UsageFacet, self._told_apart(sums.facets), grows)
        _move_last_used(sums.uses)

    def forget(self) -> None:
        """Know nothing of what is in the tables any more."""
        self._known.clear()

    def _told_apart(self, facets: Facets) -> list[upsert.Row]:
        """The rows of facets, those beyond the first that are told apart summed up as ELSEWHERE."""
        rows: Facets = {}
        for (organization, credential, day, facet, value), (good, refused, last) in facets.items():
            known = self._known[organization, credential, day][facet]
            most = MOST_OF_EVERYBODY if credential == _EVERYBODY else MOST_VALUES
            key = organization, credential, day, facet, _counted_as(value, known, most)
            goods, refusals, latest = rows.get(key, (0, 0, last))
            rows[key] = goods + good, refusals + refused, max(last, latest)
        return [(*key, *amounts) for key, amounts in rows.items()]

    def _remember(self, wanted: Collection[CredentialDay]) -> None:
        """Know the values of all that are wanted, loading those it does not by one query; forget the longest unused."""
        unseen = [whose for whose in wanted if whose not in self._known]
        for whose in wanted:
            self._known[whose] = self._known.pop(whose, {}) or {facet.value: set() for facet in Facet}
        for row in _stored_values(unseen):
            self._known[row.organization_id.hex, row.credential_id.hex, str(row.day)][row.facet].add(row.value)
        for oldest in list(self._known)[: max(0, len(self._known) - max(REMEMBERED, len(wanted)))]:
            del self._known[oldest]


def seed(counted: Iterable[tuple[datetime, Observation, int]], *, now: datetime) -> None:
    """Count what no spool has told, such as a demo's past: so many times this observation, in the minute of that time.

    Each day's records are noted as a segment of NOBODY's, so that they are accounted for like all that a spool has.
    """
    seeded = [Counted(int(at.timestamp() * 1000), observation.line, times) for at, observation, times in counted]
    days: dict[str, int] = {}
    for one in seeded:
        _plus(days, _spelled(one.at_ms).day, one.times)
    moment = upsert.spelled(now)
    rows: list[upsert.Row] = [(NOBODY.hex, f"{SEED}-{day}", day, 0, 0, times, moment) for day, times in days.items()]
    with transaction.atomic():
        upsert.add(UsageSegment, rows, {"records": upsert.PLUS, "drained_at": upsert.LATER})
        Rollups().add(tally(seeded))


class _Spelled(NamedTuple):
    moment: str
    minute: str
    hour: str
    day: str


@functools.lru_cache(maxsize=4096)
def _spelled(at_ms: int) -> _Spelled:
    """A time, and the minute, hour and day it lies in, as the engine stores them."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
    minute = at.replace(second=0, microsecond=0)
    hour = minute.replace(minute=0)
    return _Spelled(upsert.spelled(at), upsert.spelled(minute), upsert.spelled(hour), str(at.date()))


def _plus(sums: dict[Any, int], key: Any, times: int) -> None:
    sums[key] = sums.get(key, 0) + times


def _rows(sums: Mapping[Any, int]) -> list[upsert.Row]:
    return [(*key, count) for key, count in sums.items()]


def _counted_as(value: str, known: set[str], most: int) -> str:
    if value not in known and len(known) >= most:
        return ELSEWHERE
    known.add(value)
    return value


def _stored_values(wanted: list[CredentialDay]) -> list[UsageFacet]:
    """What is told apart so far of these credentials and days."""
    if not wanted:
        return []
    kinds = upsert.kinds_of(UsageFacet)
    key = {name: kinds[name] for name in ("organization_id", "credential_id", "day")}
    rows = f"SELECT {', '.join(key)} FROM ({upsert.rows_as_table(key)}) AS wanted"
    stored = f"SELECT * FROM {UsageFacet._meta.db_table} WHERE ({', '.join(key)}) IN ({rows}) AND value <> %s"
    return list(UsageFacet.objects.raw(stored, [upsert.as_parameter(wanted), ELSEWHERE]))


def _move_last_used(uses: dict[str, tuple[int, str, str]]) -> None:
    """Note when and from where credentials were used last, unless that was noted less than PRECISION before."""
    kinds = upsert.kinds_of(Credential)
    moment = kinds["last_used_at"]
    columns = {"id": kinds["id"], "at": moment, "client": "text", "network": "text", "unless_since": moment}
    statement = f"""
        UPDATE {Credential._meta.db_table}
        SET last_used_at = used.at, last_used_client = used.client, last_used_network = used.network
        FROM ({upsert.rows_as_table(columns)}) AS used
        WHERE {Credential._meta.db_table}.id = used.id AND (last_used_at IS NULL OR last_used_at < used.unless_since)
    """
    rows: list[upsert.Row] = [
        (credential, _spelled(at_ms).moment, client, network, _spelled(at_ms - _PRECISION_MS).moment)
        for credential, (at_ms, client, network) in uses.items()
    ]
    if rows:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"SET LOCAL lock_timeout = {_PATIENCE_MS}")
            cursor.execute(statement, [upsert.as_parameter(sorted(rows))])
