"""manage.py seed_demo: the made-up organisations to look around in. Safe to run again."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from keys import demo


class Command(BaseCommand):
    help = "Makes the demo organizations Acme Robotics and Globex, unless they exist."

    def handle(self, *args: Any, **options: Any) -> None:
        made = demo.seed(now=timezone.now())
        if options["verbosity"]:
            self.stdout.write("The demo is ready." if made else "The demo was there already.")
