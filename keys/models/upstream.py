"""Where what an organisation's programs and pages send goes on to."""

from django.db import models

from accounts.models import Member, Organization


class Upstream(models.Model):
    """The address that the intake forwards to. An organisation without a row has none: what is sent is discarded."""

    organization = models.OneToOneField(Organization, models.PROTECT, primary_key=True, related_name="+")
    address = models.CharField(max_length=500)
    modified_at = models.DateTimeField()
    modified_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return self.address
