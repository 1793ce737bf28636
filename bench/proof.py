"""Whether every question that was asked under load was counted."""

import json
import sys

from bench.houses import House
from bench.rounds import Stadium


def usage(stadium: Stadium, house: House) -> str:
    """A sentence. RuntimeError if more or less was counted than this house was asked."""
    if "prove_usage" not in house.run(sys.executable, "manage.py", "help", "--commands").split():
        return "Usage is not proved: this Keyhouse has no command for it."
    house.run(sys.executable, "manage.py", "prove_usage")
    counted = int(json.loads(house.run(sys.executable, "-m", "bench.counted")))
    asked, in_flight = stadium.asked[house.keys], stadium.in_flight[house.keys]
    if not asked <= counted <= asked + in_flight:
        raise RuntimeError(
            f"{asked:,} questions were asked, {in_flight:,} more may have been, {counted:,} were counted."
        )
    return f"{counted:,} questions were counted: the {asked:,} that were answered, and {counted - asked} in flight."
