"""What the verifier judges: something presented that knows what it comes to once it is known whose the text is."""

from datetime import datetime
from typing import Protocol

from api.verify.answers import Answer
from keys import minting
from keys.cache import Entry
from keys.standings import Standing
from keys.verification import Outcome

LONGEST = 256
"""Characters; no credential is as long."""


class Presented(Protocol):
    """A text that somebody presents ("" where none was), from a network; `mark` is what its like is recognised by."""

    @property
    def text(self) -> str: ...
    @property
    def network(self) -> str: ...
    @property
    def mark(self) -> bytes: ...

    def of_unknown(self, outcome: Outcome) -> tuple[Answer, bytes]:
        """What it comes to if it belongs to no credential: the answer, and the line that counts it."""
        ...

    def of_known(self, entry: Entry[Standing, Answer], now: datetime) -> tuple[Answer, bytes]:
        """What it comes to if it is this credential."""
        ...


def without_looking(text: str) -> Outcome | None:
    """What can be said of the text alone: that there is none, or that it is spelled like nothing of ours."""
    if not text:
        return Outcome.ABSENT
    return None if len(text) <= LONGEST and minting.parse(text) else Outcome.UNKNOWN
