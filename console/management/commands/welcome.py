"""manage.py welcome: where the console is and, for the demo, how to sign in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from keys import demo


class Command(BaseCommand):
    help = "Prints the address and, where the demo organisation exists, its sign-ins."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"\n  Keyhouse: http://{settings.HOST}:{settings.PORT}\n")
        if demo.exists():
            self.stdout.write(f"  Demo sign-ins, all with the password “{demo.PASSWORD}”:\n")
            for email, role in demo.SIGN_INS:
                self.stdout.write(f"    {email:<32} {role}")
        self.stdout.write("")
