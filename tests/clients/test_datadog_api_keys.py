"""Datadog's client: API keys, and whether keys are good."""

import dataclasses
import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tests.clients.datadog import document, refused

pytestmark = pytest.mark.server

NOBODY = str(uuid.uuid4())
READ_ONLY = "The owner of this credential lacks the permission {}."
UNSCOPED = "This credential is not scoped for {}."


@pytest.fixture
def two(admin, name):
    """Two API keys, their names in order."""
    made = [admin.keys.create_api_key(document("api_keys", name=f"{name} {letter}")).data for letter in "ab"]
    yield made
    for key in made:
        admin.keys.delete_api_key(key.id)


def ids(page):
    return [row.id for row in page.data]


def test_the_answer_that_creates_a_key_holds_its_text(admin, ada, api_key, name):
    assert admin.status == 201
    assert re.fullmatch("[0-9a-f]{32}", api_key.attributes.key)
    assert api_key.attributes.key.endswith(api_key.attributes.last4)
    assert (api_key.attributes.name, api_key.attributes.category) == (name, "default")
    assert api_key.attributes.remote_config_read_enabled is True
    assert api_key.relationships.created_by.data.id == api_key.relationships.modified_by.data.id == ada
    assert datetime.now(UTC) - api_key.attributes.created_at < timedelta(minutes=1)


def test_no_later_answer_holds_the_text(admin, api_key, name):
    body = document("api_keys", api_key.id, name=name)
    read, changed = admin.keys.get_api_key(api_key.id).data, admin.keys.update_api_key(api_key.id, body).data
    listed = admin.keys.list_api_keys(filter=name).data

    assert ids(admin.keys.list_api_keys(filter=name)) == [api_key.id]
    for shown in (read, changed, *listed):
        assert "key" not in shown.attributes
        assert shown.attributes.last4 == api_key.attributes.last4


def test_a_key_that_was_never_used_says_so_with_null(admin, api_key):
    read = admin.keys.get_api_key(api_key.id).data.attributes

    assert read.date_last_used is None
    assert read.used_in_last_24_hours is False
    assert read.last_used_date["timestamp"] is None


def test_a_key_remembers_when_it_was_used(house, admin, api_key):
    house.by_api_key(api_key.attributes.key).v1.validate()

    read = admin.keys.get_api_key(api_key.id).data.attributes

    assert datetime.now(UTC) - read.date_last_used < timedelta(minutes=1)
    assert read.used_in_last_24_hours is True


def test_name_category_and_setting_change(admin, api_key, name):
    body = document("api_keys", api_key.id, name=f"{name} b", category="agent", remote_config_read_enabled=False)
    changed = admin.keys.update_api_key(api_key.id, body).data.attributes

    assert admin.status == 200
    assert (changed.name, changed.category, changed.remote_config_read_enabled) == (f"{name} b", "agent", False)
    assert changed.modified_at > changed.created_at
    assert admin.keys.get_api_key(api_key.id).data.attributes.category == "agent"


def test_lists_sort_by_each_attribute_both_ways(admin, two, name):
    first, second = (key.id for key in two)
    for attribute in ("name", "created_at", "modified_at"):
        assert ids(admin.keys.list_api_keys(filter=name, sort=attribute)) == [first, second]
        assert ids(admin.keys.list_api_keys(filter=name, sort=f"-{attribute}")) == [second, first]
    by_last4 = [key.id for key in sorted(two, key=lambda key: (key.attributes.last4, key.id))]
    assert ids(admin.keys.list_api_keys(filter=name, sort="last4")) == by_last4


def test_lists_come_in_pages_with_a_total(admin, two, name):
    pages = [admin.keys.list_api_keys(filter=name, page_size=1, page_number=number) for number in range(3)]

    assert [ids(page) for page in pages] == [[two[0].id], [two[1].id], []]
    assert {page.meta.page.total_filtered_count for page in pages} == {2}
    assert pages[0].meta.max_allowed == 5


def test_filters_by_moment_hold_both_ends(admin, two, name):
    first, second = (key.attributes.created_at.isoformat() for key in two)
    for moment in ("created_at", "modified_at"):
        since = admin.keys.list_api_keys(filter=name, **{f"filter_{moment}_start": second})
        until = admin.keys.list_api_keys(filter=name, **{f"filter_{moment}_end": first})
        assert (ids(since), ids(until)) == ([two[1].id], [two[0].id])


