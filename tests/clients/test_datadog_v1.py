"""Datadog's client: the first version of the API."""

import re

import pytest

from tests.clients.datadog import refused

pytestmark = pytest.mark.server


@pytest.fixture
def key_v1(admin, name):
    made = admin.v1_keys.create_api_key({"name": name}).api_key
    yield made
    admin.v1_keys.delete_api_key(made.id)


@pytest.fixture
def application_key_v1(admin, name):
    made = admin.v1_keys.create_application_key({"name": name}).application_key
    yield made
    admin.v1_keys.delete_application_key(made.id)


def test_an_api_key_is_shown_whole_once_and_masked_afterwards(admin, key_v1, name):
    listed = {row.id: row for row in admin.v1_keys.list_api_keys().api_keys}
    masked = "*" * 28 + key_v1.key[-4:]

    assert re.fullmatch("[0-9a-f]{32}", key_v1.key)
    assert (key_v1.name, key_v1.created_by) == (name, "ada@clients.example")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", key_v1.created)
    assert admin.v1_keys.get_api_key(key_v1.id).api_key.key == listed[key_v1.id].key == masked


def test_an_api_key_is_found_by_its_text_too(admin, key_v1, name):
    found = admin.v1_keys.get_api_key(key_v1.key).api_key
    changed = admin.v1_keys.update_api_key(key_v1.key, {"name": f"{name} b"}).api_key

    assert (found.id, changed.id) == (key_v1.id, key_v1.id)
    assert (found.name, changed.name) == (name, f"{name} b")


def test_a_revoked_api_key_is_gone(admin, name):
    made = admin.v1_keys.create_api_key({"name": name}).api_key

    assert admin.v1_keys.delete_api_key(made.key).api_key.name == name
    assert admin.status == 200
    for by in (made.id, made.key):
        with refused(404, "API key not found"):
            admin.v1_keys.delete_api_key(by)


def test_an_application_key_is_shown_whole_once_and_masked_afterwards(admin, application_key_v1, name):
    listed = {row.id: row for row in admin.v1_keys.list_application_keys().application_keys}
    made, masked = application_key_v1, "*" * 36 + application_key_v1.hash[-4:]

    assert re.fullmatch("ddapp_[0-9A-Za-z]{34}", made.hash)
    assert (made.name, made.owner) == (name, "ada@clients.example")
    assert admin.v1_keys.get_application_key(made.id).application_key.hash == listed[made.id].hash == masked


def test_an_application_key_is_found_by_its_text_too(admin, application_key_v1, name):
    text = application_key_v1.hash
    found = admin.v1_keys.get_application_key(text).application_key
    changed = admin.v1_keys.update_application_key(text, {"name": f"{name} b"}).application_key

    assert (found.id, changed.name) == (application_key_v1.id, f"{name} b")


def test_a_revoked_application_key_is_gone(admin, name):
    made = admin.v1_keys.create_application_key({"name": name}).application_key

    assert admin.v1_keys.delete_application_key(made.hash).application_key.name == name
    with refused(404, "Application key not found"):
        admin.v1_keys.delete_application_key(made.hash)


def test_keys_of_both_versions_are_the_same_keys(admin, api_key, application_key):
    assert admin.v1_keys.get_api_key(api_key.id).api_key.name == api_key.attributes.name
    assert admin.v1_keys.get_application_key(application_key.id).application_key.owner == "ada@clients.example"


def test_a_name_that_is_taken_is_a_conflict(admin, key_v1, application_key_v1, name):
    taken = (409, "name: Another one already has this name.")
    for create in (admin.v1_keys.create_api_key, admin.v1_keys.create_application_key):
        with refused(*taken):
            create({"name": name})


def test_bad_requests_are_refused_with_the_reason(admin, key_v1):
    with refused(400, "Additional properties are not allowed ('colour' was unexpected) in The body"):
        admin.v1_keys.create_application_key({"name": "x", "colour": "red"})
    with refused(400, "The body: Object missing required field `name`"):
        admin.v1_keys.update_api_key(key_v1.id, {})


def test_who_only_reads_is_told_which_permission_is_missing(reader):
    with refused(403, "Forbidden", "The owner of this credential lacks the permission api_keys_read."):
        reader.v1_keys.list_api_keys()
    with refused(403, "Forbidden", "The owner of this credential lacks the permission org_management."):
        reader.v1_orgs.list_orgs()


def test_the_organization_is_listed_read_and_renamed(admin, house):
    (listed,) = admin.v1_orgs.list_orgs().orgs
    by_id = admin.v1_orgs.get_org(house.id).org
    renamed = admin.v1_orgs.update_org(listed.public_id, {"name": "Clients too"}).org
    back = admin.v1_orgs.update_org(listed.public_id, {"name": "Clients", "public_id": listed.public_id}).org

    assert re.fullmatch("[0-9A-Za-z]{22}", listed.public_id)
    assert (listed.name, by_id.public_id) == ("Clients", listed.public_id)
    assert (renamed.name, back.name) == ("Clients too", "Clients")


def test_another_organization_is_not_found(admin):
    with refused(404, "Organization not found"):
        admin.v1_orgs.get_org("0" * 22)


def test_a_token_opens_the_first_version_too(house, admin, pat):
    assert house.by_token(pat("api_keys_read").attributes.key).v1_keys.list_api_keys().api_keys
