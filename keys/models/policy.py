"""What an organisation asks of its credentials, kind by kind."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from keys.models.fields import KindField


class LeakAction(models.TextChoices):
    """What is done with a credential that was found where everybody can read it."""

    TELL = "tell", _("Tell people")
    QUARANTINE = "quarantine", _("Block it until somebody has looked")
    REVOKE = "revoke", _("Revoke it at once")


class Policy(models.Model):
    """The rules for one kind in one organisation. What nobody has changed has no row: see keys.policies."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="policies")
    kind = KindField()
    rotate_every_days = models.PositiveIntegerField(null=True)
    longest_days = models.PositiveIntegerField(null=True)
    longest_overlap_hours = models.PositiveIntegerField()
    scopes_required = models.BooleanField(default=False)
    owner_required = models.BooleanField(default=False)
    admins_create = models.BooleanField(default=False)
    leak_action = models.CharField(max_length=16, choices=LeakAction)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="policy_once", fields=["organization", "kind"]),
            models.CheckConstraint(name="policy_leak_action_known", condition=Q(leak_action__in=LeakAction.values)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.organization_id}"

    @property
    def rotate_every(self) -> timedelta | None:
        """How long one is good before it should be rotated; None for ever."""
        return None if self.rotate_every_days is None else timedelta(days=self.rotate_every_days)

    @property
    def longest(self) -> timedelta:
        """How far away an end may be."""
        return self.kind.longest if self.longest_days is None else timedelta(days=self.longest_days)

    @property
    def longest_overlap(self) -> timedelta:
        """How long an old one may stay good beside its successor."""
        return timedelta(hours=self.longest_overlap_hours)
