"""Who looks after a service account."""

from django.db import models

from accounts.models.member import Member


class Manager(models.Model):
    """A member who is told what concerns a service account, and asked about it."""

    service_account = models.ForeignKey(Member, models.CASCADE, related_name="managers")
    member = models.ForeignKey(Member, models.CASCADE, related_name="manages")

    class Meta:
        constraints = [models.UniqueConstraint(name="manager_once", fields=["service_account", "member"])]

    def __str__(self) -> str:
        return f"{self.member_id} manages {self.service_account_id}"
