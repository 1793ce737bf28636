"""What waits to be told by e-mail, and what was."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Member, Organization
from keys.models.notification import MailChoice


class MailQuerySet(models.QuerySet["Mail"]):
    def waiting(self) -> Self:
        return self.filter(sent_at__isnull=True, dead_at__isnull=True)

    def dead(self) -> Self:
        return self.filter(dead_at__isnull=False)


class Mail(models.Model):
    """One thing to be told by e-mail: to a member, or to an `address` that is nobody's here. Several may leave in one.

    `due_at` moves on with each attempt that failed; `claimed_at` is when a tick took it to send it.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    address = models.EmailField(max_length=254)
    news = models.CharField(max_length=64)
    target_type = models.CharField(max_length=64)
    target_id = models.CharField(max_length=64)
    words = models.JSONField()
    key = models.CharField(max_length=200)
    choice = models.CharField(max_length=8, choices=MailChoice)
    told_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200)
    sent_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="mail_once_per_member"),
            models.UniqueConstraint(
                fields=["organization", "address", "key"],
                condition=Q(member__isnull=True),
                name="mail_once_per_address",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(sent_at__isnull=True, dead_at__isnull=True), name="mail_waiting"
            ),
            models.Index(fields=["sent_at"], name="mail_by_time"),
            models.Index(fields=["told_at"], name="mail_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.news} to {self.address}"
