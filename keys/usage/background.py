"""What runs beside a server's requests: bringing the spool to the disk, and draining it."""

import threading

from django.conf import settings

from keys.usage import spool
from keys.usage.alarm import Alarm
from keys.usage.drain import Drainer

SYNC_SECONDS = 0.1
"""What a loss of power may cost. A killed process costs nothing."""
STOP_SECONDS = 10.0
_alarm = Alarm(__name__)


class Background:
    """The two threads of one process. Start it in the process that serves, after any fork."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        drainer = Drainer(settings.USAGE_DIR, reserve=settings.USAGE_RESERVE)
        self._threads = [
            threading.Thread(target=self._sync, name="usage-sync", daemon=True),
            threading.Thread(target=drainer.run, args=[self._stop], name="usage-drain", daemon=True),
        ]

    def start(self) -> None:
        """Begin. Once only."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, within STOP_SECONDS, and bring what was written to the disk. What is not drained waits for the next."""
        self._stop.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS / len(self._threads))
        try:
            spool.current().close()
        except OSError as error:
            _alarm("The usage spool cannot be brought to the disk.", error=error)

    def _sync(self) -> None:
        while not self._stop.wait(SYNC_SECONDS):
            try:
                spool.current().sync()
            except OSError as error:
                _alarm("The usage spool cannot be brought to the disk.", error=error)
