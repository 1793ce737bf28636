"""What no operation takes: each is refused with a status, in JSON, naming what was wrong. Never HTML, never 500."""

import gzip
import json
import zlib

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import decoding
from tests.api.conftest import NOBODY

pytestmark = pytest.mark.django_db

KEYS = "/api/v2/api_keys"
GOOD = {"data": {"type": "api_keys", "attributes": {"name": "web"}}}
TEXT = json.dumps(GOOD)


@pytest.fixture
def admin(alice, pair):
    return pair(alice)


def said(answer):
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, answer.json()["errors"][0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("nonsense", "not valid JSON"),
        (TEXT + "}", "not valid JSON"),
        (TEXT.replace('"web"', "NaN"), "NaN is not a JSON number"),
        (TEXT.replace('"web"', "-Infinity"), "-Infinity is not a JSON number"),
        ('{"data": 1, "data": 2}', "the property 'data' occurs twice"),
        (TEXT.replace('"name"', '"name": "x", "name"'), "the property 'name' occurs twice"),
        ("[" * 5000, "nested too deeply"),
        ("9" * 5000, "not valid JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (TEXT.replace("web", "\\ud800"), "not UTF-8"),
        ("null", "The body: Expected `object`, got `null`"),
        ("[]", "The body: Expected `object`, got `array`"),
        ("{}", "The body: Object missing required field `data`"),
        ('{"data": {}}', "data: Object missing required field"),
        (json.dumps(GOOD | {"owner": 1}), "Additional properties are not allowed ('owner' was unexpected) in The body"),
        (TEXT.replace('"name"', '"nom"'), "Additional properties are not allowed ('nom' was unexpected)"),
        (TEXT.replace('"web"', "7"), "data.attributes.name: Expected `str`, got `int`"),
        (TEXT.replace('"web"', '""'), "data.attributes.name: Expected `str` of length >= 1"),
        (TEXT.replace('"web"', '"   "'), "name: Enter a name."),
        (TEXT.replace('"web"', '"a\\u0000b"'), "name: Remove the invisible control characters."),
        (TEXT.replace("web", "x" * 129), "data.attributes.name: Expected `str` of length <= 128"),
        (TEXT.replace("api_keys", "apps"), "data.type: Invalid enum value 'apps'"),
    ],
)
def test_a_body_that_makes_no_sense_is_400_and_names_what(admin, body, words):
    status, message = said(admin.ask("POST", KEYS, body))

    assert status == 400
    assert words in message


@pytest.mark.parametrize("media", ["text/html", "application/x-www-form-urlencoded", "application/xml", "nonsense"])
def test_another_content_type_is_415(admin, media):
    assert said(admin.post(KEYS, GOOD, **{"Content-Type": media}))[0] == 415


@pytest.mark.parametrize(
    "media", ["application/json; charset=utf-8", "application/vnd.api+json", "text/json", "text/plain"]
)
def test_what_clients_call_json_is_taken(admin, media):
    assert admin.post(KEYS, GOOD, **{"Content-Type": media}).status_code == 201


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)], ids=["gzip", "deflate"]
)
def test_a_packed_body_is_unpacked(admin, encoding, pack):
    assert admin.ask("POST", KEYS, pack(TEXT.encode()), headers={"Content-Encoding": encoding}).status_code == 201


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", gzip.compress(b" " * 50_000_000), 413),
        ("gzip", gzip.compress(b" " * 65_537), 413),
        ("gzip", b"no gzip", 400),
        ("gzip", gzip.compress(TEXT.encode())[:20], 400),
        ("br", TEXT.encode(), 415),
        ("gzip, gzip", gzip.compress(gzip.compress(TEXT.encode())), 415),
    ],
    ids=["bomb", "just too large", "no gzip", "cut off", "unknown", "twice"],
)
def test_a_bomb_and_what_is_packed_strangely_are_refused(admin, encoding, body, status):
    assert said(admin.ask("POST", KEYS, body, headers={"Content-Encoding": encoding}))[0] == status


