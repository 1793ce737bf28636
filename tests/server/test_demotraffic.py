"""manage.py demotraffic against the real server: every question is answered as it must be, time after time."""

import csv
import io
import json
import time
from collections import Counter

import pytest

from tests.server.visitor import Visitor

pytestmark = pytest.mark.server

LIVE = """
from keys.models import Credential
found = Credential.objects.live().filter(name__startswith="demo-traffic")
print(*sorted(found.values_list("name", flat=True)), sep=",")
"""


def traffic(server):
    return json.loads(server.manage("demotraffic", "--seconds", "2", "--rate", "50").splitlines()[-1])


def test_every_answer_is_the_one_that_is_due_and_running_it_again_takes_no_more_room(server):
    first, second = traffic(server), traffic(server)

    for said in (first, second):
        assert set(said) == {"sent", "valid", "unknown", "revoked", "wrong_kind", "missing_scope"}
        assert said["sent"] == sum(said.values()) - said["sent"] > 50
    live = server.manage("shell", "-v", "0", "-c", LIVE).strip()
    assert live == "demo-traffic agent,demo-traffic deploy,demo-traffic notebook,demo-traffic web"


def on_the_page(visitor):
    """How often there was each outcome, by the organisation's usage of the last day."""
    rows = csv.DictReader(io.StringIO(visitor.get("/usage/export.csv?period=24h").text.lstrip("\ufeff")))
    counts = Counter()
    for row in rows:
        counts[row["outcome"]] += int(row["count"])
    return counts


def test_the_numbers_on_the_page_are_the_numbers_sent(server):
    visitor = Visitor(server.url)
    visitor.sign_in("aiko.tanaka@acme.example", "keyhouse demo password")
    before = on_the_page(visitor)
    said = traffic(server)
    said.pop("sent")

    deadline = time.monotonic() + 10
    while on_the_page(visitor) - before != Counter(said) and time.monotonic() < deadline:
        time.sleep(0.2)

    assert on_the_page(visitor) - before == Counter(said)
