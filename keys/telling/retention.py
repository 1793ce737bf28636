"""How long it is remembered who was told what."""

from datetime import datetime, timedelta

from keys.models import Delivery, Mail, Notification

KEPT = timedelta(days=460)
"""Fifteen months, as the figures of usage are kept. What waits to be sent is settled long before."""
BATCH = 5_000


def forget(now: datetime) -> int:
    """Delete what is older; how many rows."""
    return sum(_forget(model, now - KEPT) for model in (Notification, Mail, Delivery))


def _forget(model: type[Notification | Mail | Delivery], before: datetime) -> int:
    gone = 0
    while deleted := model._default_manager.filter(
        pk__in=model._default_manager.filter(told_at__lt=before).values("pk")[:BATCH]
    ).delete()[0]:
        gone += deleted
    return gone
