"""Who is timed, and how each of them is started."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bench import houses
from bench.engines import Engine
from bench.houses import CannotTakePart, House

GUNICORN = (sys.executable, "-m", "gunicorn", "-c", "python:console.gunicorn_conf")
GTHREAD = ("-w", "2", "-k", "gthread", "--threads", "4", "--worker-connections", "20", "--keep-alive", "15")
SYNC = ("-w", "2", "-k", "sync")
MANY, FEW, HOT = 100_000, 10_000, 1000
NO_CACHE = {"VERIFY_CACHE": "0"}


@dataclass(frozen=True)
class Contestant:
    """A server and how it is asked.

    `questions` is what goes into `header`, with the key in place of {}; `judges` is False for what answers 200 to
    everything. Of the house's keys it is asked `hot`, from the one numbered `first` on; where it `differs`, no question
    comes twice.
    """

    name: str
    label: str
    house: House
    command: tuple[str, ...]
    path: str = "/verify"
    header: str = "DD-API-KEY"
    question: str = "{}"
    judges: bool = True
    hot: int = HOT
    first: int = 0
    churn: bool = False
    differs: bool = False
    settings: dict[str, str] = field(default_factory=dict)


def ours(engine: Engine) -> list[Contestant]:
    """Keyhouse, and the least its server can serve."""
    few, many = houses.keyhouse(engine, FEW), houses.keyhouse(engine, MANY)
    bare = (*GUNICORN, "bench.hello:application")
    cached = Contestant("cached", "Keyhouse, cached, usage counted", few, GUNICORN)
    return [
        Contestant("bare", "bare hello on Keyhouse's server", few, bare, "/hello", judges=False),
        cached,
        replace(cached, name="varied", label="the same, no question twice", differs=True),
        replace(cached, name="churn", label="Keyhouse, 5 revocations a second", churn=True),
        Contestant("uncached", f"Keyhouse, no cache, {MANY:,} keys", many, GUNICORN, hot=MANY, settings=NO_CACHE),
    ]


def django(engine: Engine) -> list[Contestant]:
    """What a Django project would do without Keyhouse: nothing, or the usual package, by gunicorn's usual workers."""
    house = houses.django(engine, FEW)
    gunicorn = (str(houses.VENV), "-m", "gunicorn", "bench.rivals.wsgi:application")
    protected = Contestant("", "", house, (), "/protected", "Authorization", "Api-Key {}")
    plain = replace(protected, path="/plain", judges=False)
    package = "djangorestframework-api-key"
    return [
        replace(plain, name="django", label="plain Django view, gthread 2x4", command=(*gunicorn, *GTHREAD)),
        replace(protected, name="drf_gthread", label=f"{package}, gthread 2x4", command=(*gunicorn, *GTHREAD)),
        replace(protected, name="drf_sync", label=f"{package}, sync x2", command=(*gunicorn, *SYNC)),
    ]


def better_auth(engine: Engine) -> list[Contestant]:
    """better-auth's API key plugin on two processes of Node.js."""
    modes = {"installed": "better-auth as installed, rate limit off", "fastest": "better-auth, all in memory, deferred"}
    command = ("node", str(houses.BETTER_AUTH / "server.mjs"))
    return [
        Contestant(f"better_auth_{mode}", label, houses.better_auth(engine, FEW, mode), command, header="X-API-Key")
        for mode, label in modes.items()
    ]


def entered(engine: Engine, *groups: Callable[[Engine], list[Contestant]]) -> list[Contestant]:
    """Those of the groups that can run here; who cannot is said."""
    able = []
    for group in groups:
        print(f"Preparing {group.__name__.replace('_', '-')} …", file=sys.stderr, flush=True)
        try:
            able += group(engine)
        except CannotTakePart as reason:
            print(f"{group.__name__.replace('_', '-')} takes no part: {reason}.", file=sys.stderr)
    return able