def test_category_and_setting_are_listed(admin, two, name):
    body = document("api_keys", two[1].id, name=f"{name} b", category="agent", remote_config_read_enabled=False)
    admin.keys.update_api_key(two[1].id, body)

    listed = admin.keys.list_api_keys(filter=name, sort="name").data

    assert [row.attributes.category for row in listed] == ["default", "agent"]
    assert [row.attributes.remote_config_read_enabled for row in listed] == [True, False]


def test_whoever_made_or_changed_a_key_is_included_when_asked_for(admin, ada, api_key, name):
    one = admin.keys.get_api_key(api_key.id, include="created_by,modified_by")
    many = admin.keys.list_api_keys(filter=name, include="modified_by")

    assert [found.id for found in one.included] == [found.id for found in many.included] == [ada]
    assert one.included[0].attributes.email == "ada@clients.example"
    assert "included" not in admin.keys.get_api_key(api_key.id)


def test_a_revoked_key_is_gone(house, admin, name):
    made = admin.keys.create_api_key(document("api_keys", name=name)).data

    assert admin.keys.delete_api_key(made.id) is None
    assert admin.status == 204
    with refused(404, "API key not found"):
        admin.keys.delete_api_key(made.id)
    with refused(404, "API key not found"):
        admin.keys.get_api_key(made.id)
    with refused(403, "Forbidden", "This credential was revoked."):
        house.by_api_key(made.attributes.key).keys.validate()


def test_what_is_no_id_is_not_found(admin):
    for strange in (NOBODY, "invalidId", "a b", "ключ"):
        with refused(404, "API key not found"):
            admin.keys.get_api_key(strange)


def test_a_name_that_is_taken_is_refused(admin, api_key, name):
    with refused(400, "name: Another one already has this name."):
        admin.keys.create_api_key(document("api_keys", name=name))


def test_the_sixth_key_is_refused(admin, name):
    room = 5 - admin.keys.list_api_keys().meta.page.total_filtered_count
    made = [admin.keys.create_api_key(document("api_keys", name=f"{name} {n}")).data.id for n in range(room)]
    try:
        with refused(400, "All 5 are in use. Revoke one, or ask support for more."):
            admin.keys.create_api_key(document("api_keys", name=name))
    finally:
        for key in made:
            admin.keys.delete_api_key(key)


def test_another_id_in_the_body_is_refused(admin, api_key, name):
    with refused(422, "UUID's in the URL and request body do not match"):
        admin.keys.update_api_key(api_key.id, document("api_keys", NOBODY, name=name))


def test_an_unknown_property_is_refused_by_name(admin):
    words = "Additional properties are not allowed ('colour' was unexpected) in data.attributes"
    with refused(400, words):
        admin.keys.create_api_key(document("api_keys", name="x", colour="red"))


def test_who_only_reads_is_told_which_permission_is_missing(reader, api_key):
    with refused(403, "Forbidden", READ_ONLY.format("api_keys_read")):
        reader.keys.list_api_keys()
    with refused(403, "Forbidden", READ_ONLY.format("api_keys_write")):
        reader.keys.create_api_key(document("api_keys", name="x"))
    with refused(403, "Forbidden", READ_ONLY.format("api_keys_delete")):
        reader.keys.delete_api_key(api_key.id)


def test_a_scoped_key_is_told_which_scope_is_missing(scoped, api_key):
    narrow = scoped("api_keys_read")

    assert narrow.keys.get_api_key(api_key.id).data.id == api_key.id
    with refused(403, "Forbidden", UNSCOPED.format("api_keys_delete")):
        narrow.keys.delete_api_key(api_key.id)


# Whether keys are good
def test_an_api_key_alone_is_good_for_validation(house, api_key):
    alone = house.by_api_key(api_key.attributes.key)
    found = alone.keys.validate().data

    assert alone.v1.validate().valid is True
    assert found.id == house.id
    assert found.attributes.to_dict() == {"valid": True, "api_key_id": api_key.id, "api_key_scopes": []}


def test_keys_that_may_act_are_good(house, admin):
    assert admin.keys.validate_api_key().status.value == "ok"
    with refused(
        401, "Unauthorized", "Send DD-API-KEY and DD-APPLICATION-KEY, or an access token as Authorization: Bearer."
    ):
        house.by_api_key(house.api_key).keys.validate_api_key()


def test_a_wrong_key_is_refused(house):
    wrong = dataclasses.replace(house, api_key="0" * 32).by_keys()
    for call in (wrong.keys.validate, wrong.v1.validate, wrong.keys.validate_api_key):
        with refused(403, "Forbidden"):
            call()
    with refused(403, "API key required"):
        house.by_api_key("").v1.validate()
