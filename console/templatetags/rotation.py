"""How far away the day is on which something should be rotated."""

from datetime import datetime

from django import template
from django.utils import timezone

from keys.rotation import SOON

register = template.Library()


@register.filter
def days_until(due: datetime, now: datetime) -> int:
    """In whole days of the reader; negative once the day has passed."""
    return (timezone.localtime(due).date() - timezone.localtime(now).date()).days


@register.filter
def late(days: int) -> int:
    """How many days ago that was."""
    return -days


@register.filter
def is_soon(due: datetime, now: datetime) -> bool:
    """Whether it is time to think of it."""
    return due <= now + SOON
