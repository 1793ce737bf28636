"""A server does the timed work by itself, and says when it last did."""

import json
import time
import urllib.request

import pytest

pytestmark = [pytest.mark.server, pytest.mark.patience]


def health(server):
    with urllib.request.urlopen(f"{server.url}/healthz", timeout=5) as answer:
        return json.loads(answer.read())


def test_it_has_been_done_soon_after_the_start(server):
    deadline = time.monotonic() + 30
    while not health(server)["tick"]["last_run"] and time.monotonic() < deadline:
        time.sleep(0.2)

    found = health(server)
    assert (found["status"], found["database"]) == ("ok", "ok")
    assert found["tick"]["last_run"]
    assert not found["tick"]["late"]
    assert found["tick"]["failing"] == []
