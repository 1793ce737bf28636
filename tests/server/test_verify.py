"""/verify on the real server: both ways in say the same, and nobody is let in by what is no longer true."""

import contextlib
import json
import os
import socket
import time
import uuid

import pytest

from console.worker import HEADER_SECONDS
from tests.server.asking import Connection, call, question

pytestmark = pytest.mark.server

PROMISE = 1.0  # seconds until another node refuses; measured are milliseconds


@pytest.fixture(scope="module")
def keys(server):
    name = f"Askers {uuid.uuid4().hex[:6]}"
    return json.loads(server.manage("createorg", name, "--admin", f"{name[-6:]}@askers.example", "--keys"))


@pytest.fixture
def node(server, tmp_path):
    """A second gunicorn on the same database, with a folder of its own, as on another machine."""
    other = server.beside(tmp_path)
    other.start()
    yield other
    other.stop()


@contextlib.contextmanager
def connections(url, count=8):
    """So many open connections that every worker has some."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Connection(url)) for _ in range(count)]


KEY = "{api_key}"
SAME = {
    "good": question("/verify", {"DD-API-KEY": KEY}),
    "below": question("/verify;accept=api_key/api/v2/series?x=1", {"DD-API-KEY": KEY}),
    "post": question("/verify", {"DD-API-KEY": KEY, "Content-Length": "0"}, "POST"),
    "none": question("/verify"),
    "unknown": question("/verify", {"DD-API-KEY": "0" * 32}),
    "two in two headers": question("/verify", {"DD-API-KEY": KEY, "DD-APPLICATION-KEY": "{application_key}"}),
    "two in one header": question("/verify", [("DD-API-KEY", KEY), ("DD-API-KEY", "0" * 32)]),
    "ten": question("/verify", [("DD-API-KEY", KEY)] * 10),
    "of 10 KB": question("/verify", {"DD-API-KEY": "a" * 8000}),
    "not UTF-8": question("/verify", {"DD-API-KEY": "\xff" * 32}),
    "wrong kind": question("/verify?accept=client_token", {"DD-API-KEY": KEY}),
    "wrong organization": question(f"/verify?organization={uuid.uuid4()}", {"DD-API-KEY": KEY}),
    "missing scope": question("/verify?scope=dashboards_read", {"DD-API-KEY": KEY}),
    "unknown scope": question("/verify?scope=nope", {"DD-API-KEY": KEY}),
    "in a query": question("/verify/v1/input?api_key=" + KEY),
    "percent": question("/verify%3Baccept=client_token/x", {"DD-API-KEY": KEY}),
    "seventy headers": question("/verify", [("DD-API-KEY", KEY), *((f"X-{n}", "y") for n in range(70))]),
    "a long address": question("/verify/" + "a" * 9000, {"DD-API-KEY": KEY}),
}


@pytest.mark.parametrize("name", SAME)
def test_a_question_in_one_piece_and_one_in_two_have_the_same_answer(name, server, keys):
    data = SAME[name].replace(b"{api_key}", keys["api_key"].encode())
    data = data.replace(b"{application_key}", keys["application_key"].encode())
    with Connection(server.url) as whole, Connection(server.url) as halved:
        whole.send(data)
        halved.send(data[:9])
        time.sleep(0.05)
        halved.send(data[9:])
        one, other = whole.answer(), halved.answer()

    said = [
        (status, body, {name: value for name, value in headers.items() if name.startswith(("x-", "www", "retry"))})
        for status, headers, body in (one, other)
    ]
    assert said[0] == said[1]
    assert keys["api_key"].encode() not in one[2]


def test_the_whole_piece_does_take_the_short_way(server, keys):
    with Connection(server.url) as connection:
        connection.send(question("/verify", {"DD-API-KEY": keys["api_key"]}))

        assert "server" not in connection.answer()[1]


def test_several_at_once_on_one_connection_are_answered_in_their_order(server, keys):
    good, bad = question("/verify", {"DD-API-KEY": keys["api_key"]}), question("/verify", {"DD-API-KEY": "0" * 32})
    with Connection(server.url) as connection:
        connection.send(good)
        connection.answer()
        connection.send(good + bad + good)

        assert [connection.answer()[0] for _ in range(3)] == [200, 401, 200]


def test_after_a_question_the_connection_may_carry_anything_else(server, keys):
    with Connection(server.url) as connection:
        first = connection.status(keys["api_key"])
        connection.send(question("/verifications"))
        other = connection.answer()[0]
        last = connection.status(keys["api_key"])

    assert (first, other, last) == (200, 405, 200)


def test_what_is_sent_before_the_answer_is_answered_after_it(server, keys):
    """An unknown text has to be looked up; a good one that follows is remembered, and must not overtake it."""
    good = question("/verify", {"DD-API-KEY": keys["api_key"]})
    with Connection(server.url) as connection:
        connection.status(keys["api_key"])
        said = []
        for turn in range(50):
            connection.send(question("/verify", {"DD-API-KEY": uuid.uuid4().hex}))
            time.sleep(turn / 200_000)  # at one of these it has arrived, and is not answered yet
            connection.send(good)
            said.append([connection.answer()[0] for _ in range(2)])

    assert said == [[401, 200]] * 50


def test_who_wants_the_connection_closed_gets_that(server, keys):
    with Connection(server.url) as connection:
        connection.send(question("/verify", {"DD-API-KEY": keys["api_key"], "Connection": "close"}))
        assert connection.answer()[0] == 200
        begun = time.monotonic()
        with pytest.raises(ConnectionResetError):
            connection.answer()

    assert time.monotonic() - begun < 5


@pytest.mark.patience
def test_a_connection_that_keeps_asking_is_kept(server, keys):
    with Connection(server.url) as connection:
        first = connection.status(keys["api_key"])
        time.sleep(HEADER_SECONDS + 1)  # by then a connection must have asked for something

        assert (first, connection.status(keys["api_key"])) == (200, 200)


@pytest.mark.parametrize("target", ["/verify%3Baccept=client_token/x", "/verify;accept%3Dclient_token/x"])
def test_a_route_is_read_however_a_gateway_spells_it(target, server, keys):
    with Connection(server.url) as connection:
        assert connection.status(keys["api_key"], target) == 403


@pytest.mark.parametrize("address", ["/verifyx", "/verify.json", "/verify-it"])
def test_what_only_begins_like_the_door_is_not_the_door(address, server, keys):
    with Connection(server.url) as connection:
        assert connection.status(keys["api_key"], address) == 404


def test_head_has_no_body_and_an_old_client_is_answered_and_let_go(server, keys):
    header = {"DD-API-KEY": keys["api_key"]}
    with Connection(server.url) as connection:
        connection.send(question("/verify", header, "HEAD") + question("/verify", header))
        assert connection.answer(has_body=False)[0] == connection.answer()[0] == 200
    with Connection(server.url) as connection:
        connection.send(question("/verify", header).replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert connection.answer()[0] == 200
        with pytest.raises(ConnectionResetError):
            connection.answer()


def made_key(server, keys, name):
    return call(server, "POST", "/api/v2/api_keys", keys, {"type": "api_keys", "attributes": {"name": name}})


def test_a_revoked_key_is_refused_by_every_worker_from_the_next_question_on(server, keys):
    with connections(server.url) as asked:
        for turn in range(20):
            made = made_key(server, keys, f"turn {turn} {uuid.uuid4().hex[:6]}")
            text = made["attributes"]["key"]
            before = {one.status(text) for one in asked}
            call(server, "DELETE", f"/api/v2/api_keys/{made['id']}", keys)

            assert (before, {one.status(text) for one in asked}) == ({200}, {401})


def test_on_another_node_it_is_refused_within_the_promise(server, node, keys):
    with Connection(node.url) as asked:
        for turn in range(20):
            made = made_key(server, keys, f"node {turn} {uuid.uuid4().hex[:6]}")
            text = made["attributes"]["key"]
            assert asked.status(text) == 200
            call(server, "DELETE", f"/api/v2/api_keys/{made['id']}", keys)
            begun = time.perf_counter()
            while asked.status(text) == 200:
                assert time.perf_counter() - begun < PROMISE


def scoped(server, keys, scopes):
    data = {"type": "application_keys", "attributes": {"name": f"scoped {uuid.uuid4().hex[:6]}", "scopes": scopes}}
    return call(server, "POST", "/api/v2/current_user/application_keys", keys, data)


def status_of(connection, text, target):
    connection.send(question(target, {"DD-APPLICATION-KEY": text}))
    return connection.answer()[0]


def test_narrowed_scopes_are_seen_on_both_nodes(server, node, keys):
    made = scoped(server, keys, ["dashboards_read", "monitors_read"])
    text, target = made["attributes"]["key"], "/verify?scope=monitors_read"
    data = {"type": "application_keys", "id": made["id"], "attributes": {"scopes": ["dashboards_read"]}}
    with connections(server.url) as here, Connection(node.url) as there:
        assert {status_of(one, text, target) for one in [*here, there]} == {200}
        call(server, "PATCH", f"/api/v2/application_keys/{made['id']}", keys, data)

        assert {status_of(one, text, target) for one in here} == {403}
        assert soon(lambda: status_of(there, text, target) == 403)


def soon(is_so):
    deadline = time.monotonic() + PROMISE
    while time.monotonic() < deadline:
        if is_so():
            return True
    return False


def account(server, keys):
    """A service account with a custom role, and an application key of its."""
    role = {"type": "roles", "attributes": {"name": f"role {uuid.uuid4().hex[:6]}"}}
    permission = next(
        one for one in call(server, "GET", "/api/v2/permissions", keys) if one["attributes"]["name"] == "monitors_read"
    )
    granted = {"permissions": {"data": [{"type": "permissions", "id": permission["id"]}]}}
    role = call(server, "POST", "/api/v2/roles", keys, role | {"relationships": granted})
    name = uuid.uuid4().hex[:6]
    attributes = {"name": f"robot {name}", "email": f"{name}@askers.example", "service_account": True}
    held = {"roles": {"data": [{"type": "roles", "id": role["id"]}]}}
    data = {"type": "users", "attributes": attributes, "relationships": held}
    robot = call(server, "POST", "/api/v2/service_accounts", keys, data)
    key = {"type": "application_keys", "attributes": {"name": "its key"}}
    made = call(server, "POST", f"/api/v2/service_accounts/{robot['id']}/application_keys", keys, key)
    return role, permission, robot, made["attributes"]["key"]


def test_a_role_that_permits_less_is_seen_on_both_nodes(server, node, keys):
    role, permission, _robot, text = account(server, keys)
    target, data = "/verify?scope=monitors_read", {"type": "permissions", "id": permission["id"]}
    with connections(server.url) as here, Connection(node.url) as there:
        assert {status_of(one, text, target) for one in [*here, there]} == {200}
        call(server, "DELETE", f"/api/v2/roles/{role['id']}/permissions", keys, data)

        assert {status_of(one, text, target) for one in here} == {403}
        assert soon(lambda: status_of(there, text, target) == 403)


def test_a_disabled_owner_is_seen_on_both_nodes(server, node, keys):
    _role, _permission, robot, text = account(server, keys)
    with connections(server.url) as here, Connection(node.url) as there:
        assert {status_of(one, text, "/verify") for one in [*here, there]} == {200}
        call(server, "DELETE", f"/api/v2/users/{robot['id']}", keys)

        assert {status_of(one, text, "/verify") for one in here} == {401}
        assert soon(lambda: status_of(there, text, "/verify") == 401)


TOKEN = """
import json
import os
import socket
from django.utils import timezone
from accounts.actors import Actor, ActorType
from accounts.models import Member
from keys import lifecycle
from keys.kinds import CLIENT_TOKEN
admin = Member.objects.select_related("organization").get(organization_id="{}", sort="user")
actor = Actor(organization_id=admin.organization_id, type=ActorType.USER, id=str(admin.id), label=admin.name,
              permissions=admin.permissions, now=timezone.now())
