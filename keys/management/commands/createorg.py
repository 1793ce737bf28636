"""manage.py createorg: a real first organisation, for people and for infrastructure that bootstraps itself."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.refusals import NotAllowed
from keys import bootstrap

ARGUMENTS = {"name": "NAME", "admin": "--admin", "": "--keys"}


class Command(BaseCommand):
    help = (
        "Creates an organization and its first admin, and prints one line of JSON: org_id, sign_in_link and, with"
        " --keys, api_key and application_key the one time they are made. Safe to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the organization's name")
        parser.add_argument("--admin", metavar="EMAIL", required=True, help="the first admin's e-mail address")
        parser.add_argument("--keys", action="store_true", help="also make an API key and an application key")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            day = bootstrap.create_organization(
                name=options["name"],
                admin_email=options["admin"],
                with_keys=options["keys"],
                now=timezone.now(),
            )
        except NotAllowed as refusal:
            raise CommandError(f"{ARGUMENTS.get(refusal.field, refusal.field)}: {refusal}") from None
        line = {"org_id": str(day.organization.id), "sign_in_link": day.sign_in_link}
        line |= {kind.value: secret.text for kind, secret in day.secrets.items()}
        self.stdout.write(json.dumps(line))
