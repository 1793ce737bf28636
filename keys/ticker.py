"""What does the timed work beside a server's requests: one of the processes of all nodes, every minute.

It is done in a process of its own: a scan of ten thousand keys would take its time from those who ask meanwhile.
"""

import random
import subprocess
import sys
import threading

from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone

from keys import tick
from keys.usage.alarm import Alarm

FIRST_SECONDS = 3.0
STOP_SECONDS, END_SECONDS = 5.0, 4.0
LOOK_SECONDS = 0.2
COMMAND = (sys.executable, str(settings.BASE_DIR / "manage.py"), "tick", "--if-due")
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
        """End after what is being done, but wait no longer than STOP_SECONDS: its lease ends by itself."""
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
            if tick.is_due(timezone.now()):
                self._in_a_process()
        except Exception as error:
            _alarm("The timed work cannot be done.", error=error)

    def _in_a_process(self) -> None:
        """What fails there is in its log, and in the records; what is killed there begins anew."""
        with subprocess.Popen(COMMAND, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own command
            while process.poll() is None:
                if self._stop.wait(LOOK_SECONDS):
                    _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
