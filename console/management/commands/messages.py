"""manage.py messages: bring the message catalogues up to date with the code and the templates."""

from typing import Any

from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand

from console.extraction import catalogue


class Command(BaseCommand):
    help = "Adds new messages to every language's catalogue and drops those no longer used."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        template = catalogue()
        for language, _name in settings.LANGUAGES:
            if language == settings.LANGUAGE_CODE:
                continue
            file = settings.LOCALE_PATHS[0] / language / "LC_MESSAGES" / "django.po"
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                file.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n')
            with file.open("rb") as source:
                known = read_po(source, locale=language)
            first_made = known.creation_date
            known.update(template, no_fuzzy_matching=True)
            known.creation_date = first_made  # a date that changes at every run would be all the difference
            known.obsolete.clear()
            with file.open("wb") as target:
                write_po(target, known, no_location=True, omit_header=False, sort_output=True, width=110)
            missing = sum(1 for message in known if message.id and not message.string)
            self.stdout.write(f"{language}: {len(known)} messages, {missing} to translate")
