"""That something changed which decides whether credentials are good. Written by triggers alone: see keys.guards."""

from django.db import models


class Revision(models.Model):
    """One change. `subject` is the id of the credential, member, role or organisation that it concerns.

    `transaction` is PostgreSQL's number of the transaction that wrote it, by which readers know what they may still
    miss; 0 on SQLite, whose writers queue.
    """

    transaction = models.BigIntegerField(default=0, db_default=0)
    subject = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["transaction"], name="revision_by_transaction")]

    def __str__(self) -> str:
        return str(self.subject)
