"""Why a change was refused: one exception, with the field it concerns and what to do about it."""

from django.utils.functional import Promise


class NotAllowed(Exception):
    """A rule refuses the change. `field` is the form field it belongs to, `suggestion` a value that would pass."""

    def __init__(self, field: str, message: Promise | str, *, suggestion: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.suggestion = suggestion

    def __str__(self) -> str:
        return str(self.message)


class AlreadyExists(NotAllowed):
    """What was to be made or named is there already. A door may answer 409."""
