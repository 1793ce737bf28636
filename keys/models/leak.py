"""Credentials that were found where they must not be, what was done about it, and whom an organisation has to ask."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, Organization
from keys.models.credential import Credential


class Way(models.TextChoices):
    """How a leak was reported."""

    GITHUB = "github", "GitHub"
    SCANNER = "scanner", _("Scanner")
    MEMBER = "member", _("Member")


class Acted(models.TextChoices):
    """What was done at once: nothing but to tell of it, or more; or it was no longer good before."""

    TOLD = "told", _("Told")
    QUARANTINED = "quarantined", _("Quarantined")
    REVOKED = "revoked", _("Revoked")
    ENDED = "ended", _("Ended before")


class Step(models.TextChoices):
    """The steps of the runbook that only a person can judge."""

    LOOKED = "looked", _("Look at what it did")
    SEARCHED = "searched", _("Look for what it left behind")


class LeakQuerySet(models.QuerySet["Leak"]):
    def of(self, organization_id: uuid.UUID) -> Self:
        return self.filter(organization_id=organization_id)

    def confirmed(self) -> Self:
        """Not dismissed as a false alarm."""
        return self.filter(dismissed_at__isnull=True)

    def lasting(self) -> Self:
        """What a report of the same place is about again. A false alarm says nothing of a place that nobody knows."""
        return self.exclude(place="", dismissed_at__isnull=False)

    def open(self) -> Self:
        """What somebody has yet to see to."""
        return self.confirmed().filter(closed_at__isnull=True)

    def that_blocked(self) -> Self:
        """Those whose credential was put into quarantine."""
        return self.filter(acted=Acted.QUARANTINED)

    def finished(self) -> Self:
        return self.exclude(pk__in=self.open().values("pk"))

    def with_credentials(self) -> Self:
        return self.select_related("credential__owner", "dismissed_by", "closed_by")


class Leak(models.Model):
    """A credential found in one place. `place` is an address or what somebody wrote, without a secret; `spared` says
    that it would have been revoked, had it not been the last that must stay."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    credential = models.ForeignKey(Credential, models.PROTECT, related_name="leaks")
    way = models.CharField(max_length=16, choices=Way)
    reporter = models.CharField(max_length=128)
    source = models.CharField(max_length=64, default="")
    place = models.CharField(max_length=500, default="")
    reported_at = models.DateTimeField()
    acted = models.CharField(max_length=16, choices=Acted)
    spared = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=1000, default="")
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    dismissal = models.CharField(max_length=1000, default="")

    objects = LeakQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="leak_once_per_place",
                fields=["credential", "place"],
                condition=~Q(place="") | Q(dismissed_at__isnull=True),
            )
        ]
        indexes = [models.Index(fields=["organization", "-reported_at", "-id"], name="leak_newest")]

    def __str__(self) -> str:
        return f"{self.credential_id} at {self.place or 'an unknown place'}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None and self.dismissed_at is None


class LeakStep(models.Model):
    """A step of a leak's runbook that somebody has done."""

    leak = models.ForeignKey(Leak, models.CASCADE, related_name="steps")
    step = models.CharField(max_length=16, choices=Step)
    done_at = models.DateTimeField()
    done_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["leak", "step"], name="leak_step_once")]

    def __str__(self) -> str:
        return f"{self.step} of {self.leak_id}"


class SecurityContacts(models.Model):
    """Whom an organisation wants told of leaks, besides its admins. `reviewed_at` is when somebody last said that this
    is right, `reminded_at` when the admins were last asked."""

    organization = models.OneToOneField(Organization, models.PROTECT, primary_key=True, related_name="+")
    primary = models.EmailField(max_length=254, default="", blank=True)
    secondary = models.EmailField(max_length=254, default="", blank=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    reminded_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.primary} and {self.secondary}"

    @property
    def addresses(self) -> list[str]:
        """The addresses there are, each once."""
        return list(dict.fromkeys(filter(None, (self.primary, self.secondary))))
