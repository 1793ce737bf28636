"""Much, in steps: each a transaction of its own, so that none holds its locks for long."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet

T = TypeVar("T")

BATCH = 5_000
"""Rows of one delete."""


def each(things: Iterable[T], act: Callable[[T], int]) -> int:
    """Do it to every one of them; how much came of that in all. What fails keeps no other back, and is raised when all
    had their turn."""
    done, failure = 0, None
    for thing in things:
        try:
            done += act(thing)
        except Exception as error:
            failure = error
    if failure:
        raise failure
    return done


def clear_away(rows: QuerySet[Any]) -> int:
    """Delete them; how many that were. Waits for nobody: what somebody else is at stays until the next time."""
    gone, last = 0, BATCH
    while last == BATCH:
        last = _clear_some(rows)
        gone += last
    return gone


@transaction.atomic
def _clear_some(rows: QuerySet[Any]) -> int:
    chosen = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
    gone: int = rows.model._default_manager.filter(pk__in=chosen).delete()[0]
    return gone
