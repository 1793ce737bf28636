"""What the counts say: sparklines for lists, and the usage of a credential or of an organisation over a period.

Reads counts alone, never an event: what a report costs does not grow with how often credentials are used.
"""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, Count, F, Max, Q, QuerySet, Sum, When, Window
from django.db.models.functions import RowNumber, TruncMonth

from accounts.actors import Actor
from keys import governance
from keys.models import EVERYBODY, NOBODY, Credential, Facet, UsageDay, UsageFacet, UsageHour, Where
from keys.usage.periods import BY_SLUG, Grain, Period
from keys.verification import Outcome

SPARKLINE_DAYS = 28
SHOWN = 10
"""How many clients, networks, endpoints or credentials a report names."""
IDLE_AFTER = timedelta(days=90)
GOOD = Q(outcome=Outcome.VALID)
LATELY = BY_SLUG["24h"]


@dataclass(frozen=True)
class Sparkline:
    """Good uses on each of the last SPARKLINE_DAYS days of UTC, oldest first."""

    days: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.days)

    @property
    def days_since(self) -> int | None:
        """How many days ago the last of them was; None if there was none."""
        return next((ago for ago, count in enumerate(reversed(self.days)) if count), None)


def sparklines(credentials: Iterable[Credential], *, now: datetime) -> dict[uuid.UUID, Sparkline]:
    """One for each of the credentials, by id. One query."""
    ids = [credential.pk for credential in credentials]
    today = now.astimezone(UTC).date()
    days = [today - timedelta(days=ago) for ago in reversed(range(SPARKLINE_DAYS))]
    rows = UsageDay.objects.filter(GOOD, credential_id__in=ids, day__gte=days[0]) if ids else UsageDay.objects.none()
    counts: Counter[tuple[uuid.UUID, date]] = Counter()
    for pk, day, count in rows.values_list("credential_id", "day", "count"):
        counts[pk, day] += count
    return {pk: Sparkline(tuple(counts[pk, day] for day in days)) for pk in ids}


def together(sparklines: Iterable[Sparkline]) -> Sparkline:
    """Several as one."""
    days = zip(*(one.days for one in sparklines), strict=True)
    return Sparkline(tuple(map(sum, days)) or (0,) * SPARKLINE_DAYS)


