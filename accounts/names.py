"""Names people give to things: what is refused, and when two names are the same."""

import re
import unicodedata

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MAXIMUM_LENGTH = 128
MAXIMUM_KEY_LENGTH = 512  # one mark may stand for many once it is normalized

_REFUSED_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffd")
"""Marks that turn the reading direction, and what is left of bytes that were no text."""

_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")  # letters by category, blanks to the eye
_REFUSED_CATEGORIES = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}


class BadName(Exception):
    """The name is refused; the message says why and what to do."""

    def __init__(self, message: Promise | str) -> None:
        super().__init__(message)
        self.message = message


def checked(name: str) -> str:
    """The name as it will be stored: trimmed. Raises BadName."""
    name = name.strip()
    if not name:
        raise BadName(_("Enter a name."))
    if len(name) > MAXIMUM_LENGTH or len(key(name)) > MAXIMUM_KEY_LENGTH:
        raise BadName(_("Use 128 characters or fewer."))
    if any(mark in _REFUSED_MARKS or unicodedata.category(mark) in _REFUSED_CATEGORIES for mark in name):
        raise BadName(_("Remove the invisible control characters."))
    if not any(unicodedata.category(mark)[0] in "LNPS" and mark not in _FILLERS for mark in name):
        raise BadName(_("Enter a name that can be seen."))
    return name


def key(name: str) -> str:
    """What two names have in common when they count as the same: NFKC, trimmed, case folded, nothing invisible."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    seen = "".join(mark for mark in folded if unicodedata.category(mark) != "Cf" and mark not in _FILLERS)
    return re.sub(r"\s+", " ", seen).strip()


def free(wanted: str, taken: set[str]) -> str:
    """The first of wanted-2, wanted-3 … whose key is not among the taken keys."""
    number = 2
    while key(candidate := _numbered(wanted, number)) in taken:
        number += 1
    return candidate


def _numbered(name: str, number: int) -> str:
    suffix = f"-{number}"
    return name[: MAXIMUM_LENGTH - len(suffix)] + suffix
