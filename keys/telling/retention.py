"""How long it is remembered who was told what."""

from datetime import datetime, timedelta

from keys.models import Delivery, Mail, Notification
from keys.steps import clear_away

KEPT = timedelta(days=460)
"""Fifteen months, as the figures of usage are kept. What waits to be sent is settled long before."""


def forget(now: datetime) -> int:
    """Delete what is older; how many rows."""
    old = {"told_at__lt": now - KEPT}
    return sum(clear_away(model._default_manager.filter(**old)) for model in (Notification, Mail, Delivery))
