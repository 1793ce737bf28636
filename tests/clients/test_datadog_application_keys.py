"""Datadog's client: application keys, the caller's own, everybody's, and those of service accounts."""

import re
import uuid
from functools import partial

import pytest

from tests.clients.datadog import document, refused

pytestmark = pytest.mark.server

NOBODY = str(uuid.uuid4())
MISSING = (404, "Application key not found")


def ids(page):
    return [row.id for row in page.data]


def make(admin, name, **attributes):
    return admin.keys.create_current_user_application_key(document("application_keys", name=name, **attributes)).data


@pytest.fixture
def account_key(admin, account, name):
    body = document("application_keys", name=f"{name} robot", scopes=["dashboards_read", "monitors_read"])
    return admin.accounts.create_service_account_application_key(account.id, body).data


# The caller's own
def test_the_answer_that_creates_a_key_holds_its_text(admin, ada, application_key, name):
    assert admin.status == 201
    assert re.fullmatch("ddapp_[0-9A-Za-z]{34}", application_key.attributes.key)
    assert application_key.attributes.key.endswith(application_key.attributes.last4)
    assert application_key.attributes.name == name
    assert application_key.attributes.scopes == ["dashboards_read"]
    assert application_key.attributes.last_used_at is None
    assert application_key.relationships.owned_by.data.id == ada


def test_no_later_answer_holds_the_text(admin, application_key, name):
    body, key = document("application_keys", application_key.id, name=name), application_key.id
    answers = [
        admin.keys.list_current_user_application_keys(filter=name),
        admin.keys.list_application_keys(filter=name),
    ]
    shown = [row for answer in answers for row in answer.data]
    shown += [admin.keys.get_current_user_application_key(key).data, admin.keys.get_application_key(key).data]
    shown += [admin.keys.update_current_user_application_key(key, body).data]
    shown += [admin.keys.update_application_key(key, body).data]

    assert [row.id for row in shown] == [key] * 6
    assert [row.attributes.last4 for row in shown if "key" not in row.attributes] == [
        application_key.attributes.last4
    ] * 6


@pytest.mark.parametrize("given", [{}, {"scopes": None}, {"scopes": []}], ids=["left out", "null", "none"])
def test_without_scopes_they_come_back_null(admin, name, given):
    made = make(admin, name, **given)

    assert made.attributes.scopes is None
    assert admin.keys.get_current_user_application_key(made.id).data.attributes.scopes is None
    assert admin.keys.list_application_keys(filter=name).data[0].attributes.scopes is None
    admin.keys.delete_current_user_application_key(made.id)


@pytest.mark.parametrize("scopes", [None, []], ids=["null", "none"])
def test_scopes_are_taken_away_again(admin, application_key, scopes):
    body = document("application_keys", application_key.id, scopes=scopes)
    assert admin.keys.update_current_user_application_key(application_key.id, body).data.attributes.scopes is None


def test_an_update_leaves_what_it_does_not_name(admin, application_key, name):
    key = application_key.id
    renamed = admin.keys.update_current_user_application_key(key, document("application_keys", key, name=f"{name} b"))
    body = document("application_keys", key, scopes=["monitors_read", "dashboards_read"])
    widened = admin.keys.update_application_key(key, body).data.attributes

    assert renamed.data.attributes.scopes == ["dashboards_read"]
    assert (widened.name, widened.scopes) == (f"{name} b", ["dashboards_read", "monitors_read"])


def test_ones_own_key_comes_with_its_owner_and_their_roles(admin, ada, application_key):
    owner, *roles = admin.keys.get_current_user_application_key(application_key.id).included

    assert owner.id == ada
    assert [role.attributes.name for role in roles] == ["Datadog Admin Role"]


def test_the_owner_is_included_when_asked_for(admin, ada, application_key, name):
    answers = [
        admin.keys.list_current_user_application_keys(filter=name, include="owned_by"),
        admin.keys.list_application_keys(filter=name, include="owned_by"),
        admin.keys.get_application_key(application_key.id, include="owned_by"),
    ]

    assert [[found.id for found in answer.included] for answer in answers] == [[ada]] * 3
    assert "included" not in admin.keys.get_application_key(application_key.id)


