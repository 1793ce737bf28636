"""What does the timed work beside a server's requests: one of the processes of all nodes, every minute."""

import random
import threading

from django.db import close_old_connections, connection
from django.utils import timezone

from keys import tick
from keys.usage.alarm import Alarm

FIRST_SECONDS = 3.0
STOP_SECONDS = 5.0
_alarm = Alarm(__name__)


class Ticker:
    """The thread of one process. Start it in the process that serves, after any fork."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tick", daemon=True)

    def start(self) -> None:
        """Begin. Once only."""
        self._thread.start()

    def stop(self) -> None:
        """End after the job that is being done, but wait no longer than STOP_SECONDS: its lease ends by itself."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        """Processes start together: each waits a little longer or shorter, so that they do not ask all at once."""
        every = tick.EVERY.total_seconds()
        pause = FIRST_SECONDS * (1 + random.random())  # noqa: S311 - nothing depends on its being unforeseen
        try:
            while not self._stop.wait(pause):
                self._tick()
                pause = every
        finally:
            connection.close()

    def _tick(self) -> None:
        close_old_connections()
        try:
            for _result in tick.run(timezone.now, unless_since=tick.EVERY / 2):
                if self._stop.is_set():
                    return
        except Exception as error:
            _alarm("The timed work cannot be done.", error=error)
