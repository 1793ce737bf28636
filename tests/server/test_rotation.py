"""From one key to the next, over HTTP, against the real server: without a gap, at a full quota, fifty at once."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from keys.kinds import API_KEY, KINDS, Rule
from tests.server.asking import Connection
from tests.server.visitor import Visitor

pytestmark = pytest.mark.server

PASSWORD = "one key after the other"
PARALLEL = 50


@pytest.fixture(scope="module")
def ada(server):
    made = json.loads(server.manage("createorg", "Rotators", "--admin", "ada@rotators.example"))
    newcomer = Visitor(server.url)
    newcomer.get(made["sign_in_link"].removeprefix(server.url))
    newcomer.post(made["sign_in_link"].removeprefix(server.url), name="Ada", password=PASSWORD)
    page = newcomer.get("/service-accounts/new/").text
    roles = re.search(r'name="roles" value="([^"]+)"', page)[1]
    answer = newcomer.post("/service-accounts/new/", name="deploy", email="deploy@rotators.example", roles=roles)
    assert answer.status == 303, answer.text
    return newcomer


def secret_in(answer):
    """The one secret that an answer shows."""
    assert answer.status == 200, answer.text
    return re.search(r'id="issued-text"[^>]*>([^<]+)<', answer.text)[1]


def create(visitor, kind, name):
    """A new one by the form of its kind: its secret, and where its page is."""
    page = visitor.get(f"/apis/{kind.slug}/new/").text
    fields = {"name": name}
    if not kind.belongs_to_organization:
        fields["owner"] = re.search(r'name="owner" value="([^"]+)"', page)[1]
    if kind.scopes is not Rule.NONE:
        fields["scopes"] = "dashboards_read"
    if kind.expiry is not Rule.NONE:
        fields["expires"] = "30"
    secret = secret_in(visitor.post(f"/apis/{kind.slug}/new/", **fields))
    listed = visitor.get(f"/apis/{kind.slug}/?q={name}").text
    return secret, re.search(rf"/apis/{kind.slug}/[0-9a-f-]{{36}}/", listed)[0]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_program_goes_over_to_the_new_one_without_a_gap(kind, ada, server):
    if kind is API_KEY:
        for number in range(4):
            create(ada, kind, f"other-{number}")
    old, path = create(ada, kind, "payments")
    with Connection(server.url) as program:
        assert program.status(old) == 200

        new = secret_in(ada.post(f"{path}rotate/", overlap="first_use"))
        assert (program.status(old), program.status(new)) == (200, 200)

        assert ada.post(f"{path}finish/", confirm="payments").status == 303
        assert (program.status(old), program.status(new)) == (401, 200)


def test_of_fifty_who_rotate_one_key_at_once_one_does(ada, server):
    _secret, path = create(ada, KINDS[-1], "crowded")
    with ThreadPoolExecutor(PARALLEL) as crowd:
        answers = list(crowd.map(lambda _: ada.post(f"{path}rotate/", overlap="24h"), range(PARALLEL)))

    assert Counter(answer.status for answer in answers)[200] == 1
    assert set(Counter(answer.status for answer in answers)) <= {200, 409, 422}


def test_nothing_broke(ada, server):
    assert "holds" in server.manage("verify_audit")
    assert "Traceback" not in server.log()
