"""manage.py tick: all timed work that is due, once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from keys import tick


class Command(BaseCommand):
    help = "Does all timed work that is due: mails, webhooks and the rest. Run it every minute; twice at once is fine."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = []
        for result in tick.run(timezone.now):
            self.stdout.write(str(result))
            if result.error:
                failed.append(result.job)
        if failed:
            raise CommandError("failed: " + ", ".join(failed))
