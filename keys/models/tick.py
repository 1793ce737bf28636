"""When the timed work was last done."""

from django.db import models


class TickRun(models.Model):
    """One timed job: its last run, and the lease of whoever is running it. `error` is empty after a run that worked."""

    job = models.CharField(max_length=64, primary_key=True)
    holder = models.UUIDField(null=True, default=None)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    items = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, default="")

    def __str__(self) -> str:
        return self.job
