"""Forms and requests that created something, so that sending one twice creates it once."""

from django.db import models

from accounts.models import Organization
from keys.models.credential import Credential


class Submission(models.Model):
    """One create that was sent. `sealed` is the answer under a key only the sender's nonce unlocks: of a form, the
    secret of the credential it made; of a request to the API, its whole body."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    digest = models.BinaryField(max_length=32)
    request_hash = models.BinaryField(max_length=32)
    credential = models.ForeignKey(Credential, models.PROTECT, null=True, related_name="+")
    sealed = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="submitted_once", fields=["organization", "digest"])]

    def __str__(self) -> str:
        return f"{self.credential_id or self.pk} at {self.created_at:%H:%M:%S}"
