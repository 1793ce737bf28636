"""What becomes of the demo's keys: who looks after them, one that is being rotated, one that was revoked by mistake."""

import dataclasses
from collections.abc import Callable

from accounts.actors import Actor
from accounts.models import Member
from keys import blocking, editing, lifecycle, policies, rotation
from keys.kinds import API_KEY, CLIENT_TOKEN, Kind
from keys.models import Credential, Policy
from keys.ownership import Owned
from keys.policies import Terms
from keys.rotation import Overlap


def _owned(
    kind: Kind, name: str, *, team: str = "", environment: str = "", purpose: str = "", member: str = ""
) -> Callable[[Actor], None]:
    def step(by: Actor) -> None:
        member_id = Member.objects.of(by.organization).get(name=member).pk if member else None
        said = Owned(member_id=member_id, team=team, environment=environment, purpose=purpose)
        editing.assign(_credential(kind, name, by).pk, said, by=by)

    return step


def _owners_asked_for(by: Actor) -> None:
    policy: Policy = policies.of(by.organization, API_KEY)
    terms = {field.name: getattr(policy, field.name) for field in dataclasses.fields(Terms)}
    policies.change(API_KEY, Terms(**terms | {"owner_required": True}), by=by)


def _rotated(by: Actor) -> None:
    rotation.rotate(_credential(API_KEY, "payments-k8s-prod", by).pk, overlap=Overlap.WEEK, by=by)


def _blocked(by: Actor) -> None:
    blocking.brown_out(_credential(API_KEY, "laptop-dev", by).pk, by=by)
    blocking.lapse(by.now + blocking.BROWN_OUT)


def _made(by: Actor) -> None:
    owned = Owned(team="payments", environment="staging", purpose="Load test before the November sale")
    lifecycle.issue(API_KEY, name="loadtest-staging", owned=owned, by=by)


def _revoked(by: Actor) -> None:
    lifecycle.revoke(_credential(API_KEY, "loadtest-staging", by).pk, by=by, reason="The load test is over")


def _credential(kind: Kind, name: str, by: Actor) -> Credential:
    return Credential.objects.of(by.organization).of_kind(kind).live().get(name=name)


STEPS: tuple[tuple[float, str, Callable[[Actor], None]], ...] = (
    (306.2, "Jonas Weber", _owned(API_KEY, "laptop-dev", member="Jonas Weber", purpose="Agent on my laptop")),
    (
        172.3,
        "Aiko Tanaka",
        _owned(
            API_KEY,
            "terraform-monitors",
            member="terraform",
            team="platform",
            environment="prod",
            purpose="Monitors as code",
        ),
    ),
    (
        91.3,
        "Aiko Tanaka",
        _owned(
            API_KEY,
            "payments-k8s-prod",
            member="Camille Laurent",
            team="payments",
            environment="prod",
            purpose="Agents in the payments clusters",
        ),
    ),
    (
        85.1,
        "Noah Kim",
        _owned(
            API_KEY,
            "chef-onprem-paris",
            team="infrastructure",
            environment="paris",
            purpose="Agents in the Paris racks",
        ),
    ),
    (66.3, "Camille Laurent", _owned(CLIENT_TOKEN, "storefront-web", team="storefront", environment="prod")),
    (38.2, "Aiko Tanaka", _owners_asked_for),
    (12.2, "Noah Kim", _made),
    (2.9, "Noah Kim", _blocked),
    (2.3, "Noah Kim", _revoked),
    (1.3, "Aiko Tanaka", _rotated),
)