def hourly(credentials: Iterable[Credential], *, now: datetime) -> int:
    """Good uses of all the credentials, which are one organisation's, in an hour of the last 24, rounded up. One
    query; none without credentials."""
    found = list(credentials)
    if not found:
        return 0
    counted = counts(found[0].organization_id, period=LATELY, now=now).filter(
        GOOD, credential_id__in=[one.pk for one in found]
    )
    total: int = counted.aggregate(total=Sum("count", default=0))["total"]
    return -(-total // LATELY.length)


@dataclass(frozen=True)
class Bucket:
    """What was good and what was refused in the hour, the day or the month that begins at `start`."""

    start: datetime
    good: int
    refused: int


@dataclass(frozen=True)
class Tally:
    """How often one outcome was given, and its share of all there were."""

    outcome: Outcome
    count: int
    share: float


@dataclass(frozen=True)
class Series:
    """A period bucket by bucket, and outcome by outcome, the commonest first."""

    period: Period
    buckets: tuple[Bucket, ...]
    outcomes: tuple[Tally, ...]

    @property
    def total(self) -> int:
        return sum(tally.count for tally in self.outcomes)

    @property
    def good(self) -> int:
        return sum(tally.count for tally in self.outcomes if tally.outcome is Outcome.VALID)

    @property
    def refused(self) -> int:
        return self.total - self.good

    @property
    def refusals(self) -> tuple[Tally, ...]:
        """The outcomes that let nobody in, each with its share of these."""
        found = (tally for tally in self.outcomes if tally.outcome is not Outcome.VALID)
        return tuple(replace(tally, share=tally.count / self.refused) for tally in found)


@dataclass(frozen=True)
class Source:
    """A client, network or endpoint, and what came from or went to it. `share` is of all in the period."""

    value: str
    good: int
    refused: int
    last_at: datetime
    share: float


@dataclass(frozen=True)
class Top:
    """The busiest values of a facet, of `distinct` that there were; `users` of those had good uses."""

    rows: tuple[Source, ...] = ()
    distinct: int = 0
    users: int = 0


@dataclass(frozen=True)
class CredentialUsage:
    """One credential over a period."""

    series: Series
    clients: Top
    networks: Top
    endpoints: Top

    @property
    def is_shared(self) -> bool:
        """Whether good uses came from more than one network or program, so that nobody can tell who it was."""
        return self.networks.users > 1 or self.clients.users > 1


def of_credential(credential: Credential, *, period: Period, now: datetime) -> CredentialUsage:
    """The usage of one credential. Three queries."""
    counted = counts(credential.organization_id, period=period, now=now).filter(credential_id=credential.pk)
    facets = _facets(credential.organization_id, period, now).filter(credential_id=credential.pk)
    tops = _tops(facets, Facet.CLIENT, Facet.NETWORK, Facet.ENDPOINT)
    return CredentialUsage(
        series=_series(counted, period, now),
        clients=tops[Facet.CLIENT],
        networks=tops[Facet.NETWORK],
        endpoints=tops[Facet.ENDPOINT],
    )


@dataclass(frozen=True)
class Busy:
    """A credential among the busiest. `credential` is None for all that nobody knows (`is_unknown`) and
    for all that the reader may not know of, each taken together."""

    credential: Credential | None
    is_unknown: bool
    good: int
    refused: int
    share: float


@dataclass(frozen=True)
class OrganizationUsage:
    """An organisation over a period; `never_used` and `idle` count live credentials as they stand now."""

    series: Series
    credentials: tuple[Busy, ...]
    clients: Top
    networks: Top
    never_used: int
    idle: int


def of_organization(*, period: Period, by: Actor) -> OrganizationUsage:
    """The usage of the actor's organisation; names, clients and networks as far as they may know of the credentials.
    Six queries at most."""
    counted = counts(by.organization, period=period, now=by.now)
    visible = Credential.objects.visible_to(by)
    tops = _tops(_facets(by.organization, period, by.now).filter(_facets_seen_by(by)), Facet.CLIENT, Facet.NETWORK)
    series = _series(counted, period, by.now)
    unused = {"never_used": Where.never_used(), "idle": Where.unused_since(by.now - IDLE_AFTER)}
    return OrganizationUsage(
        series=series,
        credentials=_busiest(counted, series, by),
        clients=tops[Facet.CLIENT],
        networks=tops[Facet.NETWORK],
        **visible.aggregate(**{name: Count("pk", filter=rule) for name, rule in unused.items()}),
    )


def _facets_seen_by(actor: Actor) -> Q:
    """What everything came from, summed up already, for whoever may know of every credential; else what came from
    those they may know of."""
    return Q(credential_id=EVERYBODY) if governance.sees_everything(actor) else _seen_by(actor)


def _seen_by(actor: Actor) -> Q:
    """Counts of what the actor may know of; with any credential at all, of those that nobody knows too."""
    if not governance.kinds_seen_by(actor):
        return Q(pk__in=[])
    return Q(credential_id__in=Credential.objects.visible_to(actor).values("pk")) | Q(credential_id=NOBODY)


def counts(organization_id: uuid.UUID, *, period: Period, now: datetime) -> QuerySet[Any]:
    """The organisation's counts in the period, by hour or by day."""
    if period.grain is Grain.HOUR:
        return UsageHour.objects.filter(organization_id=organization_id, at__gte=period.starts(now)[0])
    return UsageDay.objects.filter(organization_id=organization_id, day__gte=period.first_day(now))


def _series(counted: QuerySet[Any], period: Period, now: datetime) -> Series:
    start = {Grain.HOUR: F("at"), Grain.DAY: F("day"), Grain.MONTH: TruncMonth("day")}[period.grain]
    good: Counter[datetime] = Counter()
    refused: Counter[datetime] = Counter()
    outcomes: Counter[Outcome] = Counter()
    rows = counted.order_by().annotate(begun=start).values_list("begun", "outcome").annotate(Sum("count"))
    for begun, outcome, count in rows:
        outcomes[Outcome(outcome)] += count
        (good if outcome == Outcome.VALID else refused)[_moment(begun)] += count
    total = outcomes.total()
    return Series(
        period=period,
        buckets=tuple(Bucket(begun, good[begun], refused[begun]) for begun in period.starts(now)),
        outcomes=tuple(Tally(outcome, count, count / total) for outcome, count in outcomes.most_common()),
    )


def _moment(begun: date) -> datetime:
    return begun if isinstance(begun, datetime) else datetime.combine(begun, time.min, tzinfo=UTC)


def _facets(organization_id: uuid.UUID, period: Period, now: datetime) -> QuerySet[Any]:
    """By whole days: of the last 24 hours there is no less than yesterday and today."""
    return UsageFacet.objects.filter(organization_id=organization_id, day__gte=period.first_day(now))


def _tops(found: QuerySet[Any], *facets: Facet) -> dict[Facet, Top]:
    """Each facet's busiest values. Two queries, whatever the facets: both read the same rows once."""
    found = found.order_by().filter(facet__in=facets).values("facet")
    sizes = found.annotate(
        total=Sum(F("good") + F("refused")),
        distinct=Count("value", distinct=True),
        users=Count("value", distinct=True, filter=Q(good__gt=0)),
    )
    by_facet = {size["facet"]: size for size in sizes}
    rows: dict[str, list[Source]] = {facet: [] for facet in facets}
    for row in _ranked(found):
        share = (row["uses"] + row["refusals"]) / by_facet[row["facet"]]["total"]
        rows[row["facet"]].append(Source(row["value"], row["uses"], row["refusals"], row["latest"], share))
    return {
        facet: Top(tuple(rows[facet]), by_facet[facet]["distinct"], by_facet[facet]["users"])
        if facet in by_facet
        else Top()
        for facet in facets
    }


def _ranked(found: QuerySet[Any]) -> QuerySet[Any]:
    """The first SHOWN values of each facet, the busiest first."""
    busiest = [(F("uses") + F("refusals")).desc(), F("value").asc()]
    summed = found.values("facet", "value").annotate(uses=Sum("good"), refusals=Sum("refused"), latest=Max("last_at"))
    ranked: QuerySet[Any] = summed.annotate(rank=Window(RowNumber(), partition_by=F("facet"), order_by=busiest))
    return ranked.filter(rank__lte=SHOWN).order_by("facet", "rank")


def _busiest(counted: QuerySet[Any], series: Series, by: Actor) -> tuple[Busy, ...]:
    seen = Case(When(_seen_by(by) | Q(credential_id=NOBODY), then=F("credential_id")))
    whose = F("credential_id") if governance.sees_everything(by) else seen
    uses, refusals = Sum("count", filter=GOOD, default=0), Sum("count", filter=~GOOD, default=0)
    summed = counted.order_by().annotate(whose=whose).values_list("whose").annotate(uses=uses, refusals=refusals)
    rows = list(summed.order_by((F("uses") + F("refusals")).desc(), "whose")[:SHOWN])
    known = Credential.objects.visible_to(by).in_bulk([pk for pk, _uses, _refusals in rows if pk])
    return tuple(
        Busy(known.get(pk), pk == NOBODY, good, refused, (good + refused) / series.total) for pk, good, refused in rows
    )
