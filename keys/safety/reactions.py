"""What is done with credentials that leaked, by the policy of their organisation."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

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

    def is_more_than(self, before: str) -> bool:
        """Whether this stops what was let in, or held back, before."""
        return self.acted in {Acted.QUARANTINED, Acted.REVOKED} and self.acted != before


def to(credentials: Iterable[Credential], *, by: Actor) -> dict[uuid.UUID, Reaction]:
    """Quarantine or revoke each as the policy of its kind says, at once; what everybody can read anyway, and what is
    no longer good, stays as it is. For verbs that hold the organisation's lock."""
    found = list(credentials)
    actions = {kind: policy.leak_action for kind, policy in policies.all_of(by.organization).items()}
    spare = {kind: governance.to_spare(kind, by.organization) for kind in {one.kind for one in found}}
    chosen = {one.pk: _choose(one, actions[one.kind], spare, now=by.now) for one in found}
    blocking.quarantine_all((one for one in found if chosen[one.pk].acted is Acted.QUARANTINED), by=by, reason=REASON)
    lifecycle.end_all((one for one in found if chosen[one.pk].acted is Acted.REVOKED), by=by, reason=REASON)
    return chosen


def _choose(credential: Credential, action: str, spare: dict[Kind, int | None], *, now: datetime) -> Reaction:
    """`spare` says of each kind how many may still be revoked, and is brought up to date."""
    kind = credential.kind
    if credential.revoked_at or (credential.ends_at and credential.ends_at <= now):
        return Reaction(Acted.ENDED)
    if kind.is_public or action == LeakAction.TELL:
        return Reaction(Acted.TOLD)
    if action == LeakAction.QUARANTINE:
        return Reaction(Acted.QUARANTINED)
    left = None if credential.replaced_at else spare[kind]
    if left == 0:
        return Reaction(Acted.QUARANTINED, spared=True)
    if left is not None:
        spare[kind] = left - 1
    return Reaction(Acted.REVOKED)
