"""`python -m bench.rivals.seed HOW_MANY FILE`: migrates, makes keys, writes them one a line."""

import sys
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection

django.setup()

from rest_framework_api_key.models import APIKey


def main(how_many: int, file: Path) -> None:
    """So many keys by the package's own generator."""
    call_command("migrate", verbosity=0)
    keys = [APIKey(name=f"key {number}") for number in range(how_many)]
    file.write_text("".join(f"{APIKey.objects.assign_key(key)}\n" for key in keys))
    APIKey.objects.bulk_create(keys, batch_size=1000)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
