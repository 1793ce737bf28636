"""manage.py demotraffic against the real server: every question is answered as it must be, time after time."""

import json

import pytest

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
