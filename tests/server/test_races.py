"""Fifty at once, over HTTP, against the real server: the limit holds, and the last key stays."""

import csv
import io
import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.server.visitor import Visitor

pytestmark = pytest.mark.server

PASSWORD = "fifty racers at the gate"
PARALLEL = 50


@pytest.fixture(scope="module")
def racer(server):
    made = json.loads(server.manage("createorg", "Racers", "--admin", "ada@racers.example"))
    newcomer = Visitor(server.url)
    path = made["sign_in_link"].removeprefix(server.url)
    newcomer.get(path)
    answer = newcomer.post(path, name="Ada Racer", password=PASSWORD)
    assert answer.status in {302, 303}, answer.text[:500]
    newcomer.get("/apis/")
    return newcomer


def api_keys(visitor):
    rows = csv.DictReader(io.StringIO(visitor.get("/apis/export.csv").text.lstrip("\ufeff")))
    return [row for row in rows if row["kind"] == "api_key"]


def test_of_fifty_creators_exactly_five_succeed_and_of_fifty_revokers_one_key_survives(racer):
    with ThreadPoolExecutor(PARALLEL) as crowd:
        created = list(crowd.map(lambda n: racer.post("/apis/api-keys/new/", name=f"racer {n}"), range(PARALLEL)))
    assert Counter(answer.status for answer in created) == {200: 5, 422: PARALLEL - 5}
    keys = api_keys(racer)
    assert len(keys) == 5

    with ThreadPoolExecutor(PARALLEL) as crowd:
        paths = [f"/apis/api-keys/{keys[n % 5]['id']}/revoke/" for n in range(PARALLEL)]
        revoked = list(crowd.map(racer.post, paths))

    assert set(Counter(answer.status for answer in revoked)) <= {303, 409}
    assert Counter(answer.status for answer in revoked)[303] == 4
    assert len(api_keys(racer)) == 1


def test_a_double_click_creates_one_key_and_both_answers_show_the_same_secret(racer):
    racer.get("/apis/client-tokens/new/")
    nonce = "double-click-0123456789abcdef"

    with ThreadPoolExecutor(8) as crowd:
        answers = list(
            crowd.map(lambda _: racer.post("/apis/client-tokens/new/", name="double click", nonce=nonce), range(8))
        )

    secrets = {re.search(r'id="issued-text"[^>]*>([^<]+)<', answer.text)[1] for answer in answers}
    assert len(secrets) == 1
    assert {answer.status for answer in answers} == {200}


def test_the_audit_trail_and_the_log_are_sound_after_the_race(racer, server):
    assert "holds" in server.manage("verify_audit")
    log = server.log()
    assert "Traceback" not in log
    assert "is locked" not in log
