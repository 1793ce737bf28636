"""Settings of an organisation that were changed from what is declared in accounts.org_configs."""

from django.db import models

from accounts.models.organization import Organization


class OrgConfig(models.Model):
    """One setting of one organisation."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    name = models.CharField(max_length=64)
    value = models.JSONField()
    modified_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="org_config_once")]

    def __str__(self) -> str:
        return self.name
