"""Every request made with a credential is remembered with it, and so that nothing secret is."""

import dataclasses
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from keys import lifecycle
from keys.kinds import API_KEY, APPLICATION_KEY, PERSONAL_ACCESS_TOKEN
from keys.models import Credential, Use
from keys.usage import journal, observations, spool
from tests.api.conftest import NOBODY

pytestmark = pytest.mark.django_db

KEYS = "/api/v2/api_keys"


def test_a_request_is_remembered_by_its_template(alice, pair, now):
    program = pair(alice)
    key = Credential.objects.get(kind=API_KEY)
    program.ask("GET", f"{KEYS}/{key.pk}", headers={"User-Agent": "probe/1.0"})

    use = Use.objects.get()

    assert (use.method, use.route, use.status) == ("GET", "/api/v2/api_keys/{api_key_id}", 200)
    assert (use.client, use.network) == ("probe/1.0", "127.0.0.0/24")
    assert use.credential.kind is APPLICATION_KEY
    assert use.api_key == key
    assert list(Use.objects.with_credential(key)) == [use]


def test_a_refused_request_is_remembered_with_the_credential_that_was_refused(alice, issue, actor_of, token):
    made = issue(PERSONAL_ACCESS_TOKEN, alice)
    lifecycle.revoke(made.credential.pk, by=actor_of(alice))
    NOBODY.ask("GET", KEYS, headers={"Authorization": f"Bearer {made.secret.text}"})

    assert [(use.credential, use.status) for use in Use.objects.all()] == [(made.credential, 403)]


def test_a_refused_use_is_no_last_use(alice, issue, actor_of):
    made = issue(PERSONAL_ACCESS_TOKEN, alice)
    lifecycle.revoke(made.credential.pk, by=actor_of(alice))
    NOBODY.ask("GET", KEYS, headers={"Authorization": f"Bearer {made.secret.text}"})

    assert Credential.objects.get(pk=made.credential.pk).last_used_at is None


def test_a_revoked_key_cannot_fill_the_table(alice, issue, actor_of):
    made = issue(PERSONAL_ACCESS_TOKEN, alice)
    lifecycle.revoke(made.credential.pk, by=actor_of(alice))
    for _ in range(65):
        NOBODY.ask("GET", KEYS, headers={"Authorization": f"Bearer {made.secret.text}"})

    assert 60 <= Use.objects.count() <= 61


def test_an_unknown_credential_leaves_nothing():
    NOBODY.ask("GET", KEYS, headers={"Authorization": "Bearer nonsense"})

    assert not Use.objects.exists()


def test_a_text_in_the_path_is_not_remembered(alice, pair, issue):
    program, made = pair(alice), issue(API_KEY, alice, name="by text")
    answer = program.get(f"/api/v1/api_key/{made.secret.text}")

    assert answer.status_code == 200
    assert Use.objects.get().route == "/api/v1/api_key/{key}"
    assert made.secret.text not in answer.content.decode()


def test_last_used_is_written_once_a_minute_and_for_both_keys(alice, pair, now):
    pair(alice).get(KEYS)
    first = dict(Credential.objects.values_list("pk", "last_used_at"))
    NOBODY.get(KEYS)

    assert len(first) == 2
    assert all(first.values())


def a_use(credential, at):
    return journal.Request(
        organization_id=credential.organization_id,
        credential_id=credential.pk,
        api_key_id=None,
        at=at,
        method="GET",
        route="/x",
        status=200,
        good=True,
        client="",
        ip="2001:db8:1:2::3",
        request_id="",
    )


def test_after_thirty_days_a_request_is_forgotten(alice, issue, now):
    credential = issue(API_KEY, alice).credential
    journal.record(a_use(credential, now - timedelta(days=31)))
    journal.record(a_use(credential, now))

    assert [use.at for use in Use.objects.all()] == [now]
    assert Use.objects.get().network == "2001:db8:1::/48"


def test_a_use_says_where_the_credential_was_used_last(alice, issue, now):
    credential = issue(API_KEY, alice).credential
    journal.record(dataclasses.replace(a_use(credential, now), client="curl/8.17.0"))

    credential.refresh_from_db()
    assert (credential.last_used_client, credential.last_used_network) == ("curl", "2001:db8:1::/48")


def test_use_within_the_minute_leaves_last_used_alone(alice, issue, now):
    credential = issue(API_KEY, alice).credential
    journal.record(a_use(credential, now))
    journal.record(a_use(credential, now + timedelta(seconds=30)))

    assert Credential.objects.get(pk=credential.pk).last_used_at == now


def test_no_credential_is_held_while_the_other_is_waited_for(alice, issue, now):
    """Two programs with the same two credentials would otherwise wait for each other."""
    sender, acting = issue(API_KEY, alice).credential, issue(APPLICATION_KEY, alice).credential
    with CaptureQueriesContext(connection) as queries:
        journal.record(dataclasses.replace(a_use(acting, now), api_key_id=sender.pk))

    said = [query["sql"] for query in queries]
    moved = [place for place, sql in enumerate(said) if sql.startswith("UPDATE")]
    assert len(moved) == 2
    assert not any(sql.startswith(("SAVEPOINT", "BEGIN")) for sql in said[: moved[1]])
    assert set(Credential.objects.filter(last_used_at=now)) == {sender, acting}


def test_a_database_that_cannot_remember_does_not_take_the_answer_back(alice, pair, monkeypatch):
    def full(*_args):
        raise DatabaseError

    monkeypatch.setattr("keys.usage.journal.record", full)

    assert pair(alice).get(KEYS).status_code == 200


def test_both_credentials_of_a_request_are_counted_before_it_is_answered(alice, pair, settings, tmp_path):
    settings.USAGE_DIR = tmp_path / "usage"
    pair(alice).ask("GET", KEYS, headers={"User-Agent": "probe/1.0"})

    (file,) = (tmp_path / "usage" / "spool").iterdir()
    seen = [observations.parsed(line) for line in next(spool.frames(file.read_bytes())).lines.split(b"\n")]
    assert {one.credential_id for one in seen} == set(Credential.objects.values_list("pk", flat=True))
    assert {one[2:4] + one[5:] for one in seen} == {
        ("valid", "probe", KEYS, ("api_keys_read",)),
        ("valid", "probe", KEYS, ()),
    }


def test_a_request_that_cannot_be_counted_is_503_and_does_nothing(alice, pair, monkeypatch):
    def full(*_args, **_kwargs):
        raise spool.Full

    program, before = pair(alice), Credential.objects.count()
    monkeypatch.setattr(spool.Spool, "write", full)
    body = {"data": {"type": "api_keys", "attributes": {"name": "uncounted"}}}

    assert program.ask("POST", KEYS, body).status_code == 503
    assert Credential.objects.count() == before