print(json.dumps(lifecycle.issue(CLIENT_TOKEN, name="browser", by=actor).secret.text))
"""
ENDED = """
from django.utils import timezone
from keys.models import KindSwitch
KindSwitch.objects.create(organization_id="{}", kind="client_token", off_at=timezone.now())
"""


def test_an_ended_beta_is_seen_on_both_nodes_even_when_no_process_was_told(server, node, keys):
    """By a row from a shell: only the database knows."""
    with Connection(server.url) as here, Connection(node.url) as there:
        text = json.loads(server.manage("shell", "-c", TOKEN.format(keys["org_id"])).strip().splitlines()[-1])
        assert here.status(text) == there.status(text) == 200
        server.manage("shell", "-c", ENDED.format(keys["org_id"]))

        assert soon(lambda: here.status(text) == there.status(text) == 403)


def test_nothing_secret_is_logged_or_spooled(server, keys):
    text = keys["api_key"]
    with Connection(server.url) as connection:
        for target in (f"/verify/{text}", f"/verify/x?api_key={text}", f"/verify?scope={text}"):
            connection.status(text, target)
    kept = b"".join(file.read_bytes() for file in (server.data_dir / "usage").rglob("*") if file.is_file())

    assert text.encode() not in kept
    assert text not in server.log()


def test_who_does_not_read_the_answers_is_not_asked_for_more(server, keys):
    """What waits for a client is bounded by what is asked while it waits, which is nothing."""
    data = question("/verify", {"DD-API-KEY": keys["api_key"]})
    with Connection(server.url) as deaf:
        deaf._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf._socket.settimeout(0.5)
        taken = 0
        with contextlib.suppress(TimeoutError):
            for _ in range(60_000):
                deaf.send(data)
                taken += 1
                time.sleep(0 if taken % 100 else 0.001)

        assert taken < 60_000


RESTORE = """
import sqlite3
from django.db import connection
target = sqlite3.connect("{}")
connection.ensure_connection()
connection.connection.backup(target) if {} else target.backup(connection.connection)
"""


@pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="SQLite can be put back under a running server")
def test_after_a_restore_nothing_is_remembered_from_before(server, keys, tmp_path):
    copy = tmp_path / "copy.sqlite3"
    made, other = (made_key(server, keys, f"{name} {uuid.uuid4().hex[:6]}") for name in ("kept", "gone"))
    text = made["attributes"]["key"]
    server.manage("shell", "-c", RESTORE.format(copy, True))
    call(server, "DELETE", f"/api/v2/api_keys/{other['id']}", keys)
    with connections(server.url) as asked:
        before = {one.status(text) for one in asked}
        server.manage("shell", "-c", RESTORE.format(copy, False))
        call(server, "DELETE", f"/api/v2/api_keys/{made['id']}", keys)

        assert (before, {one.status(text) for one in asked}) == ({200}, {401})
