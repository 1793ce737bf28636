"""Where credentials were seen that must not be seen there."""

from django.db import models

from keys.models.credential import Credential


class BrowserSighting(models.Model):
    """An API key that came from a browser: whoever opens the page can read it. `origin` is the page's, as last seen."""

    credential = models.OneToOneField(Credential, models.PROTECT, primary_key=True, related_name="sighting")
    origin = models.CharField(max_length=200)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.credential_id} at {self.origin}"
