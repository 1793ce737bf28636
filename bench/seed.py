"""`python -m bench.seed HOW_MANY`: fills a fresh Keyhouse with API keys, past its verbs and limits, as those would take
hours. Writes `keys.txt` and `ids.txt` into DATA_DIR, one a line."""

import sys
import uuid
from datetime import datetime
from typing import TextIO

import django
from django.conf import settings
from django.db import connection
from django.utils import timezone

django.setup()

from accounts.models import Organization
from keys import bootstrap, minting
from keys.kinds import API_KEY
from keys.models import Credential, Limit

AT_ONCE = 2000


def main(how_many: int) -> None:
    """The organisation "Bench", its keys, and the limit row that their triggers would have counted."""
    now = timezone.now()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # no triggers, no look-up of each foreign key
            cursor.execute("SET session_replication_role = replica")
    day = bootstrap.create_organization(name="Bench", admin_email="ada@bench.example", with_keys=False, now=now)
    with (settings.DATA_DIR / "keys.txt").open("w") as texts, (settings.DATA_DIR / "ids.txt").open("w") as ids:
        for start in range(0, how_many, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, how_many))
            Credential.objects.bulk_create([_minted(number, day.organization, now, texts, ids) for number in numbers])
    Limit.objects.create(
        organization=day.organization, kind=API_KEY, maximum=how_many, keep_at_least=1, live=how_many, minimum=1
    )
    with connection.cursor() as cursor:  # what a database does by itself within the hour
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)")


def _minted(number: int, organization: Organization, now: datetime, texts: TextIO, ids: TextIO) -> Credential:
    row_id, pepper = uuid.uuid4(), minting.current_pepper()
    minted = minting.mint(API_KEY, row_id)
    texts.write(f"{minted.text}\n")
    ids.write(f"{row_id}\n")
    return Credential(
        id=row_id,
        organization=organization,
        kind=API_KEY,
        name=f"key {number}",
        name_key=f"key {number}",
        fingerprint=minting.fingerprint(API_KEY, minted.text, pepper=pepper),
        pepper=pepper,
        last4=minted.hint,
        created_at=now,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