@pytest.mark.parametrize("own", [True, False], ids=["own", "everybody's"])
def test_lists_sort_filter_and_come_in_pages(admin, name, own):
    made = [make(admin, f"{name} {letter}") for letter in "ab"]
    first, second = (key.id for key in made)
    keys = admin.keys
    listed = partial(keys.list_current_user_application_keys if own else keys.list_application_keys, filter=name)

    assert ids(listed(sort="name")) == ids(listed(sort="created_at")) == [first, second]
    assert ids(listed(sort="-name")) == ids(listed(sort="-created_at")) == [second, first]
    assert set(ids(listed(sort="-last4"))) == {first, second}
    assert ids(listed(page_size=1, page_number=1)) == [second]
    assert listed(page_size=1).meta.page.total_filtered_count == 2
    assert ids(listed(filter_created_at_start=made[1].attributes.created_at.isoformat())) == [second]
    assert ids(listed(filter_created_at_end=made[0].attributes.created_at.isoformat())) == [first]
    for key in made:
        admin.keys.delete_application_key(key.id)


def test_everybodys_keys_can_be_those_of_one_owner(admin, ada, account, account_key, application_key, name):
    of_account = admin.keys.list_application_keys(filter=name, filter_owned_by=account.id)

    assert ids(of_account) == [account_key.id]
    assert of_account.data[0].relationships.owned_by.data.to_dict() == {"id": account.id, "type": "users"}
    assert ids(admin.keys.list_application_keys(filter=name, filter_owned_by=ada)) == [application_key.id]
    assert ids(admin.keys.list_application_keys(filter_owned_by=NOBODY)) == []
    assert of_account.meta.max_allowed_per_user == 1000


@pytest.mark.parametrize("own", [True, False], ids=["own", "everybody's"])
def test_a_revoked_key_is_gone(house, admin, name, own):
    keys, made = admin.keys, make(admin, name)
    delete = keys.delete_current_user_application_key if own else keys.delete_application_key

    assert delete(made.id) is None
    assert admin.status == 204
    with refused(*MISSING):
        delete(made.id)
    with refused(*MISSING):
        keys.get_application_key(made.id)
    with refused(403, "Forbidden", "This credential was revoked."):
        house.by_keys(made.attributes.key).users.get_current_user()


def test_somebody_elses_key_is_not_among_ones_own(admin, account_key):
    with refused(*MISSING):
        admin.keys.get_current_user_application_key(account_key.id)
    with refused(*MISSING):
        admin.keys.delete_current_user_application_key(account_key.id)


def test_bad_requests_are_refused_with_the_reason(admin, application_key):
    key = application_key.id
    with refused(400, "scopes: Invalid scopes: dashboards_raed."):
        make(admin, "x", scopes=["dashboards_raed"])
    with refused(422, "UUID's in the URL and request body do not match"):
        admin.keys.update_application_key(key, document("application_keys", NOBODY, name="x"))
    with refused(400, "Additional properties are not allowed ('colour' was unexpected) in data.attributes"):
        make(admin, "x", colour="red")


def test_everybodys_keys_are_not_for_who_lacks_the_permission(reader, application_key):
    with refused(403, "Forbidden", "The owner of this credential lacks the permission org_app_keys_read."):
        reader.keys.list_application_keys()
    with refused(403, "Forbidden", "The owner of this credential lacks the permission org_app_keys_write."):
        reader.keys.delete_application_key(application_key.id)


# Those of service accounts
def test_a_service_accounts_key_acts_as_the_account_within_its_scopes(house, account, account_key):
    robot = house.by_keys(account_key.attributes.key)

    assert robot.users.get_current_user().data.id == account.id
    with refused(403, "Forbidden", "The owner of this credential lacks the permission user_access_read."):
        robot.users.list_users()


def test_a_service_accounts_key_lives(admin, account, account_key, name):
    accounts, (where, key) = admin.accounts, (account.id, account_key.id)
    listed = accounts.list_service_account_application_keys(where, filter=name, sort="-last4", page_size=5)
    read = accounts.get_service_account_application_key(where, key).data
    body = document("application_keys", key, name=f"{name} b", scopes=None)
    changed = accounts.update_service_account_application_key(where, key, body).data.attributes

    assert (ids(listed), listed.meta.page.total_filtered_count) == ([key], 1)
    assert "owned_by" not in read.relationships
    assert "key" not in read.attributes
    assert (changed.name, changed.scopes) == (f"{name} b", None)
    assert accounts.delete_service_account_application_key(where, key) is None
    with refused(*MISSING):
        accounts.delete_service_account_application_key(where, key)


def test_the_keys_of_an_account_are_under_that_account_alone(admin, ada, account, application_key):
    with refused(*MISSING):
        admin.accounts.get_service_account_application_key(account.id, application_key.id)
    for nobody in (NOBODY, ada):
        with refused(404, "Service account not found"):
            admin.accounts.list_service_account_application_keys(nobody)
