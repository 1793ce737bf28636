"""What was found of one sort: how many there are, and the first of them."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet


@dataclass(frozen=True)
class Trace:
    """How many in all, and those that are named."""

    count: int
    latest: list[Any]

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.count - len(self.latest)


def of(found: QuerySet[Any], *, shown: int) -> Trace:
    """What was found, of which so many are named. One query, and another one where there are more."""
    latest = list(found[: shown + 1])
    return Trace(found.count() if len(latest) > shown else len(latest), latest[:shown])
