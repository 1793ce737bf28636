"""manage.py tick: all timed work that is due, once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from keys import tick


class Command(BaseCommand):
    help = "Does all timed work that is due: mails, webhooks and the rest. Run it every minute; twice at once is fine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-due", action="store_true", help="leave out jobs that were begun just now")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = []
        for result in tick.run(timezone.now, unless_since=tick.LATELY if options["if_due"] else timedelta(0)):
            self.stdout.write(str(result))
            if result.error:
                failed.append(result.job)
        if failed:
            raise CommandError("failed: " + ", ".join(failed))
