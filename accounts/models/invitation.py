"""Invitations: a single-use link that makes somebody a member."""

import uuid

from django.db import models

from accounts.models.member import Member


class Invitation(models.Model):
    """A link that was sent. Only a fingerprint of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="invitations")
    fingerprint = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.member_id} until {self.expires_at:%Y-%m-%d %H:%M}"
