"""Whom a leak is told to."""

from collections.abc import Sequence
from datetime import datetime

from accounts.actors import Actor
from keys.models import Leak, SecurityContacts


def leaked(leaks: Sequence[Leak], *, by: Actor) -> None:
    """Tell of new leaks of one organisation."""


def review_due(contacts: SecurityContacts, *, now: datetime) -> None:
    """Ask the admins to look at the security contacts."""
