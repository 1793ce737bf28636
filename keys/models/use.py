"""What credentials were used for through the API, and how often an organisation asked lately."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Organization
from keys.models.credential import Credential


class UseQuerySet(models.QuerySet["Use"]):
    def with_credential(self, credential: Credential) -> Self:
        """Requests it opened: by itself, or as the API key beside an application key."""
        return self.filter(Q(credential=credential) | Q(api_key=credential))

    def with_credentials(self) -> Self:
        return self.select_related("credential__owner", "api_key")

    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")

    def before(self, moment: datetime) -> Self:
        return self.filter(at__lt=moment)


class Use(models.Model):
    """One request to the API. `route` is the path with its variables' names in place of their values; `network` is the
    client's /24 or /48."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    credential = models.ForeignKey(Credential, models.PROTECT, related_name="+")
    api_key = models.ForeignKey(Credential, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    method = models.CharField(max_length=8)
    route = models.CharField(max_length=128)
    status = models.PositiveSmallIntegerField()
    client = models.CharField(max_length=256)
    network = models.CharField(max_length=64)
    request_id = models.CharField(max_length=64)

    objects = UseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["credential", "-at"], name="use_by_credential"),
            models.Index(fields=["api_key", "-at"], name="use_by_api_key"),
            models.Index(fields=["organization", "at"], name="use_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.status}"


class RateWindow(models.Model):
    """How many requests of one class an organisation has made in the window that began last."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    name = models.CharField(max_length=32)
    began_at = models.DateTimeField()
    used = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="rate_window_once", fields=["organization", "name"])]

    def __str__(self) -> str:
        return f"{self.name}: {self.used} since {self.began_at:%H:%M:%S}"
