"""Users, service accounts and roles as the public Terraform provider manages them, and how it looks them up."""

from datetime import datetime, timedelta

import pytest

from tests.clients.terraform import (
    ROLES,
    USERS,
    config,
    create,
    created,
    entity,
    give,
    linked,
    patch,
    provider_for,
    ref,
    role_body,
    state_of,
    stored,
    take,
)

pytestmark = pytest.mark.server

ACCOUNTS = "/service_accounts"


@pytest.fixture(scope="module")
def terraform(server):
    with provider_for(server, "Terraform people") as provider:
        yield provider


@pytest.fixture(scope="module")
def roles(terraform):
    """The built-in roles by name."""
    return {role["attributes"]["name"]: role["id"] for role in terraform.get(ROLES)}


@pytest.fixture(scope="module")
def reader(roles):
    return roles["Datadog Read Only Role"]


@pytest.fixture(scope="module")
def standard(roles):
    return roles["Datadog Standard Role"]


@pytest.fixture(scope="module")
def permissions(terraform):
    """What the provider reads once a run: every permission, by id."""
    return {item["id"]: item["attributes"] for item in terraform.get("/permissions")}


@pytest.fixture(scope="module")
def ids(permissions):
    return {attributes["name"]: key for key, attributes in permissions.items()}


def adopt(terraform, wanted):
    """After a 409: find the one that is there by address, make it what was configured; what the state holds then."""
    (existing,) = terraform.get(USERS, filter=wanted["email"])
    changed = patch(terraform, existing["id"], wanted)
    take(terraform, existing["id"], *linked(changed, "roles") - wanted["roles"])
    give(terraform, existing["id"], *wanted["roles"] - linked(changed, "roles"))
    return changed


def invite(terraform, key):
    body = {"data": [{"relationships": {"user": ref("users", key)}, "type": "user_invitations"}]}
    (invitation,) = terraform.post("/user_invitations", body)
    assert invitation["relationships"]["user"] == ref("users", key)
    return invitation


# datadog_service_account --------------------------------------------------------------------------------------
def test_a_service_account_without_roles_lives_through_plan_and_apply(terraform):
    wanted = config("etl@terraform.example", "etl")
    made = created(terraform, ACCOUNTS, wanted, service_account=True)
    path = f"{USERS}/{made['id']}"
    assert "included" not in terraform.call("GET", path)
    assert state_of(made) == state_of(terraform.get(path)) == wanted
    assert patch(terraform, made["id"], wanted) == made

    wanted = config("etl2@terraform.example", "etl 2")
    assert state_of(patch(terraform, made["id"], wanted)) == state_of(terraform.get(path)) == wanted

    terraform.delete(path)
    assert state_of(terraform.get(path)) == wanted | {"disabled": True}
    assert terraform.ask("DELETE", f"/v2{path}")[0] == 404


def test_roles_of_a_service_account_are_added_and_removed_before_it_is_read(terraform, reader, standard):
    wanted = config("bot@terraform.example", "bot", reader)
    made = created(terraform, ACCOUNTS, wanted, service_account=True)
    assert state_of(made) == wanted

    for roles in ({standard}, {standard, reader}, set()):
        give(terraform, made["id"], *roles - wanted["roles"])
        take(terraform, made["id"], *wanted["roles"] - roles)
        wanted["roles"] = roles
        assert state_of(patch(terraform, made["id"], wanted)) == wanted
        assert state_of(terraform.get(f"{USERS}/{made['id']}")) == wanted


def test_service_accounts_may_share_an_address(terraform):
    one, other = (
        created(terraform, ACCOUNTS, config("team@terraform.example", name), service_account=True)
        for name in ("team bot", "team cron")
    )

    assert one["id"] != other["id"]
    assert len(terraform.get(USERS, filter="team@terraform.example")) == 2


def test_a_destroyed_service_account_applied_again_is_enabled(terraform, reader, standard):
    wanted = config("phoenix@terraform.example", "phoenix", reader)
    made = created(terraform, ACCOUNTS, wanted, service_account=True)
    terraform.delete(f"{USERS}/{made['id']}")

    wanted["roles"] = {standard}
    assert create(terraform, ACCOUNTS, wanted, service_account=True)[0] == 409
    assert adopt(terraform, wanted)["id"] == made["id"]

    assert state_of(terraform.get(f"{USERS}/{made['id']}")) == wanted


# datadog_user -------------------------------------------------------------------------------------------------
def test_a_user_is_created_and_invited_and_leaves_no_plan(terraform, reader):
    wanted = config("joan@terraform.example", "Joan Joiner", reader)
    made = created(terraform, USERS, wanted)
    first, second = invite(terraform, made["id"]), invite(terraform, made["id"])

    assert state_of(made) == state_of(terraform.get(f"{USERS}/{made['id']}")) == wanted
    assert stored(made, "status", "verified") == {"status": "Pending", "verified": False}
    assert first["id"] != second["id"]
    kinds = [found["attributes"]["invite_type"] for found in (first, second)]
    assert kinds == ["basic_invite", "basic_reminder"]
    begun, end = (datetime.fromisoformat(first["attributes"][name]) for name in ("created_at", "expires_at"))
    assert end - begun == timedelta(hours=48)


def test_a_user_loses_roles_gains_roles_and_is_changed_in_one_apply(terraform, reader, standard):
    made = created(terraform, USERS, config("kit@terraform.example", "Kit", reader))
    path = f"{USERS}/{made['id']}"
    wanted = config("kit2@terraform.example", "Kit Two", standard)

    take(terraform, made["id"], reader)
    give(terraform, made["id"], standard)

    assert state_of(patch(terraform, made["id"], wanted)) == state_of(terraform.get(path)) == wanted
    assert state_of(patch(terraform, made["id"], wanted | {"disabled": True})) == wanted | {"disabled": True}
    assert state_of(patch(terraform, made["id"], wanted)) == wanted


