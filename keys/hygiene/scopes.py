"""Which scopes credentials were used with.

Counted are the scopes that a good use was asked about: those a gateway names at /verify, and those an operation of the
API needs. Where it needs one of several, all of them count. A use that was not about any scope says nothing, and
would be let in with any other scopes too: narrowing a credential to what is counted breaks nothing that was counted.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Min

from audit import search
from audit.events import Event
from keys.models import Credential, Facet, UsageFacet
from keys.usage.observations import ELSEWHERE

FEW = 100
"""Credentials that are asked about one by one; of more, all that were counted are read."""


def used(
    credentials: Iterable[Credential], organization_id: uuid.UUID, *, since: datetime
) -> dict[uuid.UUID, set[str]]:
    """By credential, the scopes it was used with since then. Three queries.

    Left out is what nothing certain can be said of: credentials whose scopes were changed meanwhile, that were used
    with too many to be told apart, or never with any; and all of them if scopes have not been counted for that long.
    """
    counted = UsageFacet.objects.of(organization_id).filter(facet=Facet.SCOPE)
    began = counted.aggregate(began=Min("day"))["began"]
    if began is None or began > since.date():
        return {}
    changed = search.targets(Event.CREDENTIAL_SCOPES_CHANGED, organization_id=organization_id, since=since)
    wanted = {one.pk for one in credentials if str(one.pk) not in changed}
    if len(wanted) <= FEW:
        counted = counted.filter(credential_id__in=wanted)
    values: dict[uuid.UUID, set[str]] = defaultdict(set)
    rows = counted.filter(day__gte=since.date(), good__gt=0).values_list("credential_id", "value")
    for pk, value in rows.order_by().distinct():
        if pk in wanted:
            values[pk].add(value)
    return {pk: found for pk, found in values.items() if ELSEWHERE not in found}
