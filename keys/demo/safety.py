"""What leaked in the demo, what was done about it, and who is told."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta

from accounts.actors import Actor
from accounts.models import Member
from keys import lifecycle, policies
from keys.kinds import APPLICATION_KEY, PERSONAL_ACCESS_TOKEN, Kind, Rule
from keys.models import Leak, LeakAction, Policy, Step, Way
from keys.policies import Terms
from keys.safety import contacts, github, leaks
from keys.safety.matches import Match

_REPOSITORY = (
    "https://github.com/acme-robotics/hackathon/blob/8f14e45fceea167a5a36dedd4bea2543c0ffee10/export/settings.py"
)
_GIST = "https://gist.github.com/emma-rossi/5f2b7c1d9a"


def _leaked(kind: Kind, name: str, scopes: list[str], place: str, source: str) -> Callable[[Actor], None]:
    """Somebody makes one for themselves, and three hours later GitHub finds it."""

    def step(by: Actor) -> None:
        owner = Member.objects.get(pk=by.id)
        end = by.now + timedelta(days=90) if kind.expiry is Rule.REQUIRED else None
        made = lifecycle.issue(kind, name=name, owner=owner, scopes=scopes, expires_at=end, by=by)
        reporter = leaks.Reporter(way=Way.GITHUB, name=github.NAME, now=by.now + timedelta(hours=3))
        leaks.accept([Match(made.secret.text, place, source)], reporter=reporter)

    return step


def _quarantine_asked_for(by: Actor) -> None:
    policy: Policy = policies.of(by.organization, PERSONAL_ACCESS_TOKEN)
    terms = {field.name: getattr(policy, field.name) for field in dataclasses.fields(Terms)}
    policies.change(PERSONAL_ACCESS_TOKEN, Terms(**terms | {"leak_action": LeakAction.QUARANTINE}), by=by)


def _contacts_named(by: Actor) -> None:
    contacts.change(primary="security@acme.example", secondary="noah.kim@acme.example", by=by)


def _done(name: str, step: Step) -> Callable[[Actor], None]:
    return lambda by: _ignored(leaks.do(_leak(name, by).pk, step, by=by))


def _closed(name: str, note: str) -> Callable[[Actor], None]:
    return lambda by: _ignored(leaks.close(_leak(name, by).pk, note=note, by=by))


def _ignored(_leak: Leak) -> None:
    return None


def _leak(name: str, by: Actor) -> Leak:
    return Leak.objects.of(by.organization).get(credential__name=name)


STEPS: tuple[tuple[float, str, Callable[[Actor], None]], ...] = (
    (201.4, "Aiko Tanaka", _contacts_named),
    (150.3, "Aiko Tanaka", _quarantine_asked_for),
    (
        47.6,
        "Emma Rossi",
        _leaked(APPLICATION_KEY, "conference-demo", ["dashboards_read"], _GIST, "gist_content"),
    ),
    (47.4, "Aiko Tanaka", _done("conference-demo", Step.LOOKED)),
    (47.3, "Aiko Tanaka", _done("conference-demo", Step.SEARCHED)),
    (
        46.8,
        "Aiko Tanaka",
        _closed("conference-demo", "Nobody had used it. The slides show a made-up key now."),
    ),
    (6.4, "Noah Kim", _leaked(APPLICATION_KEY, "hackathon-export", ["logs_read_data"], _REPOSITORY, "commit")),
    (6.1, "Aiko Tanaka", _done("hackathon-export", Step.LOOKED)),
    (
        1.7,
        "Camille Laurent",
        _leaked(
            PERSONAL_ACCESS_TOKEN,
            "wiki-import",
            ["notebooks_read"],
            "https://github.com/acme-robotics/docs/issues/212",
            "issue_comment",
        ),
    ),
)
