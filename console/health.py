"""/healthz: whether this node can do its work, for load balancers and monitors. No secrets, one query or two."""

from datetime import datetime

from django.db import DatabaseError
from django.http import JsonResponse

from keys import tick


def answer(now: datetime) -> JsonResponse:
    """200, or 503 where the database does not answer. Timed work that is late is told, and no reason to be taken out
    of service."""
    try:
        states = tick.states(now)
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "unavailable", "tick": None}, status=503)
    ended = [state.run.finished_at for state in states if state.run and state.run.finished_at]
    lags = [state.lag for state in states if state.lag is not None]
    told = {
        "last_run": max(ended).isoformat() if ended else None,
        "lag_seconds": int(max(lags).total_seconds()) if lags else None,
        "late": any(state.is_late for state in states),
        "failing": [state.job for state in states if state.has_failed],
    }
    return JsonResponse({"status": "ok", "database": "ok", "tick": told})
