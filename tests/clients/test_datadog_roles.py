"""Datadog's client: roles, what they permit and who holds them."""

import uuid

import pytest

from accounts.builtin_roles import ADMIN, READ_ONLY, STANDARD
from accounts.permissions import CATALOGUE, DEPRECATED
from tests.clients.datadog import document, link, refused

pytestmark = pytest.mark.server

NOBODY = str(uuid.uuid4())
MISSING = (404, "Role not found")
LIVE = CATALOGUE.keys() - DEPRECATED


def permissions(*names):
    return {"permissions": [link("permissions", str(CATALOGUE[name].id)) for name in names]}


def one(name):
    return {"data": link("permissions", str(CATALOGUE[name].id))}


def names(answer):
    return {row.attributes.name for row in answer.data}


def ids(page):
    return [row.id for row in page.data]


def create(admin, name, *granted):
    links = permissions(*granted)
    return admin.roles.create_role(document("roles", links=links, name=name, default_permissions_opt_out=True)).data


@pytest.fixture
def role(admin, name):
    made = create(admin, name, "dashboards_read", "monitors_read")
    yield made
    admin.roles.delete_role(made.id)


def test_a_new_role_permits_what_it_was_given(admin, role, name):
    assert admin.status == 200
    assert role.attributes.name == name
    assert role.attributes.user_count == 0
    assert role.attributes.receives_permissions_from == []
    assert names(admin.roles.list_role_permissions(role.id)) == {"dashboards_read", "monitors_read"}
    assert {linked.id for linked in role.relationships.permissions.data} == {
        str(CATALOGUE[granted].id) for granted in ("dashboards_read", "monitors_read")
    }


def test_a_new_role_permits_the_restricted_ones_unless_it_opts_out(admin, name):
    made = admin.roles.create_role(document("roles", name=name)).data
    restricted = {entry.name for entry in CATALOGUE.values() if entry.restricted}

    assert restricted
    assert names(admin.roles.list_role_permissions(made.id)) == restricted - DEPRECATED
    admin.roles.delete_role(made.id)


def test_a_role_is_renamed_and_keeps_what_it_permits(admin, role, name):
    changed = admin.roles.update_role(role.id, document("roles", role.id, name=f"{name} b")).data
    read = admin.roles.get_role(role.id).data

    assert changed.attributes.name == read.attributes.name == f"{name} b"
    assert read.attributes.modified_at > read.attributes.created_at
    assert names(admin.roles.list_role_permissions(role.id)) == {"dashboards_read", "monitors_read"}


def test_what_a_role_permits_is_replaced(admin, role, name):
    links = permissions("api_keys_read")
    body = document("roles", role.id, links=links, name=name, default_permissions_opt_out=True)
    admin.roles.update_role(role.id, body)

    assert names(admin.roles.list_role_permissions(role.id)) == {"api_keys_read"}


def test_one_permission_is_added_and_taken_away(admin, role):
    more = admin.roles.add_permission_to_role(role.id, one("api_keys_read"))
    less = admin.roles.remove_permission_from_role(role.id, one("monitors_read"))

    assert names(more) == {"dashboards_read", "monitors_read", "api_keys_read"}
    assert names(less) == {"dashboards_read", "api_keys_read"}


def test_a_clone_permits_what_the_original_does(admin, name):
    clone = admin.roles.clone_role(str(READ_ONLY.id), document("roles", name=name)).data

    assert admin.status == 200
    assert clone.attributes.name == name
    assert names(admin.roles.list_role_permissions(clone.id)) == READ_ONLY.permissions
    assert admin.roles.delete_role(clone.id) is None


def test_a_deleted_role_is_gone(admin, name):
    made = create(admin, name)

    assert admin.roles.delete_role(made.id) is None
    assert admin.status == 204
    with refused(*MISSING):
        admin.roles.delete_role(made.id)
    with refused(*MISSING):
        admin.roles.get_role(made.id)


def test_a_user_gets_a_role_and_loses_it(admin, role, user):
    given = admin.roles.add_user_to_role(role.id, {"data": link("users", user.id)})
    listed = admin.roles.list_role_users(role.id, sort="-name", filter=user.attributes.name, page_size=5)
    counted = admin.roles.get_role(role.id).data.attributes.user_count
    taken = admin.roles.remove_user_from_role(role.id, {"data": link("users", user.id)})

    assert ids(given) == ids(listed) == [user.id]
    assert (listed.meta.page.total_count, counted) == (1, 1)
    assert [found.id for found in given.included] == [role.id]
    assert ids(taken) == []


