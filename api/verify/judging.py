"""From what is asked and what is on record to an answer, and to the line that counts it."""

from datetime import datetime

from api.verify import answers
from api.verify.answers import Answer
from api.verify.questions import LONGEST, Asked
from keys import minting, verification
from keys.cache import Entry
from keys.verification import Outcome


def without_looking(asked: Asked) -> Outcome | None:
    """What can be said of the text alone: that there is none, or that it is spelled like nothing of ours."""
    if not asked.text:
        return Outcome.ABSENT
    return None if len(asked.text) <= LONGEST and minting.parse(asked.text) else Outcome.UNKNOWN


def of_unknown(asked: Asked, outcome: Outcome) -> tuple[Answer, bytes]:
    """For a text that belongs to no credential."""
    return answers.refusal(outcome), asked.observed(outcome, None, None)


def of_known(asked: Asked, entry: Entry[Answer], now: datetime) -> tuple[Answer, bytes]:
    """For a credential on record. Its good answer is made once and kept with the entry."""
    standing, wants = entry.standing, asked.wanted
    outcome, missing = verification.judge(
        standing, now=now, accepting=wants.accepting, needs=wants.needs, organization_id=wants.organization_id
    )
    line = asked.observed(outcome, standing.organization_id, standing.credential_id)
    if outcome is not Outcome.VALID:
        return answers.refusal(outcome, missing), line
    if entry.made is None:
        entry.made = answers.good(standing)
    return entry.made, line
