"""Datadog's client: personal and service access tokens, kept and carried."""

import re
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.clients.datadog import document, refused

pytestmark = pytest.mark.server

NOBODY = str(uuid.uuid4())
MISSING = (404, "Access token not found")
PAT, SAT = "personal_access_tokens", "service_access_tokens"


def ids(page):
    return [row.id for row in page.data]


def ahead(**time):
    return datetime.now(UTC) + timedelta(**time)


# Personal access tokens
def test_the_answer_that_creates_a_token_holds_its_text(admin, ada, name):
    body = document(PAT, name=name, scopes=["monitors_read", "dashboards_read"], expires_at=ahead(days=30))
    made = admin.keys.create_personal_access_token(body).data

    assert admin.status == 201
    assert re.fullmatch(rf"ddpat_{made.attributes.public_portion}_?[0-9A-Za-z]{{36}}", made.attributes.key)
    assert (made.attributes.name, made.attributes.scopes) == (name, ["dashboards_read", "monitors_read"])
    assert made.relationships.owned_by.data.id == ada
    assert "last_used_at" not in made.attributes
    admin.keys.revoke_personal_access_token(made.id)


def test_no_later_answer_holds_the_text(admin, pat):
    made = pat("dashboards_read")
    name, body = made.attributes.name, document(PAT, made.id, scopes=["monitors_read"])
    shown = [admin.keys.get_personal_access_token(made.id).data]
    shown += [*admin.keys.list_personal_access_tokens(filter=name).data]
    shown += [admin.keys.update_personal_access_token(made.id, body).data]

    assert [row.id for row in shown] == [made.id] * 3
    assert not [row for row in shown if "key" in row.attributes]
    assert shown[0].attributes.last_used_at is None
    assert shown[0].relationships.leak_information.data is None


@pytest.mark.parametrize("microsecond", [0, 250_000, 123_456])
def test_the_end_of_a_token_is_kept_to_the_microsecond(admin, name, microsecond):
    end = ahead(days=30).replace(microsecond=microsecond).astimezone(timezone(timedelta(hours=2)))
    made = admin.keys.create_personal_access_token(document(PAT, name=name, scopes=["dashboards_read"], expires_at=end))

    assert made.data.attributes.expires_at == end
    assert admin.keys.get_personal_access_token(made.data.id).data.attributes.expires_at == end
    admin.keys.revoke_personal_access_token(made.data.id)


def test_an_update_leaves_what_it_does_not_name(admin, pat, name):
    made = pat("dashboards_read")
    renamed = admin.keys.update_personal_access_token(made.id, document(PAT, made.id, name=name)).data.attributes
    widened = admin.keys.update_personal_access_token(made.id, document(PAT, made.id, scopes=["monitors_read"])).data

    assert (renamed.name, renamed.scopes) == (name, ["dashboards_read"])
    assert (widened.attributes.name, widened.attributes.scopes) == (name, ["monitors_read"])
    assert widened.attributes.modified_at > widened.attributes.created_at
    assert widened.attributes.expires_at == made.attributes.expires_at


def test_revoking_twice_is_the_same_as_once(house, admin, pat):
    made = pat("dashboards_read")

    for _ in range(2):
        assert admin.keys.revoke_personal_access_token(made.id) is None
        assert admin.status == 204
    with refused(*MISSING):
        admin.keys.get_personal_access_token(made.id)
    with refused(*MISSING):
        admin.keys.revoke_personal_access_token(NOBODY)
    with refused(403, "Forbidden", "This credential was revoked."):
        house.by_token(made.attributes.key).users.get_current_user()


def test_the_list_holds_both_sorts_of_token_with_their_owners(admin, ada, pat, worker, sat):
    mine = pat("dashboards_read")
    both = admin.keys.list_personal_access_tokens(filter_owned_by=[ada, worker.id], page_size=100)
    found = {row.id: row for row in both.data}

    assert found[mine.id].type.value == PAT
    assert found[sat.id].type.value == SAT
    assert found[sat.id].relationships.owned_by.data.to_dict() == {"id": worker.id, "type": "service_account"}
    assert ids(admin.keys.list_personal_access_tokens(filter_owned_by=[worker.id])) == [sat.id]


