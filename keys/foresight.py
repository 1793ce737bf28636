"""What a policy would mean for the credentials there are. It changes none of them: it says which would not fit."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from keys import rotation
from keys.models import Credential, Policy, Where


@dataclass(frozen=True)
class Consequences:
    """How many in use there are of the kind, and of these how many the policy finds something wrong with."""

    total: int
    overdue: int
    beyond: int
    unscoped: int
    unknown_owner: int


def consequences(policy: Policy, *, now: datetime) -> Consequences:
    """What the policy, saved or only proposed, would mean today. One query."""
    rules = {
        "overdue": rotation.rule_overdue({policy.kind: policy}, now),
        "beyond": _beyond(policy, now),
        "unscoped": Where.unscoped() if policy.scopes_required else Q(pk__in=[]),
        "unknown_owner": Where.unknown_owner() if policy.owner_required else Q(pk__in=[]),
    }
    found = Credential.objects.of(policy.organization_id).of_kind(policy.kind).where(rotation.rule_lasting(now))
    counted = {name: Count("pk", filter=rule) for name, rule in rules.items()}
    return Consequences(**found.where(Where.active(now)).aggregate(total=Count("pk"), **counted))


def _beyond(policy: Policy, now: datetime) -> Q:
    """Those that live on longer than a new one could."""
    if policy.longest_days is None:
        return Q(pk__in=[])
    return Q(expires_at__isnull=True) | Q(expires_at__gt=now + policy.longest)
