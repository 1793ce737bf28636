"""What a query, a time or a cursor is refused with."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class QueryError(Exception):
    """A question the trail cannot read: `message` says what is wrong, `position` where.

    Positions count characters from 1; None where there is only one thing that can be meant.
    """

    def __init__(self, message: Promise | str, position: int | None = None) -> None:
        super().__init__(message, position)
        self.message = message
        self.position = position

    def __str__(self) -> str:
        if self.position is None:
            return str(self.message)
        return _("Character %(position)s: %(problem)s") % {"position": self.position, "problem": self.message}