def test_holders_of_a_role_sort_and_come_in_pages(admin, role, user, account):
    for member in (user, account):
        admin.roles.add_user_to_role(role.id, {"data": link("users", member.id)})
    listed = admin.roles.list_role_users
    ascending = [row.id for row in sorted((user, account), key=lambda one: one.attributes.email)]

    assert ids(listed(role.id, sort="email")) == ascending
    assert ids(listed(role.id, sort="-email")) == ascending[::-1]
    assert ids(listed(role.id, sort="email", page_size=1, page_number=1)) == ascending[1:]
    assert ids(listed(role.id, filter=user.attributes.email)) == [user.id]


def test_lists_sort_filter_and_come_in_pages(admin, name):
    first, second = (create(admin, f"{name} {letter}").id for letter in "ab")
    listed = admin.roles.list_roles

    assert ids(listed(filter=name, sort="name")) == ids(listed(filter=name, sort="modified_at")) == [first, second]
    assert ids(listed(filter=name, sort="-name")) == ids(listed(filter=name, sort="-modified_at")) == [second, first]
    assert ids(listed(filter=name, sort="name", page_size=1, page_number=1)) == [second]
    assert set(ids(listed(filter_id=f"{first},{second}", sort="-user_count"))) == {first, second}
    assert listed(filter=name).meta.page.total_filtered_count == 2
    for made in (first, second):
        admin.roles.delete_role(made)


def test_the_built_in_roles_have_the_names_that_programs_look_for(admin):
    found = {row.id: row.attributes.name for row in admin.roles.list_roles(filter="Datadog", page_size=100).data}

    assert found[str(ADMIN.id)] == "Datadog Admin Role"
    assert found[str(STANDARD.id)] == "Datadog Standard Role"
    assert found[str(READ_ONLY.id)] == "Datadog Read Only Role"
    assert found.items() <= {row.id: row.attributes.name for row in admin.roles.list_role_templates().data}.items()


def test_every_permission_is_listed_at_once(admin):
    listed = admin.roles.list_permissions().data

    assert {row.attributes.name: row.id for row in listed} == {name: str(CATALOGUE[name].id) for name in LIVE}
    assert {row.attributes.display_type for row in listed} <= {"read", "write", "other"}
    assert names(admin.roles.list_permissions(include_scopes=True)) == LIVE


def test_a_name_that_is_taken_is_a_conflict(admin, role, name):
    taken = (409, "name: Another role already has this name.")
    with refused(*taken):
        create(admin, name)
    with refused(*taken):
        admin.roles.clone_role(role.id, document("roles", name=name))


@pytest.mark.parametrize("built_in", ["Admin", "Datadog Admin Role"])
def test_no_role_takes_the_name_of_a_built_in_one(admin, role, built_in):
    with refused(409, "name: Another role already has this name."):
        admin.roles.update_role(role.id, document("roles", role.id, name=built_in))


def test_bad_requests_are_refused_with_the_reason(admin, role):
    with refused(422, "UUID's in the URL and request body do not match"):
        admin.roles.update_role(role.id, document("roles", NOBODY, name="x"))
    with refused(400, f"permissions: Invalid input: there is no permission '{NOBODY}'."):
        admin.roles.add_permission_to_role(role.id, {"data": link("permissions", NOBODY)})
    with refused(400, "Additional properties are not allowed ('colour' was unexpected) in data.attributes"):
        admin.roles.create_role(document("roles", name="x", colour="red"))


def test_nobody_and_nothing_are_not_found(admin, role):
    calls = [admin.roles.get_role, admin.roles.list_role_permissions, admin.roles.list_role_users]
    for call in calls:
        with refused(*MISSING):
            call(NOBODY)
    with refused(404, f"{NOBODY} not found"):
        admin.roles.add_user_to_role(role.id, {"data": link("users", NOBODY)})


def test_the_last_admin_keeps_that_role(admin, ada):
    with refused(403, "roles: This is the last admin. Make somebody else an admin first."):
        admin.roles.remove_user_from_role(str(ADMIN.id), {"data": link("users", ada)})


def test_who_only_reads_is_told_which_permission_is_missing(reader, role):
    assert reader.roles.get_role(role.id).data.id == role.id
    with refused(403, "Forbidden", "The owner of this credential lacks the permission user_access_manage."):
        reader.roles.delete_role(role.id)


def test_a_token_manages_roles(house, pat, name):
    mine = house.by_token(pat("user_access_read", "user_access_manage").attributes.key)
    made = create(mine, name, "dashboards_read")

    assert names(mine.roles.list_role_permissions(made.id)) == {"dashboards_read"}
    assert mine.roles.delete_role(made.id) is None
