"""API keys that arrive from browsers: noted in a thread, so that nobody waits for a database or a mail server."""

import logging
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import DatabaseError, connection

from keys import exposure

log = logging.getLogger(__name__)

QUIET_SECONDS = 60.0
MOST_KEPT = 10_000


class Exposures:
    """Notes each key at most once in a while, however often it comes."""

    def __init__(self) -> None:
        self._noted: dict[uuid.UUID, float] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="exposure")

    def close(self) -> None:
        """End, without waiting: what has been begun is finished by its thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def note(self, credential_id: uuid.UUID, *, origin: str, ip: str, user_agent: str, now: datetime) -> None:
        """Have it written down that this key came from a page."""
        moment = time.monotonic()
        if moment - self._noted.get(credential_id, float("-inf")) < QUIET_SECONDS:
            return
        if len(self._noted) >= MOST_KEPT:
            self._noted.clear()
        self._noted[credential_id] = moment
        self._thread.submit(_note, credential_id, origin, ip, user_agent, now)


def _note(credential_id: uuid.UUID, origin: str, ip: str, user_agent: str, now: datetime) -> None:
    try:
        exposure.seen_in_browser(credential_id, origin=origin, ip=ip, user_agent=user_agent, now=now)
    except DatabaseError:
        log.exception("That the key %s was seen in a browser cannot be noted.", credential_id)
        connection.close()
    except Exception:
        log.exception("That the key %s was seen in a browser cannot be told.", credential_id)
