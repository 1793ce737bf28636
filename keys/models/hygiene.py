"""What key hygiene found, what became of it, and how each organisation has set its controls."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Member, Organization


class Ending(models.TextChoices):
    """How a detection came to its end: by a mitigation; because its cause is gone; because its control was switched
    off; or because the settings leave it out now."""

    MITIGATED = "mitigated", _("Mitigated")
    RESOLVED_EXTERNALLY = "resolved_externally", _("Resolved elsewhere")
    INACTIVE = "inactive", _("Control off")
    OBSOLETE = "obsolete", _("Left out")


class DetectionState(models.TextChoices):
    """Where a detection stands. Derived from its timestamps, never stored."""

    ACTIVE = "active", pgettext_lazy("a finding", "Active")
    EXCEPTION = "exception", _("Exception")
    MITIGATED = "mitigated", _("Mitigated")
    RESOLVED_EXTERNALLY = "resolved_externally", _("Resolved elsewhere")
    INACTIVE = "inactive", _("Control off")
    OBSOLETE = "obsolete", _("Left out")


class Assignment(models.TextChoices):
    """How somebody came to be assigned: by being responsible, by hand, by hand after somebody else, or not at all."""

    AUTO_RESOLVED = "auto_resolved", _("Responsible for it")
    MANUAL = "manual", _("Assigned by hand")
    REASSIGNED = "reassigned", _("Assigned anew")
    CLEARED = "cleared", _("Nobody")


class DetectionQuerySet(models.QuerySet["Detection"]):
    def of(self, organization_id: uuid.UUID) -> Self:
        return self.filter(organization_id=organization_id)

    def of_control(self, slug: str) -> Self:
        return self.filter(control=slug)

    def open(self) -> Self:
        """Still so, excepted or not."""
        return self.filter(ended_at__isnull=True)

    def active(self, now: datetime) -> Self:
        """Waiting for somebody to act."""
        return self.open().exclude(_excepted(now))

    def in_state(self, state: DetectionState, now: datetime) -> Self:
        if state is DetectionState.ACTIVE:
            return self.active(now)
        if state is DetectionState.EXCEPTION:
            return self.open().filter(_excepted(now))
        return self.filter(ending=state.value)

    def matching(self, words: str) -> Self:
        """By the name of what was found, the assignee's, or the team's."""
        return self.filter(Q(label__icontains=words) | Q(assignee__name__icontains=words) | Q(team__icontains=words))

    def with_people(self) -> Self:
        return self.select_related("assignee", "excepted_by")

    def with_state(self, now: datetime) -> Self:
        """Annotate `stands`, the state as text, to order by."""
        excepted = When(_excepted(now) & Q(ended_at__isnull=True), then=Value(DetectionState.EXCEPTION.value))
        is_open = When(ended_at__isnull=True, then=Value(DetectionState.ACTIVE.value))
        return self.annotate(stands=Case(excepted, is_open, default="ending"))


def _excepted(now: datetime) -> Q:
    forever_or_still = Q(excepted_until__isnull=True) | Q(excepted_until__gt=now)
    return Q(excepted_at__isnull=False) & forever_or_still


class Detection(models.Model):
    """That a control found something, from then until it ended. The same thing found again later is another one.

    What was found is named by id and by the name it had; `facts` are what the control saw, for people to read. Of a
    control that mitigates by itself, `mitigate_after` is when the grace ends, `warned_at` when it was said that it ends
    soon, and `note` why nothing was done then.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    control = models.CharField(max_length=64)
    resource_type = models.CharField(max_length=32)
    resource_id = models.UUIDField()
    label = models.CharField(max_length=128)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    assignee = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    team = models.CharField(max_length=64, default="", blank=True)
    assignment = models.CharField(max_length=16, choices=Assignment, default=Assignment.CLEARED)
    excepted_at = models.DateTimeField(null=True)
    excepted_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    excepted_until = models.DateTimeField(null=True)
    exception_reason = models.CharField(max_length=500, default="", blank=True)
    mitigate_after = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, default="", blank=True)
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=32, choices=Ending, default="", blank=True)

    objects = DetectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="detection_open_once",
                fields=["organization", "control", "resource_id"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="detection_ended_whole",
                condition=Q(ended_at__isnull=True, ending="")
                | (Q(ended_at__isnull=False) & Q(ending__in=Ending.values)),
            ),
            models.CheckConstraint(
                name="detection_excepted_whole",
                condition=Q(excepted_at__isnull=True, excepted_until__isnull=True, exception_reason="")
                | (Q(excepted_at__isnull=False) & ~Q(exception_reason="")),
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "control", "-created_at", "-id"], name="detection_newest"),
            models.Index(fields=["organization", "control", "ended_at"], name="detection_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.control}: {self.label}"

    def state(self, now: datetime) -> DetectionState:
        """Where it stands now."""
        if self.ended_at:
            return DetectionState(self.ending)
        if self.excepted_at and (self.excepted_until is None or self.excepted_until > now):
            return DetectionState.EXCEPTION
        return DetectionState.ACTIVE

    @property
    def mitigated_at(self) -> datetime | None:
        return self.ended_at if self.ending == Ending.MITIGATED else None


class ControlSetting(models.Model):
    """How an organisation has set a control, where that is not as declared.

    `parameters` and `events` hold what was set; None in `events` means that the admins are told of new detections.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    control = models.CharField(max_length=64)
    is_on = models.BooleanField(default=True)
    is_automatic = models.BooleanField(default=False)
    parameters = models.JSONField(default=dict)
    events = models.JSONField(null=True)
    modified_at = models.DateTimeField()
    modified_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(name="control_set_once", fields=["organization", "control"])]

    def __str__(self) -> str:
        return self.control


class HygieneScore(models.Model):
    """An organisation's score on one day of UTC, as of the last scan in it, and what made it.

    `counts` holds, by control, how many detections were active, of how many things that were looked at.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    day = models.DateField()
    score = models.PositiveSmallIntegerField()
    counts = models.JSONField()
    scanned_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="hygiene_score_once", fields=["organization", "day"])]

    def __str__(self) -> str:
        return f"{self.score} on {self.day:%Y-%m-%d}"


class HygieneNotices(models.Model):
    """Whether members hear of detections that are assigned to them. Without a row they do."""

    organization = models.OneToOneField(Organization, models.PROTECT, primary_key=True, related_name="+")
    of_assignments = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.of_assignments}"
