"""`python -m bench.usage_page EVENTS`: counts so many uses of 200 credentials over 28 days, then opens the usage page.
Prints a line of JSON: its queries and its milliseconds, null where this Keyhouse has no such page."""

import json
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from statistics import median
from typing import Any

import django
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

django.setup()

from accounts.models import Person
from keys.models import EVERYBODY, Credential, Facet, UsageDay, UsageFacet, UsageHour

CREDENTIALS, DAYS = 200, 28
VALUES = {Facet.CLIENT: 3, Facet.NETWORK: 5, Facet.ENDPOINT: 12}
"""How many of each a credential's uses come from in a day."""
VISITS = 15


def main(events: int) -> None:
    """Seed and measure."""
    today = timezone.now().astimezone(UTC).date()
    each = events // (CREDENTIALS * DAYS)
    organization_id = None
    for credential_id, organization_id in Credential.objects.values_list("id", "organization_id")[:CREDENTIALS]:
        for ago in range(DAYS):
            _count(organization_id, credential_id, today - timedelta(days=ago), each)
    everybody = {"organization_id": organization_id, "credential_id": EVERYBODY}
    shown = {facet: different for facet, different in VALUES.items() if facet is not Facet.ENDPOINT}
    for ago in range(DAYS):
        _come_from(everybody, today - timedelta(days=ago), each * CREDENTIALS, shown)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(json.dumps(_visits()))


def _count(organization_id: uuid.UUID, credential_id: uuid.UUID, day: date, uses: int) -> None:
    """One credential's uses on one day, one in twenty refused, spread evenly over hours, clients and so on."""
    whose = {"organization_id": organization_id, "credential_id": credential_id}
    outcomes = {"valid": uses - uses // 20, "expired": uses // 20}
    UsageDay.objects.bulk_create(
        UsageDay(day=day, outcome=outcome, count=count, **whose) for outcome, count in outcomes.items() if count
    )
    UsageHour.objects.bulk_create(
        UsageHour(at=datetime.combine(day, clock(hour), UTC), outcome=outcome, count=count, **whose)
        for outcome, all_day in outcomes.items()
        for hour, count in _spread(all_day, 24)
    )
    _come_from(whose, day, uses, VALUES)


def _come_from(whose: dict[str, Any], day: date, uses: int, values: dict[Facet, int]) -> None:
    first = whose["credential_id"].int + day.toordinal()
    UsageFacet.objects.bulk_create(
        UsageFacet(
            day=day,
            facet=facet,
            value=f"{facet} {number}",
            good=count,
            refused=0,
            last_at=datetime.combine(day, clock(23), UTC),
            **whose,
        )
        for facet, different in values.items()
        for number, count in _spread(uses, different, first=first)
    )


def _spread(count: int, parts: int, *, first: int = 0) -> Iterator[tuple[int, int]]:
    """The count in so many parts as equal as can be, each with its number, beginning with the one numbered `first`;
    those that get nothing are left out."""
    for step in range(min(parts, count)):
        yield (first + step) % parts, count // parts + (step < count % parts)


def _visits() -> dict[str, Any]:
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(Person.objects.get())
    try:
        address = reverse("usage")
    except NoReverseMatch:
        return {"queries": None, "milliseconds": None}
    with CaptureQueriesContext(connection) as captured:
        answer = browser.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answers {answer.status_code}")
    return {"queries": len(captured), "milliseconds": median(_visit(browser, address) for _ in range(VISITS))}


def _visit(browser: Client, address: str) -> float:
    begun = time.perf_counter()
    browser.get(address)
    return (time.perf_counter() - begun) * 1e3


if __name__ == "__main__":
    main(int(sys.argv[1]))