def test_a_deleted_user_is_there_and_disabled_with_their_roles(terraform, reader):
    wanted = config("gone@terraform.example", "Gone", reader)
    made = created(terraform, USERS, wanted)
    path = f"{USERS}/{made['id']}"

    terraform.delete(path)

    assert state_of(terraform.get(path)) == wanted | {"disabled": True}
    assert terraform.get(path)["attributes"]["status"] == "Disabled"
    assert terraform.ask("DELETE", f"/v2{path}")[0] == 404


def test_a_disabled_user_applied_again_is_pending_with_the_new_roles(terraform, reader, standard):
    made = created(terraform, USERS, config("back@terraform.example", "Back", reader))
    terraform.delete(f"{USERS}/{made['id']}")
    wanted = config("back@terraform.example", "Back Again", standard)

    assert create(terraform, USERS, wanted) == (409, {"errors": ["User back@terraform.example already exists"]})
    assert adopt(terraform, wanted)["id"] == made["id"]
    invite(terraform, made["id"])

    found = terraform.get(f"{USERS}/{made['id']}")
    assert state_of(found) == wanted
    assert stored(found, "status", "verified") == {"status": "Pending", "verified": False}


def test_an_active_user_is_adopted_as_they_are(terraform, roles):
    wanted = config("ada@terraform.example", "Ada", roles["Datadog Admin Role"])

    assert create(terraform, USERS, wanted)[0] == 409
    assert state_of(adopt(terraform, wanted)) == wanted
    assert terraform.get("/current_user")["attributes"]["status"] == "Active"


# datadog_role -------------------------------------------------------------------------------------------------
def role_state(role, permissions, *, opted_out=False):
    """The permissions that the state holds: those it knows, without the restricted ones unless it opted out."""
    known = linked(role, "permissions") & permissions.keys()
    return {permissions[key]["name"] for key in known if opted_out or not permissions[key]["restricted"]}


def restricted(role, permissions):
    return {permissions[key]["name"] for key in linked(role, "permissions") if permissions[key]["restricted"]}


def test_a_role_is_created_replaced_emptied_and_deleted(terraform, permissions, ids):
    made = terraform.post(ROLES, role_body(ids, "writers", "monitors_write", "dashboards_write"), status=200)
    path = f"{ROLES}/{made['id']}"
    read = terraform.get(path)
    assert stored(read, "name", "user_count") == {"name": "writers", "user_count": 0}
    assert role_state(read, permissions) == {"monitors_write", "dashboards_write"}

    for wanted in ({"monitors_write", "api_keys_read"}, set(), {"slos_write"}):
        changed = terraform.patch(path, role_body(ids, "editors", *wanted, key=made["id"]))
        for found in (changed, terraform.get(path)):
            assert found["attributes"]["name"] == "editors"
            assert role_state(found, permissions) == wanted

    terraform.delete(path)
    assert terraform.is_gone(path)
    assert terraform.ask("DELETE", f"/v2{path}")[0] == 404


def test_a_role_has_the_restricted_permissions_unless_it_opts_out(terraform, permissions, ids):
    defaults = {found["name"] for found in permissions.values() if found["restricted"]}
    made = terraform.post(ROLES, role_body(ids, "defaults"), status=200)
    path, out = f"{ROLES}/{made['id']}", {"default_permissions_opt_out": True}
    assert "dashboards_read" in defaults
    assert restricted(made, permissions) == restricted(terraform.get(path), permissions) == defaults

    minimal = terraform.patch(path, role_body(ids, "defaults", "dashboards_read", key=made["id"], **out))
    assert role_state(minimal, permissions, opted_out=True) == {"dashboards_read"}
    assert linked(terraform.patch(path, role_body(ids, "defaults", key=made["id"], **out)), "permissions") == set()
    assert restricted(terraform.patch(path, role_body(ids, "defaults", key=made["id"])), permissions) == defaults


def test_a_role_created_with_the_opt_out_has_what_was_configured_and_no_more(terraform, permissions, ids):
    wanted = {"monitors_write", "dashboards_read"}
    body = role_body(ids, "bare", *wanted, default_permissions_opt_out=True)

    made = terraform.post(ROLES, body, status=200)

    assert role_state(terraform.get(f"{ROLES}/{made['id']}"), permissions, opted_out=True) == wanted


def test_old_providers_rename_a_role_and_change_one_permission_at_a_time(terraform, permissions, ids):
    made = terraform.post(ROLES, role_body(ids, "old", "monitors_write", "slos_write"), status=200)
    path = f"{ROLES}/{made['id']}"
    renamed = terraform.patch(path, entity("roles", made["id"], name="older"))
    assert role_state(renamed, permissions) == {"monitors_write", "slos_write"}

    left = terraform.call("DELETE", f"{path}/permissions", ref("permissions", ids["monitors_write"]), status=200)
    now = terraform.post(f"{path}/permissions", ref("permissions", ids["api_keys_read"]), status=200)

    assert {item["id"] for item in left["data"]} == linked(made, "permissions") - {ids["monitors_write"]}
    assert {item["id"] for item in now} == linked(terraform.get(path), "permissions")
    assert role_state(terraform.get(path), permissions) == {"slos_write", "api_keys_read"}


def test_a_role_with_a_permission_that_does_not_exist_is_refused(terraform, ids):
    body = role_body(ids | {"strange": "00000000-0000-4000-8000-000000000000"}, "strange", "strange")

    status, document = terraform.ask("POST", "/v2/roles", body)

    assert status == 400
    assert "Invalid input" in document["errors"][0]
