"""Whom a leak is told to."""

from collections.abc import Sequence

from accounts.actors import Actor
from keys.models import Leak


def leaked(leaks: Sequence[Leak], *, by: Actor) -> None:
    """Tell of new leaks of one organisation."""
