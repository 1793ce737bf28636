"""manage.py runserver: Django's own server, with the timed work beside it as under gunicorn."""

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.management.commands import runserver

from keys.ticker import Ticker


class Command(runserver.Command):
    def inner_run(self, *args: Any, **options: Any) -> None:
        """Serve; in the process that a reload ends and begins anew, so that the work is done by the code as it is."""
        if settings.TICK:
            Ticker().start()
        super().inner_run(*args, **options)
