"""Something sent, as the verifier judges it: by whom, from where, and whether it may be."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from api.intake import answers
from api.verify.answers import Answer
from keys import sending
from keys.cache import Entry
from keys.models import NOBODY
from keys.sending import Sending
from keys.standings import Standing
from keys.usage.observations import Observation
from keys.verification import Outcome

LET_IN = Answer(202, (), b"", Outcome.VALID)


@dataclass(slots=True)
class Sent:
    """A credential's text with what is sent by it. `standing` and `whose` (organisation and credential) are filled in
    once it is known to be one."""

    text: str
    sending: Sending
    client: str
    network: str
    endpoint: str
    standing: Standing | None = None
    whose: tuple[uuid.UUID, uuid.UUID] = (NOBODY, NOBODY)
    mark: bytes = b""

    def of_unknown(self, outcome: Outcome) -> tuple[Answer, bytes]:
        return self.refused(outcome)

    def of_known(self, entry: Entry[Standing, Answer], now: datetime) -> tuple[Answer, bytes]:
        self.standing, self.whose = entry.known, (entry.known.organization_id, entry.known.credential_id)
        outcome = sending.judge(entry.known, self.sending, now=now)
        return (LET_IN, self._line(outcome)) if outcome is Outcome.VALID else self.refused(outcome)

    def refused(self, outcome: Outcome) -> tuple[Answer, bytes]:
        """The answer for this reason, and the line that counts it."""
        return answers.refusal(outcome, self.endpoint), self._line(outcome)

    def _line(self, outcome: Outcome) -> bytes:
        return Observation(*self.whose, outcome, self.client, self.network, self.endpoint).line
