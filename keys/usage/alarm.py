"""Saying what is wrong without saying it a thousand times."""

import logging
import time

QUIET_SECONDS = 60.0


class Alarm:
    """Logs each message at most once a minute, however often it is raised."""

    def __init__(self, name: str) -> None:
        self._log = logging.getLogger(name)
        self._said: dict[tuple[str, object], float] = {}

    def __call__(self, message: str, *args: object, about: object = None, error: BaseException | None = None) -> None:
        """Log it as a warning, or with its error and where that came from. `message` is a constant that `args` fill
        in; `about` tells apart what is silenced apart."""
        now, key = time.monotonic(), (message, about)
        if now - self._said.get(key, -QUIET_SECONDS) < QUIET_SECONDS:
            return
        self._said = {other: at for other, at in self._said.items() if now - at < QUIET_SECONDS} | {key: now}
        self._log.log(logging.ERROR if error else logging.WARNING, message, *args, exc_info=error)
