"""RUM applications: what browsers and phones report as, each with the client tokens that its pages carry."""

import uuid
from enum import StrEnum
from typing import Self

from django.db import models

from accounts.models import Member, Organization
from keys.models.credential import Credential


class ApplicationType(StrEnum):
    """What an application runs on."""

    BROWSER = "browser"
    IOS = "ios"
    ANDROID = "android"
    REACT_NATIVE = "react-native"
    FLUTTER = "flutter"
    ROKU = "roku"
    ELECTRON = "electron"
    UNITY = "unity"
    KOTLIN_MULTIPLATFORM = "kotlin-multiplatform"


class EventProcessing(StrEnum):
    """Which of its events are kept."""

    ALL = "ALL"
    ERROR_FOCUSED_MODE = "ERROR_FOCUSED_MODE"
    NONE = "NONE"


class AnalyticsRetention(StrEnum):
    """Whether what its users do is kept for product analytics."""

    MAX = "MAX"
    NONE = "NONE"


class RumApplicationQuerySet(models.QuerySet["RumApplication"]):
    def of(self, organization_id: uuid.UUID) -> Self:
        return self.filter(organization_id=organization_id)

    def live(self) -> Self:
        """Not deleted."""
        return self.filter(deleted_at__isnull=True)

    def matching(self, words: str) -> Self:
        """By name, or exactly by the id."""
        found = models.Q(name__icontains=words)
        try:
            return self.filter(found | models.Q(pk=uuid.UUID(words)))
        except ValueError:
            return self.filter(found)

    def with_tokens(self) -> Self:
        """With their client tokens, newest first, and the people who made and changed them, by two queries."""
        tokens = ClientTokenUse.objects.select_related("credential").order_by("-credential__created_at")
        return self.select_related("created_by", "modified_by").prefetch_related(models.Prefetch("tokens", tokens))


class RumApplication(models.Model):
    """An application whose visitors report by client tokens. One that is deleted keeps its row, for the trail."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    name = models.CharField(max_length=128)
    type = models.CharField(max_length=24)
    event_processing = models.CharField(max_length=24)
    event_processing_at = models.DateTimeField()
    analytics_retention = models.CharField(max_length=8)
    analytics_retention_at = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    modified_at = models.DateTimeField()
    modified_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    deleted_at = models.DateTimeField(null=True)

    objects = RumApplicationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rum_application_type_is_declared",
                condition=models.Q(type__in=[one.value for one in ApplicationType]),
            ),
        ]
        indexes = [models.Index(fields=["organization", "created_at"], name="rum_application_by_age")]

    def __str__(self) -> str:
        return self.name

    @property
    def token(self) -> Credential | None:
        """The client token to put in its pages: the newest that is not revoked. Reads `tokens`."""
        live = (use.credential for use in self.tokens.all() if use.credential.revoked_at is None)
        return max(live, key=lambda credential: credential.created_at, default=None)


class ClientTokenUse(models.Model):
    """Whose pages carry a client token, what they may send, and from which origins: from any, if none is listed. One
    without a row stands alone and sends logs."""

    credential = models.OneToOneField(Credential, models.PROTECT, primary_key=True, related_name="use")
    application = models.ForeignKey(RumApplication, models.PROTECT, null=True, related_name="tokens")
    sends = models.JSONField()
    origins = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.credential_id} of {self.application_id}"
