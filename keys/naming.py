"""Advice about the name of a new credential: who uses it, for what and where. Nothing is refused here, and nothing that
looks like a secret is ever repeated."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts import names
from keys.kinds import KINDS

LONGEST_PART = 40
MOST_READ = 1000
"""Characters of a name that are worth looking at."""
_COMMON = (
    "a abc access an api app application asdf bar client credential datadog default demo example foo key keys mine my"
    " name new none old one personal qwerty sample secret service some temp temporary test testing tests the thing tmp"
    " token tokens two untitled xxx"
)
_SAYING_NOTHING = frozenset(_COMMON.split())
_RANDOM = re.compile(r"[A-Za-z0-9+/=]{20,}")
_FOREIGN = re.compile(r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk_live_|AKIA|AIza|eyJ)[\w.-]{8,}")
_OWN = re.compile("|".join(rf"{kind.format.prefix}[0-9A-Za-z]{{12,}}" for kind in KINDS if "_" in kind.format.prefix))
LEAST_DIGITS = 3


class Advice(models.TextChoices):
    """What is to be said about a name."""

    SECRET = "secret", _("This looks like a key or a token. Names can be read by many: never put a secret in one.")
    NOTHING = (
        "nothing",
        _("This says little to whoever finds it next year. Say the team, the service and where it runs."),
    )
    PERSON = "person", _("This is somebody’s name. People move on: say what uses it instead.")


@dataclass(frozen=True)
class Hint:
    """What is to be said about a name, and a better one; either may be missing."""

    advice: Advice | None = None
    suggestion: str = ""


def hint(name: str, *, people: Iterable[str] = (), team: str = "", environment: str = "") -> Hint:
    """Advice about a name as typed so far. `people` are the names of members; from team and environment, where they are
    given, comes a name of the pattern team-service-environment."""
    advice = _advice(name, people)
    service = "" if advice else name
    suggestion = _suggestion(team, service, environment)
    return Hint(advice, "" if suggestion == names.key(name) else suggestion)


def looks_secret(text: str) -> bool:
    """Whether it could be the text of a credential: of one made here, or a long run of letters and digits."""
    if _OWN.search(text) or _FOREIGN.search(text):
        return True
    return any(sum(map(str.isdigit, run)) >= LEAST_DIGITS for run in _RANDOM.findall(text))


def _advice(name: str, people: Iterable[str]) -> Advice | None:
    if looks_secret(name):
        return Advice.SECRET
    if not name.strip():
        return None
    words = _words(name) - _SAYING_NOTHING
    if not words or max(map(len, words)) == 1:
        return Advice.NOTHING
    return Advice.PERSON if any(words <= _words(person) for person in people) else None


def _words(name: str) -> frozenset[str]:
    """Its words without numbers, as names are compared."""
    return frozenset(re.findall(r"[^\W\d_]+", names.key(name)))


def _suggestion(team: str, service: str, environment: str) -> str:
    """A name of the parts that are given and not said already; none without a team or an environment."""
    if not (team.strip() or environment.strip()) or any(map(looks_secret, (team, service, environment))):
        return ""
    first, middle, last = map(_part, (team, service, environment))
    said = middle.split("-")
    parts = [first if first not in said else "", middle, last if last not in said else ""]
    return "-".join(filter(None, parts))


def _part(text: str) -> str:
    return re.sub(r"[\W_]+", "-", names.key(text))[:LONGEST_PART].strip("-")
