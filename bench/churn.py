"""`python -m bench.churn PORT FIRST COUNT SECONDS`: revokes 5 of those keys a second, by the verb that the console
uses, and asks the server about each at once. Begins at a line on its input; ends with a line of JSON."""

import http.client
import json
import sys
import time
import uuid
from collections.abc import Iterator
from itertools import islice

import django
from django.conf import settings
from django.utils import timezone

django.setup()

from accounts.models import Member
from keys import bootstrap, lifecycle

A_SECOND = 5
ASKED_AFTER = 4
"""How often each revoked key is tried, on connections of its own: each worker should get some."""


def main(port: int, first: int, count: int, seconds: float) -> None:
    """Spread over the keys from `first` on, so that no two follow each other in the questions."""
    pairs = list(_pairs(first, count))
    todo = pairs[:: max(1, count // max(1, round(seconds * A_SECOND)))]
    admin = Member.objects.get()
    print("ready", flush=True)
    sys.stdin.readline()
    begun, revoked, late = time.monotonic(), 0, 0
    for row_id, text in todo:
        time.sleep(max(0.0, begun + revoked / A_SECOND - time.monotonic()))
        if time.monotonic() - begun > seconds:
            break
        lifecycle.revoke(row_id, by=bootstrap.as_member(admin, now=timezone.now()))
        revoked += 1
        late += sum(_status(port, text) == 200 for _ in range(ASKED_AFTER))
    print(json.dumps({"revoked": revoked, "late": late, "asked": revoked * ASKED_AFTER}))


def _pairs(first: int, count: int) -> Iterator[tuple[uuid.UUID, str]]:
    with (settings.DATA_DIR / "ids.txt").open() as ids, (settings.DATA_DIR / "keys.txt").open() as texts:
        rows = [uuid.UUID(line.strip()) for line in islice(ids, first, first + count)]
        yield from zip(rows, (line.strip() for line in islice(texts, first, first + count)), strict=True)


def _status(port: int, text: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/verify", headers={"DD-API-KEY": text})
        return connection.getresponse().status
    finally:
        connection.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
