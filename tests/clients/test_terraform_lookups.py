"""What the public Terraform provider looks up: roles and who holds them, permissions, users, whoever runs it."""

import pytest

from tests.clients.terraform import (
    ROLES,
    USERS,
    config,
    created,
    entity,
    give,
    linked,
    provider_for,
    ref,
    role_body,
    stored,
    take,
)

pytestmark = pytest.mark.server

CROWD, FULL = 103, {"page[size]": 100, "page[number]": 0}


@pytest.fixture(scope="module")
def terraform(server):
    with provider_for(server, "Terraform lookups") as provider:
        yield provider


@pytest.fixture(scope="module")
def ids(terraform):
    return {item["attributes"]["name"]: item["id"] for item in terraform.get("/permissions")}


@pytest.fixture(scope="module")
def crowded(terraform, ids):
    """A role with more holders than a page has."""
    role = terraform.post(ROLES, role_body(ids, "crowded", "slos_write"), status=200)["id"]
    for number in range(CROWD):
        created(terraform, USERS, config(f"crowd-{number}@terraform.example", f"crowd {number}", role))
    return role


def names(items):
    return [item["attributes"]["name"] for item in items]


# datadog_user_role --------------------------------------------------------------------------------------------
def test_a_user_role_is_given_found_beyond_the_first_page_and_taken(terraform, crowded):
    path = f"{ROLES}/{crowded}/users"
    made = created(terraform, USERS, config("last@terraform.example", "zz last of all"))

    give(terraform, made["id"], crowded)
    give(terraform, made["id"], crowded)
    assert [user["id"] for user in terraform.pages(path)].count(made["id"]) == 1
    assert made["id"] not in {user["id"] for user in terraform.get(path, **FULL)}

    take(terraform, made["id"], crowded)
    assert made["id"] not in {user["id"] for user in terraform.pages(path)}


def test_a_user_role_of_a_deleted_role_is_gone(terraform, ids):
    role = terraform.post(ROLES, role_body(ids, "short-lived"), status=200)["id"]
    made = created(terraform, USERS, config("short@terraform.example", "Short", role))
    terraform.delete(f"{ROLES}/{role}")

    assert terraform.is_gone(f"{ROLES}/{role}/users?page%5Bnumber%5D=0&page%5Bsize%5D=100")
    assert terraform.ask("DELETE", f"/v2{ROLES}/{role}/users", ref("users", made["id"]))[0] == 404
    assert linked(terraform.get(f"{USERS}/{made['id']}"), "roles") == set()


# datadog_permissions, datadog_role, datadog_roles -------------------------------------------------------------
def test_permissions_are_ids_by_name_some_of_them_restricted(terraform):
    found = terraform.get("/permissions")

    by_name = {item["attributes"]["name"]: item for item in found}
    assert len(by_name) == len({item["id"] for item in found}) == len(found) > 200
    assert by_name["dashboards_read"]["attributes"]["restricted"] is True
    assert by_name["dashboards_write"]["attributes"]["restricted"] is False


def test_permissions_of_a_role_are_listed_whole(terraform, crowded):
    found = terraform.get(f"{ROLES}/{crowded}/permissions")

    assert {item["id"] for item in found} == linked(terraform.get(f"{ROLES}/{crowded}"), "permissions")
    assert "slos_write" in names(found)


def test_a_role_is_found_by_its_exact_name_among_several(terraform, ids):
    for name in ("on call", "On call, nights"):
        terraform.post(ROLES, role_body(ids, name), status=200)

    assert sorted(names(terraform.get(ROLES, filter="on call"))) == ["On call, nights", "on call"]
    assert names(terraform.get(ROLES, filter="nights")) == ["On call, nights"]
    assert names(terraform.get(ROLES, filter="Datadog Admin Role")) == ["Datadog Admin Role"]
    assert terraform.get(ROLES, filter="nobody") == []


@pytest.mark.parametrize(("query", "counted"), [({}, "total_count"), ({"filter": "Datadog"}, "total_filtered_count")])
def test_roles_are_read_until_as_many_as_were_counted(terraform, crowded, query, counted):
    found, remaining, number = [], 1, 0
    while remaining > 0:
        document = terraform.call("GET", ROLES, **FULL | {"page[number]": number}, **query)
        found += document["data"]
        remaining = document["meta"]["page"][counted] - 100 * (number + 1)
        number += 1
        assert document["data"]

    assert len(found) == document["meta"]["page"][counted]
    assert ("crowded" in names(found)) is not bool(query)


