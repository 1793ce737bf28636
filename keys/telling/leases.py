"""Who takes something to send it takes it for a while: if it is killed, somebody else takes it after that."""

from datetime import datetime, timedelta

from django.db.models import Q

LEASE = timedelta(minutes=5)


def free(now: datetime) -> Q:
    """What nobody has taken within LEASE, on either side of now: a clock may have been set back."""
    return Q(claimed_at__isnull=True) | Q(claimed_at__lte=now - LEASE) | Q(claimed_at__gt=now + LEASE)
