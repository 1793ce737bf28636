"""What a member finds behind the bell, and having read it."""

from django.db import transaction

from accounts.actors import Actor
from accounts.models import Member
from keys.models import Notification

MOST_COUNTED = 100


def unread(member: Member) -> int:
    """How many wait to be read, counted no further than MOST_COUNTED. One query."""
    return Notification.objects.of(member).unread()[:MOST_COUNTED].count()


@transaction.atomic
def mark_read(notification_id: int, *, by: Actor) -> Notification:
    """One of one's own is read. Raises DoesNotExist for everybody else's."""
    mine = Notification.objects.filter(organization_id=by.organization, member_id=by.id)
    notification = mine.get(pk=notification_id)
    mine.filter(pk=notification_id, read_at__isnull=True).update(read_at=by.now)
    return notification


@transaction.atomic
def mark_all_read(*, by: Actor) -> int:
    """All of one's own that were told until now are read; how many that were."""
    mine = Notification.objects.filter(organization_id=by.organization, member_id=by.id, is_shown=True)
    return mine.unread().filter(told_at__lte=by.now).update(read_at=by.now)
