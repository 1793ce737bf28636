"""How many there may be, and what is switched off. Triggers keep the count; constraints keep it within bounds."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Member, Organization
from keys.models.fields import KindField


class Limit(models.Model):
    """The live credentials of one kind in an organisation (or of one owner), and how many they may be.

    `live` and `minimum` are moved by triggers on the credential table alone; `minimum` is 0 until the first one exists
    and `keep_at_least` from then on.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="limits")
    kind = KindField()
    owner = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    maximum = models.PositiveIntegerField()
    keep_at_least = models.PositiveIntegerField(default=0)
    live = models.IntegerField(default=0)
    minimum = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(name="limit_not_exceeded", condition=Q(live__lte=F("maximum"))),
            models.CheckConstraint(name="limit_keeps_minimum", condition=Q(live__gte=F("minimum"))),
            models.UniqueConstraint(
                name="limit_once_per_organization",
                fields=["organization", "kind"],
                condition=Q(owner__isnull=True),
            ),
            models.UniqueConstraint(
                name="limit_once_per_owner", fields=["owner", "kind"], condition=Q(owner__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.live} of {self.maximum}"

    @property
    def left(self) -> int:
        return max(0, self.maximum - self.live)


class KindSwitch(models.Model):
    """A kind that support has switched off for an organisation. The row's presence is the switch."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    kind = KindField()
    off_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="switched_off_once", fields=["organization", "kind"])]

    def __str__(self) -> str:
        return f"{self.kind} off since {self.off_at:%Y-%m-%d}"