def test_lists_sort_filter_and_come_in_pages(admin, ada, pat):
    first, second = pat("dashboards_read", days=20).id, pat("dashboards_read", days=10).id
    listed = admin.keys.list_personal_access_tokens
    mine = {"filter": "pat ", "filter_owned_by": [ada], "include": ["leak_information"]}

    assert ids(listed(sort="created_at", **mine)) == ids(listed(sort="-expires_at", **mine)) == [first, second]
    assert ids(listed(sort="-created_at", **mine)) == ids(listed(sort="expires_at", **mine)) == [second, first]
    for sort in ("name", "-name", "leaked", "-leaked", "last_used_at", "-last_used_at"):
        assert set(ids(listed(sort=sort, **mine))) == {first, second}
    assert ids(listed(sort="created_at", page_size=1, page_number=1, **mine)) == [second]
    assert listed(page_size=1, **mine).meta.page.total_filtered_count == 2
    assert ids(listed(filter_leaked=True)) == []


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"scopes": ["dashboards_raed"]}, "scopes: Invalid scopes: dashboards_raed."),
        ({"scopes": []}, "data.attributes.scopes: Expected `array` of length >= 1"),
        ({"expires_at": ahead(hours=1)}, "expires_at: Choose a time at least 24 hours from now."),
        ({"expires_at": ahead(days=400)}, "expires_at: Choose a time within one year from now."),
        ({"colour": "red"}, "Additional properties are not allowed ('colour' was unexpected) in data.attributes"),
    ],
    ids=["unknown scope", "no scope", "too short", "too long", "unknown property"],
)
def test_bad_requests_are_refused_with_the_reason(admin, attributes, words):
    good = {"name": "x", "scopes": ["dashboards_read"], "expires_at": ahead(days=30)}
    with refused(400, words):
        admin.keys.create_personal_access_token(document(PAT, **good | attributes))


def test_another_id_in_the_body_is_refused(admin, pat):
    with refused(422, "UUID's in the URL and request body do not match"):
        admin.keys.update_personal_access_token(pat("dashboards_read").id, document(PAT, NOBODY, name="x"))


# Service access tokens
def test_a_service_access_token_lives(admin, worker, sat, name):
    accounts, (where, token) = admin.accounts, (worker.id, sat.id)
    body = document(SAT, token, name=f"{name} b", scopes=["monitors_read"])
    listed = accounts.list_service_account_access_tokens(where, sort="-created_at", page_size=5)
    changed = accounts.update_service_account_access_token(where, token, body).data.attributes
    read = accounts.get_service_account_access_token(where, token, include=["leak_information"]).data

    assert re.fullmatch("ddsat_[0-9A-Za-z_]{58,59}", sat.attributes.key)
    assert sat.attributes.public_portion.startswith("ddsat_")
    assert sat.attributes.expires_at is None
    assert (ids(listed), listed.meta.page.total_filtered_count) == ([token], 1)
    assert (
        (changed.name, changed.scopes)
        == (read.attributes.name, read.attributes.scopes)
        == (f"{name} b", ["monitors_read"])
    )
    assert read.relationships.owned_by.data.to_dict() == {"id": where, "type": "service_account"}
    assert "key" not in read.attributes


def test_a_service_access_token_may_end(admin, worker, name):
    end = ahead(hours=1)
    body = document(SAT, name=name, scopes=["dashboards_read"], expires_at=end)
    assert admin.accounts.create_service_account_access_token(worker.id, body).data.attributes.expires_at == end


def test_revoking_a_service_access_token_twice_is_the_same_as_once(house, admin, worker, sat):
    for _ in range(2):
        assert admin.accounts.revoke_service_account_access_token(worker.id, sat.id) is None
        assert admin.status == 204
    with refused(*MISSING):
        admin.accounts.get_service_account_access_token(worker.id, sat.id)
    with refused(*MISSING):
        admin.accounts.revoke_service_account_access_token(worker.id, NOBODY)
    with refused(403, "Forbidden", "This credential was revoked."):
        house.by_token(sat.attributes.key).users.get_current_user()


def test_a_service_access_token_is_no_personal_one(admin, worker, sat, pat):
    with refused(*MISSING):
        admin.keys.get_personal_access_token(sat.id)
    with refused(*MISSING):
        admin.accounts.get_service_account_access_token(worker.id, pat("dashboards_read").id)
