"""Addresses of an organisation's own that are told things, and what they were told."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Member, Organization


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def of(self, organization_id: uuid.UUID) -> Self:
        return self.filter(organization_id=organization_id)

    def enabled(self) -> Self:
        return self.filter(disabled_at__isnull=True)


class Webhook(models.Model):
    """An address of the organisation's own that hears of some topics. Its secret is sealed; the one before it signs
    too until `previous_until`. `failing_since` is when it last began to fail without a success since."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="webhooks")
    name = models.CharField(max_length=128)
    address = models.CharField(max_length=500)
    topics = models.JSONField()
    secret = models.BinaryField(max_length=1024)
    previous_secret = models.BinaryField(max_length=1024, null=True)
    previous_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    disabled_at = models.DateTimeField(null=True)
    disabled_because = models.CharField(max_length=200)
    failing_since = models.DateTimeField(null=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organization", "created_at"], name="webhook_by_time")]

    def __str__(self) -> str:
        return self.name


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> Self:
        return self.filter(delivered_at__isnull=True, dead_at__isnull=True)

    def dead(self) -> Self:
        return self.filter(dead_at__isnull=False)


class Delivery(models.Model):
    """One thing told to one webhook: `body` as it is sent each time, and what came of it so far."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    news = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    body = models.TextField()
    told_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200)
    delivered_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["webhook", "key"], name="delivery_once_per_webhook")]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(delivered_at__isnull=True, dead_at__isnull=True), name="delivery_waiting"
            ),
            models.Index(fields=["webhook", "told_at"], name="delivery_by_time"),
            models.Index(fields=["told_at"], name="delivery_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.news} to {self.webhook_id}"