def test_every_page_of_roles_counts_all_of_them(terraform, crowded):
    every = terraform.call("GET", ROLES, **FULL)
    page = terraform.call("GET", ROLES, **{"page[size]": 2, "page[number]": 1}, filter="Datadog")

    assert every["meta"]["page"] == {"total_count": len(every["data"]), "total_filtered_count": len(every["data"])}
    assert page["meta"]["page"] == {"total_count": len(every["data"]), "total_filtered_count": 3}
    assert len(page["data"]) == 1


# datadog_role_users, datadog_users, datadog_user --------------------------------------------------------------
def test_users_of_a_role_are_all_found_page_by_page(terraform, crowded):
    found = terraform.pages(f"{ROLES}/{crowded}/users")

    assert len(found) == len({user["id"] for user in found}) == CROWD
    assert terraform.get(f"{ROLES}/{crowded}")["attributes"]["user_count"] == CROWD
    (hit,) = terraform.pages(f"{ROLES}/{crowded}/users", filter="crowd-102@terraform.example")
    assert terraform.get(f"{USERS}/{hit['id']}") == hit


def test_users_are_all_found_page_by_page_and_by_status(terraform, crowded):
    every = terraform.pages(USERS)
    active = terraform.pages(USERS, **{"filter[status]": "Active"})
    present = terraform.pages(USERS, **{"filter[status]": "Active,Pending"})

    assert len(every) == len({user["id"] for user in every}) > CROWD
    assert [user["attributes"]["email"] for user in active] == ["ada@terraform.example"]
    assert {user["attributes"]["status"] for user in present} == {"Active", "Pending"}
    assert len(terraform.pages(USERS, filter="CROWD-1")) == 1 + 10 + 3


def test_a_user_is_found_by_address_also_when_another_contains_it(terraform):
    for email in ("tim@terraform.example", "jim+tim@terraform.example"):
        created(terraform, USERS, config(email, email))

    one = terraform.get(USERS, filter="jim+tim@terraform.example")
    both = terraform.get(USERS, filter="tim@terraform.example")

    assert [user["attributes"]["email"] for user in one] == ["jim+tim@terraform.example"]
    exact = [user for user in both if user["attributes"]["email"] == "tim@terraform.example"]
    assert (len(both), len(exact)) == (2, 1)


# datadog_service_account, datadog_current_user ----------------------------------------------------------------
def test_a_service_account_is_found_by_id_and_by_name_and_status(terraform, crowded):
    wanted = config("look@terraform.example", "look me up", crowded)
    made = created(terraform, "/service_accounts", wanted, service_account=True)

    (hit,) = terraform.get(USERS, **{"filter": "look me up", "filter[status]": "Active"})
    assert hit == terraform.get(f"{USERS}/{made['id']}") == made
    assert stored(hit, "service_account", "handle") == {"service_account": True, "handle": made["id"]}
    take(terraform, made["id"], crowded)
    terraform.delete(f"{USERS}/{made['id']}")
    assert terraform.get(USERS, **{"filter": "look me up", "filter[status]": "Active"}) == []


def test_whoever_runs_it_is_told_with_their_one_organization(terraform):
    document = terraform.call("GET", "/current_user")

    (org,) = [item for item in document["included"] if item["type"] == "orgs"]
    assert document["data"]["relationships"]["org"]["data"] == {"id": org["id"], "type": "orgs"}
    assert org["attributes"]["name"] == "Terraform lookups"
    assert org["attributes"]["public_id"]
    assert stored(document["data"], "email", "service_account") == {
        "email": "ada@terraform.example",
        "service_account": False,
    }


def test_an_invitation_that_cannot_be_sent_says_why(terraform):
    (ada,) = terraform.get(USERS, filter="ada@terraform.example")
    body = {"data": [{"relationships": {"user": ref("users", ada["id"])}, "type": "user_invitations"}]}

    status, document = terraform.ask("POST", "/v2/user_invitations", body)

    assert status == 400
    assert document["errors"]


def test_an_update_that_names_another_user_is_refused(terraform):
    (ada,) = terraform.get(USERS, filter="ada@terraform.example")
    other = entity("users", "00000000-0000-4000-8000-000000000000", disabled=False, email="ada@terraform.example")

    answer = terraform.ask("PATCH", f"/v2{USERS}/{ada['id']}", other)

    assert answer == (422, {"errors": ["UUID's in the URL and request body do not match"]})
