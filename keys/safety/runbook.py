"""What there is to do about a leak, in five steps, and how far each has come: looked up, not remembered."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext

from accounts.models import Member, Role
from audit.models import AuditEvent
from keys.kinds import Kind
from keys.models import BrowserSighting, Credential, Leak, LeakStep, State, Step, UsageDay
from keys.safety import traces
from keys.safety.traces import Trace
from keys.usage.reports import GOOD

SHOWN = 5
"""How many of what was found are named; the others are counted."""


class Since(StrEnum):
    """From when on a leak is looked into: from its first sign, so long before that, or all its time."""

    SIGN = "sign"
    WEEK = "week"
    MONTH = "month"
    CREATED = "created"


@dataclass(frozen=True)
class Sign:
    """The first that is known of somebody else having the credential: that `reporter` said so, or, where that is "",
    that it came from a browser. Until then it was only ours, as far as anybody knows."""

    at: datetime
    reporter: str


@dataclass(frozen=True, kw_only=True)
class Runbook:
    """How far things have come with a leak. `uses` and `refusals` are whole days; `deeds` is what the credential did
    that the trail tells of; the others are everything of the organisation that is new since then, for somebody may
    come back by it."""

    leak: Leak
    sign: Sign
    since: datetime
    state: State
    successor: Credential | None
    uses: int
    refusals: int
    deeds: Trace
    members: Trace
    service_accounts: Trace
    roles: Trace
    credentials: Trace
    done: Mapping[str, LeakStep]
    others: list[Leak]

    @property
    def is_stopped(self) -> bool:
        """Whether it lets nobody in now."""
        return self.state is not State.ACTIVE

    @property
    def is_harmless(self) -> bool:
        """Whether everybody may read it, so that there is nothing to stop."""
        kind: Kind = self.leak.credential.kind
        return kind.is_public

    @property
    def left_behind(self) -> int:
        """How much is new in all."""
        return sum(trace.count for trace in (self.members, self.service_accounts, self.roles, self.credentials))

    @property
    def undone(self) -> str:
        return undone(self.leak.credential.kind, self.state, self.done)

    @property
    def looked(self) -> LeakStep | None:
        return self.done.get(Step.LOOKED)

    @property
    def searched(self) -> LeakStep | None:
        return self.done.get(Step.SEARCHED)


def undone(kind: Kind, state: State, done: Collection[str]) -> str:
    """The steps that keep a leak from being closed without a word, by name; "" if there are none. Whether it has a
    successor is none: perhaps nothing used it."""
    lets_in = state is State.ACTIVE and not kind.is_public
    left = [gettext("Stop it")] if lets_in else []
    return ", ".join([*left, *(str(step.label) for step in Step if step not in done)])


def of(leak: Leak, *, since: Since | datetime, now: datetime) -> Runbook:
    """The runbook of a leak, read with its credential. A constant number of queries."""
    credential, sign = leak.credential, first_sign(leak)
    start = _begin(credential, since, sign)
    uses, refusals = _used(credential, start)
    everybody = Member.objects.of(leak.organization_id).filter(created_at__gte=start).order_by("-created_at", "pk")
    roles = Role.objects.filter(organization=leak.organization_id, modified_at__gte=start)
    others = Leak.objects.filter(credential=credential).exclude(pk=leak.pk)
    return Runbook(
        leak=leak,
        sign=sign,
        since=start,
        state=credential.state(now),
        successor=Credential.objects.with_people().live().filter(replaces=credential).first(),
        uses=uses,
        refusals=refusals,
        deeds=traces.of(_deeds(credential, start), shown=SHOWN),
        members=traces.of(everybody.users(), shown=SHOWN),
        service_accounts=traces.of(everybody.service_accounts(), shown=SHOWN),
        roles=traces.of(roles, shown=SHOWN),
        credentials=traces.of(_made(credential, start), shown=SHOWN),
        done={one.step: one for one in leak.steps.select_related("done_by")},
        others=list(others.order_by("-reported_at")[:SHOWN]),
    )


def first_sign(leak: Leak) -> Sign:
    """The earliest of all that was reported of the credential, false alarms apart, and of its being seen in a browser.
    Two queries."""
    reports = Leak.objects.filter(credential=leak.credential).filter(Q(dismissed_at=None) | Q(pk=leak.pk))
    sightings = BrowserSighting.objects.filter(credential=leak.credential)
    reported = reports.order_by("reported_at").values_list("reported_at", "reporter")[:1]
    signs = [Sign(at, reporter) for at, reporter in reported]
    signs += [Sign(at, "") for at in sightings.values_list("first_at", flat=True)]
    return min(signs, key=lambda sign: sign.at)


def _begin(credential: Credential, since: Since | datetime, sign: Sign) -> datetime:
    """When that is; never before there was anything to leak."""
    moments = {
        Since.SIGN: sign.at,
        Since.WEEK: sign.at - timedelta(days=7),
        Since.MONTH: sign.at - timedelta(days=30),
        Since.CREATED: credential.created_at,
    }
    return max(moments[since] if isinstance(since, Since) else since, credential.created_at)


def _used(credential: Credential, start: datetime) -> tuple[int, int]:
    """How often it let somebody in, and was refused, from that day on."""
    counted = UsageDay.objects.filter(
        organization_id=credential.organization_id, credential_id=credential.pk, day__gte=start.astimezone(UTC).date()
    ).aggregate(uses=Sum("count", filter=GOOD, default=0), refusals=Sum("count", filter=~GOOD, default=0))
    return counted["uses"], counted["refusals"]


def _deeds(credential: Credential, start: datetime) -> QuerySet[AuditEvent]:
    known = AuditEvent.objects.of(credential.organization_id).since(start)
    return known.filter(auth_id=str(credential.pk)).newest_first()


def _made(credential: Credential, start: datetime) -> QuerySet[Credential]:
    """Everything made since then but itself and its successor, which belong to the answer."""
    known = Credential.objects.of(credential.organization_id).filter(created_at__gte=start)
    return known.exclude(pk=credential.pk).exclude(replaces=credential).order_by("-created_at", "pk")
