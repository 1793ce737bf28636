"""The first two addresses of the API: is this key good, may these act."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from keys import lifecycle
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN

pytestmark = pytest.mark.django_db

FORBIDDEN = (403, {"errors": ["Forbidden"]})


@pytest.fixture
def text_of(alice, robot, issue):
    """The text of a fresh credential of any kind."""
    return lambda kind: issue(kind, alice).secret.text


def validate(headers=None, **params):
    answer = Client().get("/api/v1/validate", params, headers=headers or {})
    return answer.status_code, answer.json()


def validate_keys(**headers):
    names = {"api": "DD-API-KEY", "app": "DD-APPLICATION-KEY", "bearer": "Authorization"}
    sent = {names[name]: f"Bearer {text}" if name == "bearer" else text for name, text in headers.items()}
    answer = Client().get("/api/v2/validate_keys", headers=sent)
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
    assert validate({"DD-API-KEY": text_of(kind)}) == FORBIDDEN


def test_a_revoked_key_is_forbidden_from_the_next_request_on(alice, issue, actor_of):
    issue(API_KEY, alice, name="the one that stays")
    made = issue(API_KEY, alice)
    lifecycle.revoke(made.credential.id, by=actor_of(alice))

    assert validate({"DD-API-KEY": made.secret.text}) == FORBIDDEN


def test_both_keys_together_may_act(text_of):
    assert validate_keys(api=text_of(API_KEY), app=text_of(APPLICATION_KEY)) == (200, {"status": "ok"})


def test_one_key_without_the_other_may_not(text_of):
    assert validate_keys(api=text_of(API_KEY)) == FORBIDDEN
    assert validate_keys(app=text_of(APPLICATION_KEY)) == FORBIDDEN
    assert validate_keys() == FORBIDDEN


def test_keys_of_two_organizations_do_not_go_together(text_of, charlie, issue):
    theirs = issue(API_KEY, charlie).secret.text

    assert validate_keys(api=theirs, app=text_of(APPLICATION_KEY)) == FORBIDDEN


@pytest.mark.parametrize("kind", [PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN], ids=str)
def test_a_token_acts_alone_by_either_header(kind, text_of):
    text = text_of(kind)

    assert validate_keys(app=text) == validate_keys(bearer=text) == (200, {"status": "ok"})


@pytest.mark.parametrize("kind", [API_KEY, APPLICATION_KEY, CLIENT_TOKEN], ids=str)
def test_nothing_but_a_token_is_a_bearer(kind, text_of):
    assert validate_keys(bearer=text_of(kind)) == FORBIDDEN


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic eDp5", "Bearer \xff\xfe", "bearer a b c"])
def test_a_header_that_makes_no_sense_is_forbidden(header):
    assert Client().get("/api/v2/validate_keys", headers={"Authorization": header}).status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/api/v1/validate", "/api/v2/validate_keys"])
def test_other_methods_are_refused_in_the_same_shape(method, path):
    answer = getattr(Client(enforce_csrf_checks=True), method)(path)

    assert (answer.status_code, answer.json()) == (405, {"errors": ["Method Not Allowed"]})


def test_a_session_counts_for_nothing_and_none_is_begun(alice, client_of):
    answer = client_of(alice).get("/api/v2/validate_keys")

    assert answer.status_code == 403
    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_key_is_judged_with_one_query(text_of):
    text = text_of(API_KEY)

    with CaptureQueriesContext(connection) as queries:
        validate({"DD-API-KEY": text})

    assert len(queries) == 1
