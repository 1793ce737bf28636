"""How passwords are hashed and which are refused, beyond what Django ships."""

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MAXIMUM_LENGTH = 128


class Argon2id(Argon2PasswordHasher):
    """Argon2id with the cost OWASP recommends: 19 MiB, two passes, one lane."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


class MaximumLengthValidator:
    """Refuses a password so long that hashing it would be the attack."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError over 128 characters."""
        if len(password) > MAXIMUM_LENGTH:
            raise ValidationError(_("Use 128 characters or fewer."), code="password_too_long")

    def get_help_text(self) -> str:
        """The rule in words."""
        return gettext("Your password can have up to 128 characters.")
