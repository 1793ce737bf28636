"""What is done with credentials that leaked, by the policy of their organisation."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accounts.actors import Actor
from keys import blocking, governance, lifecycle, policies
from keys.kinds import Kind
from keys.models import Acted, Credential, LeakAction

REASON = "leaked"
"""What the trail gives as the reason."""


@dataclass(frozen=True)
class Reaction:
    """What was done. `spared` if it would have been revoked, had it not been the last that must stay."""

    acted: Acted
    spared: bool = False


def to(credentials: Iterable[Credential], *, by: Actor) -> dict[uuid.UUID, Reaction]:
    """Quarantine or revoke each as the policy of its kind says, at once; what everybody can read anyway, and what is
    no longer good, stays as it is. For verbs that hold the organisation's lock."""
    found = list(credentials)
    actions = {kind: policy.leak_action for kind, policy in policies.all_of(by.organization).items()}
    spare = {kind: governance.to_spare(kind, by.organization) for kind in {one.kind for one in found}}
    return {one.pk: _react(one, actions, spare, by=by) for one in found}


def _react(
    credential: Credential, actions: Mapping[Kind, str], spare: dict[Kind, int | None], *, by: Actor
) -> Reaction:
    kind = credential.kind
    if credential.revoked_at or (credential.ends_at and credential.ends_at <= by.now):
        return Reaction(Acted.ENDED)
    if kind.is_public or actions[kind] == LeakAction.TELL:
        return Reaction(Acted.TOLD)
    left = None if credential.replaced_at else spare[kind]
    if actions[kind] == LeakAction.QUARANTINE or left == 0:
        if not blocking.is_in_quarantine(credential, now=by.now):
            blocking.block(credential, None, by=by, reason=REASON)
        return Reaction(Acted.QUARANTINED, spared=actions[kind] == LeakAction.REVOKE)
    if left is not None:
        spare[kind] = left - 1
    lifecycle.end(credential, by=by, reason=REASON)
    return Reaction(Acted.REVOKED)
