"""Who takes something to send it takes it for a while: if it is killed, somebody else takes it after that.

A clock may have been set back. What then lies further ahead than it ever could holds nothing up.
"""

from datetime import datetime, timedelta

from django.db.models import Q

LEASE = timedelta(minutes=5)


def free(now: datetime) -> Q:
    """What nobody has taken within LEASE, on either side of now."""
    return Q(claimed_at__isnull=True) | Q(claimed_at__lte=now - LEASE) | Q(claimed_at__gt=now + LEASE)


def due(now: datetime, *, at_most: timedelta) -> Q:
    """What is to be sent by now, of what is put off by so much at most; nodes' clocks differ by less than LEASE."""
    return Q(due_at__lte=now) | Q(due_at__gt=now + at_most + LEASE)
