"""manage.py prepare: everything between a fresh checkout and a running server. Safe to run again and again."""

import os
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from accounts.models import Organization


class Command(BaseCommand):
    help = "Migrates, compiles the message catalogues, collects static files, and seeds the demo when DEMO is set."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        os.umask(0o077)  # what is written from here on is its owner's alone
        write_ahead()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        for catalogue in settings.LOCALE_PATHS[0].glob("*/LC_MESSAGES/*.po"):
            compile_catalogue(catalogue)
        call_command("collectstatic", verbosity=0, interactive=False)
        if settings.DEMO and not Organization.objects.exists():
            call_command("seed_demo")


def write_ahead() -> None:
    """Put a SQLite file into WAL mode, once: each connection setting it for itself fails some of them."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")


def compile_catalogue(source: Path) -> None:
    """Write the .mo file beside a .po file that is newer."""
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return
    with source.open("rb") as text, target.open("wb") as compiled:
        write_mo(compiled, read_po(text))
