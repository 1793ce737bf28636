"""The requests that credentials opened at the API, one by one."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from keys.models import Credential, Use
from keys.steps import clear_away
from keys.usage.observations import client_of, network_of

KEPT_FOR = timedelta(days=30)
PRECISION = timedelta(minutes=1)
"""How far behind `last_used_at` may be: it is not written at every request."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request that was made with credentials, as it is remembered: whether they were `good` for anything at all, and
    of the address only its network."""

    organization_id: uuid.UUID
    credential_id: uuid.UUID
    api_key_id: uuid.UUID | None
    at: datetime
    method: str
    route: str
    status: int
    good: bool
    client: str
    ip: str
    request_id: str


def record(request: Request) -> None:
    """Remember the request and, if they were good, that its credentials were used; now and then, forget what is older
    than KEPT_FOR.

    Not one transaction: whoever holds one credential must not wait for the other, for somebody may come the other way.
    """
    Use.objects.create(
        organization_id=request.organization_id,
        credential_id=request.credential_id,
        api_key_id=request.api_key_id,
        at=request.at,
        method=request.method,
        route=request.route[:128],
        status=request.status,
        client=request.client[:256],
        network=network_of(request.ip),
        request_id=request.request_id,
    )
    if request.good and _move_last_used(request):
        _forget(request)


def _move_last_used(request: Request) -> int:
    """How many of the request's credentials had not been used for PRECISION."""
    long_ago = Q(last_used_at__isnull=True) | Q(last_used_at__lt=request.at - PRECISION)
    presented = Credential.objects.filter(pk__in=[request.credential_id, *filter(None, [request.api_key_id])])
    stale = list(presented.filter(long_ago).values_list("pk", flat=True))
    return sum(Credential.objects.filter(long_ago, pk=pk).update(**_last_use(request)) for pk in stale)


def _last_use(request: Request) -> dict[str, Any]:
    came_from = {"last_used_client": client_of(request.client), "last_used_network": network_of(request.ip)}
    return {"last_used_at": request.at} | came_from


def _forget(request: Request) -> None:
    clear_away(Use.objects.filter(organization_id=request.organization_id).before(request.at - KEPT_FOR))
