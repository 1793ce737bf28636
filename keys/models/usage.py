"""How often credentials were presented, and with what outcome: counts by minute, hour and day, and what they came from.

No foreign keys: a count is never refused. What names no credential, or no organisation, is counted under NOBODY.
"""

import uuid
from typing import Self

from django.db import models

NOBODY = uuid.UUID(int=0)
"""Stands for the credential of a question that carried none we know, and for its organisation where none is named."""

EVERYBODY = uuid.UUID(int=2**128 - 1)
"""Stands for all credentials of an organisation together, where what they come from is counted."""


class CountQuerySet(models.QuerySet[models.Model]):
    """Narrows any of the tables of counts."""

    def of(self, organization_id: uuid.UUID) -> Self:
        return self.filter(organization_id=organization_id)

    def with_credential(self, credential_id: uuid.UUID) -> Self:
        return self.filter(credential_id=credential_id)


class UsageMinute(models.Model):
    """Verdicts of one outcome in one minute of one organisation."""

    organization_id = models.UUIDField()
    at = models.DateTimeField()
    outcome = models.CharField(max_length=24)
    count = models.BigIntegerField()

    objects = CountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="usage_minute_once", fields=["organization_id", "at", "outcome"]),
        ]
        indexes = [models.Index(fields=["at"], name="usage_minute_by_age")]

    def __str__(self) -> str:
        return f"{self.count} {self.outcome} at {self.at:%Y-%m-%d %H:%M}"


class UsageHour(models.Model):
    """Verdicts of one outcome on one credential in one hour."""

    organization_id = models.UUIDField()
    credential_id = models.UUIDField()
    at = models.DateTimeField()
    outcome = models.CharField(max_length=24)
    count = models.BigIntegerField()

    objects = CountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="usage_hour_once", fields=["organization_id", "credential_id", "at", "outcome"]
            ),
        ]
        indexes = [
            models.Index(fields=["organization_id", "at"], name="usage_hour_by_organization"),
            models.Index(fields=["at"], name="usage_hour_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.outcome} at {self.at:%Y-%m-%d %H}h"


class UsageDay(models.Model):
    """Verdicts of one outcome on one credential in one day of UTC."""

    organization_id = models.UUIDField()
    credential_id = models.UUIDField()
    day = models.DateField()
    outcome = models.CharField(max_length=24)
    count = models.BigIntegerField()

    objects = CountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="usage_day_once", fields=["organization_id", "credential_id", "day", "outcome"]
            ),
        ]
        indexes = [
            models.Index(fields=["organization_id", "day"], name="usage_day_by_organization"),
            models.Index(fields=["credential_id", "day"], name="usage_day_by_credential"),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.outcome} on {self.day:%Y-%m-%d}"


class Facet(models.TextChoices):
    """What a presentation is told apart by."""

    CLIENT = "client"
    NETWORK = "network"
    ENDPOINT = "endpoint"
    SCOPE = "scope"


class UsageFacet(models.Model):
    """Presentations of one credential in one day of UTC that share a client, a network, an endpoint or a scope that was
    asked about; and those of EVERYBODY that share a client or a network."""

    organization_id = models.UUIDField()
    credential_id = models.UUIDField()
    day = models.DateField()
    facet = models.CharField(max_length=8, choices=Facet.choices)
    value = models.CharField(max_length=128)
    good = models.BigIntegerField()
    refused = models.BigIntegerField()
    last_at = models.DateTimeField()

    objects = CountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="usage_facet_once", fields=["organization_id", "credential_id", "day", "facet", "value"]
            ),
        ]
        indexes = [
            models.Index(fields=["credential_id", "day"], name="usage_facet_by_credential"),
            models.Index(fields=["organization_id", "facet", "day"], name="usage_facet_by_organization"),
            models.Index(fields=["day"], name="usage_facet_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.facet} {self.value}: {self.good} good, {self.refused} refused"


class UsageSegment(models.Model):
    """How far one file of a node's spool has been counted. Moves in the transaction that counts, hence exactly once.

    `position` is in bytes, `frames` and `records` are what lies before it.
    """

    node = models.UUIDField()
    name = models.CharField(max_length=64)
    day = models.DateField()
    position = models.BigIntegerField(default=0)
    frames = models.BigIntegerField(default=0)
    records = models.BigIntegerField(default=0)
    drained_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="usage_segment_once", fields=["node", "name"])]
        indexes = [models.Index(fields=["day"], name="usage_segment_by_age")]

    def __str__(self) -> str:
        return f"{self.name}: {self.records} records"
