"""Adding what was observed to the counts by minute, hour and day, and by what it came from."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from keys.models import NOBODY, Credential, Facet, UsageDay, UsageFacet, UsageHour, UsageMinute, UsageSegment
from keys.usage import upsert
from keys.usage.journal import PRECISION
from keys.usage.observations import ELSEWHERE, Observation
from keys.verification import Outcome

MOST_VALUES = 100
"""How many clients, networks or endpoints of one credential are told apart in one day."""
REMEMBERED = 5_000
"""Of how many credentials, each with a day, the values already counted are kept in memory."""
SEED = "seed"


class Counted(NamedTuple):
    """The same observation, made so many times in the minute of `at`, which is the last of them."""

    at: datetime
    observation: Observation
    times: int


CredentialDay = tuple[uuid.UUID, uuid.UUID, date]
"""Organisation, credential, day."""
Values = dict[Facet, set[str]]


@dataclass
class Tally:
    """What to add to each table, by the key of the row it goes to."""

    minutes: Counter[tuple[uuid.UUID, datetime, str]] = field(default_factory=Counter)
    hours: Counter[tuple[uuid.UUID, uuid.UUID, datetime, str]] = field(default_factory=Counter)
    days: Counter[tuple[uuid.UUID, uuid.UUID, date, str]] = field(default_factory=Counter)
    facets: dict[CredentialDay, dict[tuple[Facet, str], tuple[int, int, datetime]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    uses: dict[uuid.UUID, Counted] = field(default_factory=dict)
    """The last good use of each credential."""

    def __len__(self) -> int:
        """How many rows it touches."""
        facets = sum(map(len, self.facets.values()))
        return len(self.minutes) + len(self.hours) + len(self.days) + facets + len(self.uses)


def tally(counted: Iterable[Counted]) -> Tally:
    """Sum up observations by the rows they go to."""
    sums = Tally()
    for one in counted:
        at, (organization, credential, outcome, client, network, endpoint), times = one
        minute = at.replace(second=0, microsecond=0)
        sums.minutes[organization, minute, outcome.value] += times
        sums.hours[organization, credential, minute.replace(minute=0), outcome.value] += times
        sums.days[organization, credential, at.date(), outcome.value] += times
        good = outcome is Outcome.VALID
        facets = sums.facets[organization, credential, at.date()]
        for came_from in ((Facet.CLIENT, client), (Facet.NETWORK, network), (Facet.ENDPOINT, endpoint)):
            goods, refused, last = facets.get(came_from, (0, 0, at))
            facets[came_from] = goods + times * good, refused + times * (not good), max(at, last)
        if good and (credential not in sums.uses or sums.uses[credential].at < at):
            sums.uses[credential] = one
    return sums


class Rollups:
    """The tables of counts, and a memory of which clients, networks and endpoints are told apart in them.

    With several nodes on one database a credential may get a few values more than MOST_VALUES: each has its memory.
    """

    def __init__(self) -> None:
        self._known: dict[CredentialDay, Values] = {}

    def add(self, sums: Tally) -> None:
        """Add to every table, in the caller's transaction, and move `last used`. Eight statements at most.

        When the transaction is rolled back, `forget`.
        """
        self._remember(sums.facets.keys())
        plus = {"count": upsert.PLUS}
        upsert.add(UsageMinute, _rows(sums.minutes), plus)
        upsert.add(UsageHour, _rows(sums.hours), plus)
        upsert.add(UsageDay, _rows(sums.days), plus)
        grows = {"good": upsert.PLUS, "refused": upsert.PLUS, "last_at": upsert.LATER}
        upsert.add(UsageFacet, self._told_apart(sums), grows)
        _move_last_used(sums.uses)

    def forget(self) -> None:
        """Know nothing of what is in the tables any more."""
        self._known.clear()

    def _told_apart(self, sums: Tally) -> list[upsert.Row]:
        """The rows of facets, those beyond the first MOST_VALUES summed up as ELSEWHERE."""
        rows: dict[upsert.Row, tuple[int, int, datetime]] = {}
        for whose, facets in sums.facets.items():
            known = self._known[whose]
            for (facet, value), (good, refused, last) in facets.items():
                key = (*whose, facet.value, _counted_as(value, known[facet]))
                goods, refusals, latest = rows.get(key, (0, 0, last))
                rows[key] = goods + good, refusals + refused, max(last, latest)
        return [(*key, *amounts) for key, amounts in rows.items()]

    def _remember(self, wanted: Iterable[CredentialDay]) -> None:
        """Know the values of all that are wanted, loading those it does not by one query; forget the longest unused."""
        wanted = list(wanted)
        unseen = [whose for whose in wanted if whose not in self._known]
        for whose in wanted:
            self._known[whose] = self._known.pop(whose, {}) or {facet: set() for facet in Facet}
        for row in _stored_values(unseen):
            self._known[row.organization_id, row.credential_id, row.day][Facet(row.facet)].add(row.value)
        for oldest in list(self._known)[: max(0, len(self._known) - max(REMEMBERED, len(wanted)))]:
            del self._known[oldest]


def seed(counted: Iterable[Counted], *, now: datetime) -> None:
    """Count what no spool has told, such as a demo's past, so that it is accounted for like all that one has."""
    counted = list(counted)
    days = Counter[date]()
    for one in counted:
        days[one.at.date()] += one.times
    rows = [(NOBODY, f"{SEED}-{day:%Y%m%d}", day, 0, 0, records, now) for day, records in days.items()]
    with transaction.atomic():
        upsert.add(UsageSegment, rows, {"records": upsert.PLUS, "drained_at": upsert.LATER})
        Rollups().add(tally(counted))


def _rows(sums: Counter[Any]) -> list[upsert.Row]:
    return [(*key, count) for key, count in sums.items()]


def _counted_as(value: str, known: set[str]) -> str:
    if value not in known and len(known) >= MOST_VALUES:
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


def _move_last_used(uses: dict[uuid.UUID, Counted]) -> None:
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
        (credential, one.at, one.observation.client, one.observation.network, one.at - PRECISION)
        for credential, one in uses.items()
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(statement, [upsert.as_parameter(sorted(rows))])
