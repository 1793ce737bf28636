"""`python -m bench.seed HOW_MANY`: fills a fresh Keyhouse with API keys, past its verbs and limits, as those would take
hours. Writes `keys.txt` and `ids.txt` into DATA_DIR, one a line, and `opening.json`, the headers that open the API."""

import json
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
from keys.kinds import API_KEY, APPLICATION_KEY
from keys.models import Credential, Limit

AT_ONCE = 2000


def main(how_many: int) -> None:
    """The organisation "Bench", keys that open its API, and so many API keys more."""
    now = timezone.now()
    day = bootstrap.create_organization(name="Bench", admin_email="ada@bench.example", with_keys=True, now=now)
    opening = {"DD-API-KEY": day.secrets[API_KEY].text, "DD-APPLICATION-KEY": day.secrets[APPLICATION_KEY].text}
    (settings.DATA_DIR / "opening.json").write_text(json.dumps(opening))
    limit = Limit.objects.filter(kind=API_KEY)
    limit.update(maximum=how_many + 1)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # no triggers, no look-up of each foreign key
            cursor.execute("SET session_replication_role = replica")
        _fill(how_many, day.organization, now)
        limit.update(live=how_many + 1)
        # What a database does by itself within the hour.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)")


def _fill(how_many: int, organization: Organization, now: datetime) -> None:
    with (settings.DATA_DIR / "keys.txt").open("w") as texts, (settings.DATA_DIR / "ids.txt").open("w") as ids:
        for start in range(0, how_many, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, how_many))
            Credential.objects.bulk_create([_minted(number, organization, now, texts, ids) for number in numbers])


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
