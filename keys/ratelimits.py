"""How often an organisation may ask: a number of requests in each window, windows aligned to the clock."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from keys.models import RateWindow


@dataclass(frozen=True)
class Rate:
    """At most `limit` requests in every `period` seconds, counted under `name`."""

    name: str
    limit: int
    period: int


@dataclass(frozen=True)
class Allowance:
    """Where an organisation stands after one more request: `remaining` is how many more it may make before `reset`
    seconds have passed, `exceeded` whether this one was too many."""

    rate: Rate
    remaining: int
    reset: int
    exceeded: bool


_COUNT = """
    INSERT INTO {table} (organization_id, name, began_at, used) VALUES (%s, %s, %s, 1)
    ON CONFLICT (organization_id, name) DO UPDATE SET
        used = CASE WHEN {table}.began_at = excluded.began_at THEN {table}.used + 1 ELSE 1 END,
        began_at = excluded.began_at
    RETURNING used
"""


def take(rate: Rate, *, organization_id: uuid.UUID, now: datetime) -> Allowance:
    """Count one request. One statement, so that no two requests take the same place."""
    passed = int(now.timestamp()) % rate.period
    began_at = datetime.fromtimestamp(int(now.timestamp()) - passed, UTC)
    used = _count(organization_id, rate.name, began_at)
    return Allowance(
        rate=rate, remaining=max(0, rate.limit - used), reset=rate.period - passed, exceeded=used > rate.limit
    )


def _count(organization_id: uuid.UUID, name: str, began_at: datetime) -> int:
    row = {"organization": organization_id, "name": name, "began_at": began_at}
    fields = {field.name: field for field in RateWindow._meta.fields}
    prepared = [fields[column].get_db_prep_value(value, connection) for column, value in row.items()]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(table=RateWindow._meta.db_table), prepared)
        return int(cursor.fetchone()[0])
