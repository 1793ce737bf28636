"""Whom to ask about a credential that belongs to the organisation."""

from django.db import models

from accounts.models import Member
from keys.models.credential import Credential

LONGEST_NAME = 64
LONGEST_PURPOSE = 200


class Ownership(models.Model):
    """Who looks after a credential of the organisation, and what it is for. The owner is a member (a person or a
    service account), or a team that is only a name."""

    credential = models.OneToOneField(Credential, models.CASCADE, primary_key=True, related_name="ownership")
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    team = models.CharField(max_length=LONGEST_NAME, default="", blank=True)
    environment = models.CharField(max_length=LONGEST_NAME, default="", blank=True)
    purpose = models.CharField(max_length=LONGEST_PURPOSE, default="", blank=True)

    def __str__(self) -> str:
        return self.team or str(self.member_id or "")

    @property
    def is_known(self) -> bool:
        """Whether there is somebody to ask."""
        return bool(self.team) or (self.member is not None and self.member.disabled_at is None)