def test_no_more_of_a_bomb_is_unpacked_than_is_looked_at():
    bomb = gzip.compress(b" " * 50_000_000)

    assert len(decoding._unpacked(bomb, "gzip")) == 64 * 1024 + 1


def test_a_body_over_64_kib_is_413(admin):
    assert said(admin.ask("POST", KEYS, " " * (64 * 1024 + 1)))[0] == 413


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"page[size]": "0"}, "page[size]: Expected `int` >= 1"),
        ({"page[size]": "101"}, "page[size]: Expected `int` <= 100"),
        ({"page[size]": "-1"}, "page[size]"),
        ({"page[size]": "ten"}, "page[size]: Expected `int`, got `str`"),
        ({"page[size]": "9" * 400}, "page[size]"),
        ({"page[number]": "-1"}, "page[number]"),
        ({"page[number]": "1.5"}, "page[number]"),
        ({"sort": "colour"}, "sort: Invalid enum value 'colour'"),
        ({"include": "everything"}, "include"),
        ({"filter": "x" * 257}, "filter"),
        ({"filter": "a\0b"}, "NUL"),
        ({"filter[created_at][start]": "yesterday"}, "filter[created_at][start]: expected a moment"),
        ({"filter[created_at][end]": "0001-01-01T00:00:00+14:00"}, "filter[created_at][end]"),
        ({"filter[remote_config_read_enabled]": "perhaps"}, "filter[remote_config_read_enabled]"),
    ],
)
def test_a_query_out_of_range_is_400_and_names_the_parameter(admin, params, words):
    status, message = said(admin.get(KEYS, **params))

    assert status == 400
    assert words in message


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v3/keys", "/api/v2/api_keys/", "/api/v2/%ff%fe", "/api/v2/../../etc/passwd", "/api/%"]
)
def test_what_is_no_address_is_404_as_json(path):
    assert said(NOBODY.get(path))[0] == 404


def test_an_unknown_host_is_refused_as_json():
    answer = Client().get(KEYS, headers={"Host": "evil.example"})

    assert said(answer)[0] == 400


def test_an_error_of_ours_is_told_as_json_without_its_cause(admin, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("the cause")

    monkeypatch.setattr("keys.limits.limits_of", broken)
    answer = admin.get(KEYS)

    assert said(answer)[0] == 500
    assert "the cause" not in answer.content.decode()


@pytest.mark.parametrize("key", ["", "é", "a\tb", "x" * 256])
def test_an_idempotency_key_that_is_none_is_400(admin, key):
    assert said(admin.post(KEYS, GOOD, **{"Idempotency-Key": key}))[0] == 400


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
ADDRESSES = [
    ("POST", "/api/v2/api_keys"),
    ("POST", "/api/v2/current_user/application_keys"),
    ("POST", "/api/v2/personal_access_tokens"),
    ("POST", "/api/v2/roles"),
    ("POST", "/api/v2/users"),
    ("POST", "/api/v2/user_invitations"),
    ("POST", "/api/v2/service_accounts"),
    ("POST", "/api/v2/audit/events/search"),
    ("PATCH", "/api/v2/current_user"),
    ("PATCH", "/api/v2/org_configs/domain_allowlist"),
    ("PUT", "/api/v2/anonymize_users"),
    ("POST", "/api/v1/api_key"),
]


@given(address=st.sampled_from(ADDRESSES), attributes=anything, relationships=anything, id_=anything)
@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_json_at_all_makes_an_error_of_ours(admin, address, attributes, relationships, id_):
    types = {"api_keys": "api_keys", "current_user": "users", "user_invitations": "user_invitations"}
    type_ = types.get(address[1].rpartition("/")[2], address[1].rpartition("/")[2])
    body = {"data": {"type": type_, "id": id_, "attributes": attributes, "relationships": relationships}}

    answer = admin.ask(*address, json.dumps(body))

    assert answer.status_code < 500
    assert answer.headers["Content-Type"] in {"application/json", "application/vnd.api+json"}
