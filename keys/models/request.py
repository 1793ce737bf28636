"""What organisations ask of support: a higher limit, or a kind switched on."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, Organization
from keys.models.fields import KindField


class Decision(models.TextChoices):
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")


class SupportRequestQuerySet(models.QuerySet["SupportRequest"]):
    def of(self, organization_id: uuid.UUID) -> Self:
        return self.filter(organization_id=organization_id)

    def open(self) -> Self:
        return self.filter(decided_at__isnull=True)

    def decided(self) -> Self:
        return self.filter(decided_at__isnull=False)

    def with_people(self) -> Self:
        return self.select_related("organization", "asked_by")


class SupportRequest(models.Model):
    """One question and, once decided, its answer. `wanted` is the limit asked for; None asks to switch the kind on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="requests")
    kind = KindField()
    wanted = models.PositiveIntegerField(null=True)
    reason = models.TextField()
    asked_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=16, choices=Decision, default="", blank=True)
    granted = models.PositiveIntegerField(null=True)
    answer = models.TextField(default="", blank=True)
    decided_by = models.CharField(max_length=320, default="", blank=True)

    objects = SupportRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="request_open_once", fields=["organization", "kind"], condition=Q(decided_at__isnull=True)
            ),
            models.CheckConstraint(
                name="request_decided_whole",
                condition=Q(decided_at__isnull=True, decision="")
                | (Q(decided_at__isnull=False) & Q(decision__in=Decision.values)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.wanted}"
