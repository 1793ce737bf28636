"""Fifty programs at once, over HTTP, against the real server: one Idempotency-Key, one limit, one rate."""

import json
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

pytestmark = pytest.mark.server

PARALLEL = 50


@pytest.fixture(scope="module")
def keys(server):
    made = json.loads(server.manage("createorg", "Crowd", "--admin", "ada@crowd.example", "--keys"))
    return {"DD-API-KEY": made["api_key"], "DD-APPLICATION-KEY": made["application_key"]}


def post(server, keys, name, **headers):
    body = json.dumps({"data": {"type": "application_keys", "attributes": {"name": name}}}).encode()
    address = f"{server.url}/api/v2/current_user/application_keys"
    headers = keys | {"Content-Type": "application/json"} | headers
    request = urllib.request.Request(address, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def listed(server, keys, name):
    address = f"{server.url}/api/v2/current_user/application_keys?filter={name}"
    with urllib.request.urlopen(urllib.request.Request(address, headers=keys), timeout=60) as answer:
        return json.load(answer)["meta"]["page"]["total_filtered_count"]


def at_once(ask):
    with ThreadPoolExecutor(PARALLEL) as crowd:
        return list(crowd.map(ask, range(PARALLEL)))


def test_fifty_equal_posts_with_one_idempotency_key_are_one_key_and_fifty_equal_answers(server, keys):
    answers = at_once(lambda _n: post(server, keys, "once", **{"Idempotency-Key": "e7c1"}))

    assert Counter(status for status, _body in answers) == {201: PARALLEL}
    assert len({body for _status, body in answers}) == 1
    assert listed(server, keys, "once") == 1


def test_fifty_equal_posts_without_one_are_one_key_and_forty_nine_refusals(server, keys):
    answers = at_once(lambda _n: post(server, keys, "twice"))

    assert Counter(status for status, _body in answers) == {201: 1, 400: PARALLEL - 1}
    assert listed(server, keys, "twice") == 1


def test_nothing_broke(server, keys):
    assert "holds" in server.manage("verify_audit")
    assert "Traceback" not in server.log()
    assert "is locked" not in server.log()
