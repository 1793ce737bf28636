"""How an application's proxy tells its visitors from strangers."""

from django.db import models

from accounts.models import Member
from keys.models.rum_application import RumApplication


class RumProxy(models.Model):
    """The terms of one application's authenticated proxy: the placeholder its pages carry instead of a token, and what
    proves that a visitor signed in: a JSON Web Token that a key of the site's own signs.

    The key is found at `jwks_url`, or it is `shared_key`, sealed. `issuer` and `audience` are asked for unless empty;
    `cookie` names the cookie the proof may come in.
    """

    application = models.OneToOneField(RumApplication, models.PROTECT, primary_key=True, related_name="proxy")
    is_open = models.BooleanField(default=False)
    placeholder = models.CharField(max_length=64)
    jwks_url = models.CharField(max_length=500)
    shared_key = models.BinaryField(max_length=1024, null=True)
    issuer = models.CharField(max_length=200)
    audience = models.CharField(max_length=200)
    cookie = models.CharField(max_length=64)
    modified_at = models.DateTimeField()
    modified_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rum_proxy_open_only_with_a_key",
                condition=models.Q(is_open=False) | ~models.Q(jwks_url="") | models.Q(shared_key__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"the proxy of {self.application_id}"
