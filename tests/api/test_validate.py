"""Is this API key good? What Agents ask before they send."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from keys import lifecycle
from keys.kinds import API_KEY, KINDS

pytestmark = pytest.mark.django_db

FORBIDDEN = (403, {"errors": ["Forbidden"]})


def forbidden(reason):
    return 403, {"errors": ["Forbidden", reason]}


@pytest.fixture
def text_of(alice, robot, issue):
    """The text of a fresh credential of any kind."""
    return lambda kind: issue(kind, alice).secret.text


def validate(headers=None, **params):
    answer = Client().get("/api/v1/validate", params, headers=headers or {})
    return answer.status_code, answer.json()


def test_a_good_api_key_is_valid_in_the_header_and_in_the_query(text_of):
    text = text_of(API_KEY)

    assert validate({"DD-API-KEY": text}) == validate(api_key=text) == (200, {"valid": True})


def test_without_a_key_it_says_so():
    assert validate() == validate(api_key="") == (403, {"errors": ["API key required"]})


@pytest.mark.parametrize("text", ["x", "0" * 32, "f" * 31, "é" * 32, "a" * 7000, "' OR 1=1 --", "\x00" * 32])
def test_a_bad_key_is_forbidden_and_never_an_error(text):
    assert validate(api_key=text) == FORBIDDEN


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not API_KEY], ids=str)
def test_no_other_kind_passes_for_an_api_key(kind, text_of):
    assert validate({"DD-API-KEY": text_of(kind)}) == forbidden("This kind of credential does not open this address.")


def test_a_revoked_key_is_forbidden_from_the_next_request_on(alice, issue, actor_of):
    issue(API_KEY, alice, name="the one that stays")
    made = issue(API_KEY, alice)
    lifecycle.revoke(made.credential.id, by=actor_of(alice))

    assert validate({"DD-API-KEY": made.secret.text}) == forbidden("This credential was revoked.")


def test_the_second_version_names_the_key_and_its_organization(alice, issue, acme):
    made = issue(API_KEY, alice)

    answer = Client().get("/api/v2/validate", headers={"DD-API-KEY": made.secret.text})

    attributes = {"valid": True, "api_key_id": str(made.credential.id), "api_key_scopes": []}
    assert answer.json() == {"data": {"type": "validate_v2", "id": str(acme.pk), "attributes": attributes}}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/api/v1/validate", "/api/v2/validate", "/api/v2/validate_keys"])
def test_other_methods_are_refused_in_the_same_shape(method, path):
    answer = getattr(Client(enforce_csrf_checks=True), method)(path)

    assert (answer.status_code, answer.json()) == (405, {"errors": ["Method Not Allowed"]})
    assert answer.headers["Allow"] == "GET, HEAD"


def test_a_session_counts_for_nothing_and_none_is_begun(alice, client_of):
    answer = client_of(alice).get("/api/v2/validate_keys")

    assert answer.status_code == 401
    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_key_is_judged_with_one_query_and_its_use_noted_with_few(text_of):
    text = text_of(API_KEY)
    validate({"DD-API-KEY": text})

    with CaptureQueriesContext(connection) as queries:
        validate({"DD-API-KEY": text})

    kinds = [query["sql"].split()[0] for query in queries]
    assert kinds == ["SELECT", "INSERT", "INSERT", "SELECT"]
