"""What members were told, and how they want to be told."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, Organization


class MailChoice(models.TextChoices):
    """When somebody wants a mail about a topic."""

    AT_ONCE = "at_once", _("At once")
    DAILY = "daily", _("Once a day")
    NEVER = "never", _("Never")


class NewsChoice(models.Model):
    """How a member wants to hear of a topic, where that is not the topic's default."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="news_choices")
    topic = models.CharField(max_length=32)
    bell = models.BooleanField()
    mail = models.CharField(max_length=8, choices=MailChoice)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "topic"], name="news_choice_once")]

    def __str__(self) -> str:
        return f"{self.topic}: {self.mail}"


class NotificationQuerySet(models.QuerySet["Notification"]):
    def of(self, member: Member) -> Self:
        """What the member finds behind the bell."""
        return self.filter(member=member, is_shown=True)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)


class Notification(models.Model):
    """Something a member was told, once: `key` says what. Its sentence is made of `news` and `words` when it is read.

    It is there, not shown, also for those who did not want it in the console: it is the memory of having told them.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, models.PROTECT, related_name="notifications")
    news = models.CharField(max_length=64)
    target_type = models.CharField(max_length=64)
    target_id = models.CharField(max_length=64)
    words = models.JSONField()
    key = models.CharField(max_length=200)
    told_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    is_shown = models.BooleanField()

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "key"], name="notification_once_per_member")]
        indexes = [
            models.Index(fields=["member", "told_at"], name="notification_by_time"),
            models.Index(
                fields=["member"], condition=Q(read_at__isnull=True, is_shown=True), name="notification_unread"
            ),
            models.Index(fields=["told_at"], name="notification_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.news} to {self.member_id}"
