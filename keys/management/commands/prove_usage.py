"""manage.py prove_usage: read this node's usage events again and compare them with every count."""

import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from keys.usage import proof

_LINE = "{:<12}{:>14}{:>14}{:>14}{:>14}{:>14}"


class Command(BaseCommand):
    help = (
        "Checks that every usage record of the last days is counted once. The last line is JSON. Exit status 1 names"
        " the segments and days that do not add up."
    )

    def handle(self, *args: object, **options: object) -> None:
        found = proof.prove(settings.USAGE_DIR, now=timezone.now())
        self.stdout.write(_LINE.format("day", "events here", "segments", "by day", "by hour", "by minute"))
        for name, day in sorted(found.days.items()):
            counts = [day.rollups[what].total() for what in (proof.DAYS, proof.HOURS, proof.MINUTES)]
            self.stdout.write(_LINE.format(str(name), day.events.total(), day.counted, *counts))
        for problem in found.problems:
            self.stderr.write(problem)
        self.stdout.write(json.dumps(found.summary))
        if found.problems:
            raise CommandError(f"{len(found.problems)} place(s) where the usage counts do not add up.")
