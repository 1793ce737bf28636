"""What the tests of usage observe, and where they put it."""

import uuid
from collections import Counter

from keys.models import UsageDay, UsageHour, UsageMinute
from keys.usage import proof
from keys.usage.observations import Observation
from keys.usage.spool import Spool
from keys.verification import Outcome

ORGANIZATION, KEY = uuid.UUID(int=1), uuid.UUID(int=2)


def seen(
    outcome=Outcome.VALID,
    credential=KEY,
    client="curl",
    network="192.0.2.0/24",
    endpoint="/api/v1/validate",
    scopes=(),
):
    """One observation."""
    return Observation(ORGANIZATION, credential, outcome, client, network, endpoint, scopes)


def in_ms(at):
    """The moment as the spool has it."""
    return int(at.timestamp() * 1000)


def spooled(folder, at, *observations):
    """Write the observations as a process would that is gone then."""
    writer = Spool(folder)
    writer.write([observation.line for observation in observations], at_ms=in_ms(at))
    writer.close()


def total():
    """How many verdicts each table counts."""
    return {model: sum(model.objects.values_list("count", flat=True)) for model in (UsageMinute, UsageHour, UsageDay)}


def everywhere(count):
    """The same number in each table."""
    return dict.fromkeys((UsageMinute, UsageHour, UsageDay), count)


def by_day():
    """Verdicts by credential, day and outcome."""
    return Counter(
        {(row.credential_id, row.day, row.outcome): row.count for row in UsageDay.objects.all()},
    )


def holds(folder, now):
    """The proof's figures; it must hold."""
    found = proof.prove(folder, now=now)
    assert not found.problems
    return found.summary
