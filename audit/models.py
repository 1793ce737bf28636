"""The trail and the head of each organisation's chain. No foreign keys: the trail outlives what it tells of."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models

from audit.events import SENTENCES, STEPS, Event

INSTALLATION = uuid.UUID(int=0)
"""The chain of what belongs to no organisation, such as a refused sign-in with an unknown address."""


class Chain(models.Model):
    """The head of one organisation's chain: how long it is and the hash of its last event."""

    organization_id = models.UUIDField(primary_key=True)
    length = models.PositiveBigIntegerField(default=0)
    head = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.length}"


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def of(self, organization_id: uuid.UUID) -> Self:
        return self.filter(organization_id=organization_id)

    def about(self, target_id: uuid.UUID | str) -> Self:
        return self.filter(target_id=str(target_id))

    def since(self, moment: datetime) -> Self:
        return self.filter(at__gte=moment)

    def newest_first(self) -> Self:
        return self.order_by("-sequence")


class AuditEvent(models.Model):
    """One thing that happened. Written once by audit.log, refused by trigger ever to change or go."""

    organization_id = models.UUIDField()
    sequence = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    event = models.CharField(max_length=64)
    actor_type = models.CharField(max_length=32)
    actor_id = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=320)
    auth_method = models.CharField(max_length=32)
    auth_id = models.CharField(max_length=64)
    ip = models.CharField(max_length=64)
    user_agent = models.CharField(max_length=256)
    request_id = models.CharField(max_length=64)
    target_type = models.CharField(max_length=64)
    target_id = models.CharField(max_length=64)
    target_label = models.CharField(max_length=320)
    changes = models.JSONField(default=dict)
    reason = models.TextField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "sequence"], name="audit_one_event_per_sequence"),
        ]
        indexes = [
            models.Index(fields=["organization_id", "at"], name="audit_by_time"),
            models.Index(fields=["organization_id", "target_id"], name="audit_by_target"),
            models.Index(fields=["organization_id", "actor_id"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id}#{self.sequence} {self.event}"

    @property
    def sentence(self) -> str:
        """What happened, in the reader's language."""
        words = {"actor": self.actor_label, "target": self.target_label}
        sentence = SENTENCES[Event(self.event)]
        if self.event == Event.LEAK_STEP_DONE:
            sentence = STEPS.get(self.changes["step"], sentence)
        return str(sentence) % words
