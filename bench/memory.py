"""What one cached answer costs."""

from dataclasses import replace

from bench import machine
from bench.contestants import Contestant
from bench.rounds import Stadium

ENTRIES = 20_000
SECONDS = 25.0
"""Long enough that each worker has met nearly all of them, the first time with a look-up."""


def bytes_per_entry(stadium: Stadium, contestant: Contestant) -> float:
    """How much larger a worker of Keyhouse is with ENTRIES answers at hand than with a hundred, for each of them.

    It is under load before either is measured, so that what a load leaves behind counts on neither side.
    """
    roomy = replace(contestant, name="memory", settings=contestant.settings | {"VERIFY_CACHE": str(2 * ENTRIES)})
    sizes = [_size(stadium, replace(roomy, hot=hot)) for hot in (100, ENTRIES)]
    return (sizes[1] - sizes[0]) / (ENTRIES - 100)


def _size(stadium: Stadium, contestant: Contestant) -> float:
    with stadium.hosting(contestant) as server:
        stadium.load(server, SECONDS)
        return machine.resident(server.process.pid, workers=2)
