"""What is printed: a table for people, and ratios."""

from collections.abc import Callable
from statistics import median

from bench.contestants import Contestant
from bench.rounds import Round, Run

HEADINGS = (
    "contestant",
    "answers/s, median (min-max)",
    "x bare",
    "p50 / p99 ms",
    "server CPU µs each",
    "MB a worker",
    "worst foreign CPU",
)


def table(contestants: list[Contestant], rounds: list[Round]) -> str:
    """A line for each contestant, in Markdown."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(_row(contestant, rounds) for contestant in contestants)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(contestant: Contestant, rounds: list[Round]) -> tuple[str, ...]:
    runs = [each[contestant.name] for each in rounds]
    rates = [run.load.rate for run in runs]
    against_bare = ratio(rounds, contestant.name, "bare") if "bare" in rounds[0] else None
    return (
        contestant.label,
        f"{median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})",
        "" if against_bare is None else f"{against_bare:.2f}",
        f"{_middle(runs, lambda run: run.load.p50) / 1000:.1f} / {_middle(runs, lambda run: run.load.p99) / 1000:.1f}",
        f"{_middle(runs, lambda run: run.cpu / run.load.requests) * 1e6:.0f}",
        f"{_middle(runs, lambda run: run.resident) / 1e6:.0f}",
        f"{max(run.foreign for run in runs):.0%}",
    )


def _middle(runs: list[Run], figure: Callable[[Run], float]) -> float:
    return median(figure(run) for run in runs)


def ratio(rounds: list[Round], ours: str, *theirs: str) -> float | None:
    """How many times as fast `ours` is as the best of the others, taken in each round, and of these the median; None
    where none of the others took part."""
    able = [name for name in theirs if name in rounds[0]]
    if not able or ours not in rounds[0]:
        return None
    quotients = [each[ours].load.rate / max(each[name].load.rate for name in able) for each in rounds]
    return round(median(quotients), 3)
