"""Keys and tokens as the public Terraform provider manages them: its requests in its order, and no plan afterwards."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.clients.terraform import entity, provider_for, refs, stored

pytestmark = pytest.mark.server

SCOPES = ["dashboards_read", "monitors_read"]
API_KEYS, OWN_KEYS = "/api_keys", "/current_user/application_keys"
TOKEN_TYPES = ["service_access_tokens", "personal_access_tokens"]


@pytest.fixture(scope="module")
def terraform(server):
    with provider_for(server, "Terraform keys") as provider:
        yield provider


@pytest.fixture(scope="module")
def account(terraform):
    links = {"roles": refs("roles", [])}
    body = entity("users", links=links, email="deploy@terraform.example", name="deploy", service_account=True)
    return terraform.post("/service_accounts", body)["id"]


def in_a_month():
    return (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")


# The start of every run ---------------------------------------------------------------------------------------
def test_a_run_starts_with_both_keys(terraform):
    assert terraform.ask("GET", "/v1/validate") == (200, {"valid": True})


def test_a_run_starts_whatever_the_application_key_is(terraform):
    keys = terraform.credentials | {"Dd-Application-Key": "f" * 40}

    assert terraform.presenting(keys).ask("GET", "/v1/validate") == (200, {"valid": True})


@pytest.mark.parametrize("api_key", ["", "f" * 32])
def test_a_run_without_a_good_api_key_does_not_start(terraform, api_key):
    status, document = terraform.presenting(terraform.credentials | {"Dd-Api-Key": api_key}).ask("GET", "/v1/validate")

    assert status == 403
    assert document["errors"]


@pytest.mark.parametrize(("header", "scheme"), [("Dd-Application-Key", ""), ("Authorization", "Bearer ")])
def test_a_run_starts_with_a_token_alone_until_it_is_revoked(terraform, header, scheme):
    body = entity("personal_access_tokens", name="run", scopes=SCOPES, expires_at=in_a_month())
    made = terraform.post("/personal_access_tokens", body)
    run = terraform.presenting({header: scheme + made["attributes"]["key"]})

    assert run.ask("GET", "/v2/validate_keys") == (200, {"status": "ok"})
    terraform.delete(f"/personal_access_tokens/{made['id']}")
    assert run.ask("GET", "/v2/validate_keys")[0] in {401, 403}


def test_a_token_applies_api_keys_but_no_application_keys(terraform):
    scopes = ["api_keys_read", "api_keys_write", "api_keys_delete", "user_app_keys"]
    body = entity("personal_access_tokens", name="apply", scopes=scopes, expires_at=in_a_month())
    text = terraform.post("/personal_access_tokens", body)["attributes"]["key"]
    run = terraform.presenting({"Authorization": f"Bearer {text}"})

    made = run.post(API_KEYS, entity("api_keys", name="by a token"))
    assert stored(run.get(f"{API_KEYS}/{made['id']}"), "name") == {"name": "by a token"}
    run.delete(f"{API_KEYS}/{made['id']}")
    assert run.ask("POST", f"/v2{OWN_KEYS}", entity("application_keys", name="by a token", scopes=scopes))[0] == 403


@pytest.mark.parametrize(("method", "path"), [("POST", "/v2/delegated-token"), ("GET", "/v1/dashboard")])
def test_what_is_not_served_is_a_404_that_a_program_can_read(terraform, method, path):
    status, document = terraform.ask(method, path)

    assert status == 404
    assert document["errors"]


# datadog_api_key ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("flag", [{}, {"remote_config_read_enabled": True}, {"remote_config_read_enabled": False}])
def test_an_api_key_is_created_renamed_and_deleted(terraform, flag):
    made = terraform.post(API_KEYS, entity("api_keys", name="intake", **flag))
    path = f"{API_KEYS}/{made['id']}"
    configured = {"remote_config_read_enabled": made["attributes"]["remote_config_read_enabled"], **flag}
    assert re.fullmatch(r"[0-9a-f]{32}", made["attributes"]["key"])
    for _refresh in range(2):
        assert stored(terraform.get(path), "name", *configured) == {"name": "intake", **configured}

    changed = terraform.patch(path, entity("api_keys", made["id"], name="intake, renamed", **flag))
    assert changed["id"] == made["id"]
    for found in (changed, terraform.get(path)):
        assert stored(found, "name", *configured) == {"name": "intake, renamed", **configured}

    terraform.delete(path)
    assert terraform.is_gone(path)
    assert terraform.ask("DELETE", f"/v2{path}") == (404, {"errors": ["API key not found"]})


def test_a_new_api_key_starts_a_run_and_a_deleted_one_does_not(terraform):
    made = terraform.post(API_KEYS, entity("api_keys", name="run"))
    run = terraform.presenting(terraform.credentials | {"Dd-Api-Key": made["attributes"]["key"]})
    assert run.ask("GET", "/v1/validate")[0] == 200

    terraform.delete(f"{API_KEYS}/{made['id']}")

    assert run.ask("GET", "/v1/validate")[0] == 403


# datadog_application_key --------------------------------------------------------------------------------------
def test_an_application_key_without_scopes_has_null_and_no_plan(terraform):
    made = terraform.post(OWN_KEYS, entity("application_keys", name="no scopes", scopes=[]))
    path = f"{OWN_KEYS}/{made['id']}"

    assert len(made["attributes"]["key"]) == 40
    for found in (made, terraform.get(path)):
        assert stored(found, "name", "scopes") == {"name": "no scopes", "scopes": None}
    terraform.delete(path)


def test_scopes_of_an_application_key_are_set_and_taken_away_again(terraform):
    made = terraform.post(OWN_KEYS, entity("application_keys", name="scoped", scopes=SCOPES))
    path = f"{OWN_KEYS}/{made['id']}"
    assert stored(made, "name", "scopes") == {"name": "scoped", "scopes": set(SCOPES)}

    for scopes in (SCOPES[:1], [], SCOPES):
        changed = terraform.patch(path, entity("application_keys", made["id"], name="changed", scopes=scopes))
        for found in (changed, terraform.get(path)):
            assert stored(found, "name", "scopes") == {"name": "changed", "scopes": set(scopes) or None}

    terraform.delete(path)
    assert terraform.is_gone(path)
    assert terraform.ask("DELETE", f"/v2{path}")[0] == 404


def test_an_application_key_is_read_with_its_owner_beside(terraform):
    made = terraform.post(OWN_KEYS, entity("application_keys", name="owned", scopes=[]))
    document = terraform.call("GET", f"{OWN_KEYS}/{made['id']}")

    owner = document["data"]["relationships"]["owned_by"]["data"]
    assert owner == made["relationships"]["owned_by"]["data"]
    assert {"id": owner["id"], "type": "users"} in [{"id": it["id"], "type": it["type"]} for it in document["included"]]


# datadog_service_account_application_key ----------------------------------------------------------------------
def test_an_application_key_of_a_service_account_lives_through_plan_and_apply(terraform, account):
    keys = f"/service_accounts/{account}/application_keys"
    made = terraform.post(keys, entity("application_keys", name="deploy", scopes=SCOPES))
    path = f"{keys}/{made['id']}"
    assert made["relationships"]["owned_by"]["data"] == {"id": account, "type": "users"}
    assert made["attributes"]["key"][-4:] == made["attributes"]["last4"]

    for scopes in (SCOPES[:1], []):
        changed = terraform.patch(path, entity("application_keys", made["id"], name="renamed", scopes=scopes))
        for found in (changed, terraform.get(path)):
            assert stored(found, "name", "scopes") == {"name": "renamed", "scopes": set(scopes) or None}
            assert found["attributes"]["created_at"] == made["attributes"]["created_at"]
            assert "key" not in found["attributes"]

    terraform.delete(path)
    assert terraform.is_gone(path)


def test_an_application_key_is_never_registered_for_actions(terraform, account):
    keys = f"/service_accounts/{account}/application_keys"
    made = terraform.post(keys, entity("application_keys", name="actions", scopes=[]))

    for method in ("GET", "PUT", "DELETE"):
        status, document = terraform.ask(method, f"/v2/actions/app_key_registrations/{made['id']}")
        assert status == 404
        assert document["errors"]


# datadog_service_access_token ---------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", TOKEN_TYPES)
def test_a_token_of_a_service_account_lives_through_plan_and_apply(terraform, account, kind):
    tokens, end = f"/service_accounts/{account}/access_tokens", in_a_month()
    configured = {"name": "pipeline", "scopes": set(SCOPES), "expires_at": end}
    made = terraform.post(tokens, entity(kind, name="pipeline", scopes=SCOPES, expires_at=end))
    path, portion = f"{tokens}/{made['id']}", made["attributes"]["public_portion"]
    assert made["attributes"]["key"].startswith("ddsat_")
    assert made["relationships"]["owned_by"]["data"] == {"id": account, "type": "service_account"}
    assert stored(made, *configured) == stored(terraform.get(path), *configured) == configured

    changed = terraform.patch(path, entity(kind, made["id"], name="pipeline 2", scopes=SCOPES[:1]))
    for found in (changed, terraform.get(path)):
        assert stored(found, *configured) == {"name": "pipeline 2", "scopes": set(SCOPES[:1]), "expires_at": end}
        assert found["attributes"]["public_portion"] == portion
        assert found["type"] == "service_access_tokens"

    terraform.delete(path)
    assert terraform.is_gone(path)
    terraform.delete(path)


def test_a_token_without_an_end_has_null_and_no_plan(terraform, account):
    tokens = f"/service_accounts/{account}/access_tokens"
    made = terraform.post(tokens, entity(TOKEN_TYPES[0], name="endless", scopes=SCOPES))

    for found in (made, terraform.get(f"{tokens}/{made['id']}")):
        assert found["attributes"]["expires_at"] is None


UNDER = [
    (API_KEYS, "api_keys", {}),
    (OWN_KEYS, "application_keys", {"scopes": []}),
    ("/service_accounts/{}/application_keys", "application_keys", {"scopes": SCOPES}),
    ("/service_accounts/{}/access_tokens", "service_access_tokens", {"scopes": SCOPES}),
]


@pytest.mark.parametrize(("path", "kind", "more"), UNDER)
def test_what_is_replaced_keeps_its_name_under_another_id(terraform, account, path, kind, more):
    path = path.format(account)
    seen = []
    for _apply in range(2):
        seen.append(terraform.post(path, entity(kind, name="replaced", **more))["id"])
        terraform.delete(f"{path}/{seen[-1]}")

    assert len(set(seen)) == 2
    assert all(terraform.is_gone(f"{path}/{key}") for key in seen)


@pytest.mark.parametrize(("path", "kind"), [where[:2] for where in UNDER[1:]])
def test_an_unknown_scope_is_refused_in_words_the_provider_knows(terraform, account, path, kind):
    status, document = terraform.ask("POST", f"/v2{path.format(account)}", entity(kind, name="x", scopes=["no_such"]))

    assert status == 400
    assert re.search("invalid scopes", document["errors"][0], re.IGNORECASE)


# Data sources -------------------------------------------------------------------------------------------------
@pytest.fixture
def found_key(terraform):
    made = terraform.post(API_KEYS, entity("api_keys", name="data source a+b"))
    yield made
    terraform.delete(f"{API_KEYS}/{made['id']}")


def test_an_api_key_is_found_by_name_but_its_text_is_not_read_again(terraform, found_key):
    hits = terraform.get(API_KEYS, filter="data source a+b")

    assert [hit["id"] for hit in hits] == [found_key["id"]]
    assert "key" not in terraform.get(f"{API_KEYS}/{found_key['id']}")["attributes"]  # deprecated: it says so and stops
    assert terraform.is_gone(f"{API_KEYS}/invalidId")


def test_api_keys_are_listed_with_every_filter_of_the_data_source(terraform, found_key):
    moment = found_key["attributes"]["created_at"]
    every = {f"filter[{name}][{edge}]": moment for name in ("created_at", "modified_at") for edge in ("start", "end")}
    every |= {"filter[remote_config_read_enabled]": "true", "filter[category]": "default", "filter": "a+b"}

    document = terraform.call(
        "GET", API_KEYS, **every, **{"page[size]": 10, "page[number]": 0}, include="created_by,modified_by"
    )

    assert [key["id"] for key in document["data"]] == [found_key["id"]]
    assert document["data"][0]["attributes"]["date_last_used"] is None
    assert document["data"][0]["relationships"]["created_by"]["data"]["id"] == document["included"][0]["id"]
    assert terraform.get(API_KEYS, **every | {"filter[category]": "other"}) == []


@pytest.mark.parametrize("path", [OWN_KEYS, "/application_keys"])
def test_an_application_key_is_found_by_name(terraform, path):
    made = terraform.post(OWN_KEYS, entity("application_keys", name="look me up", scopes=[]))

    hits = terraform.get(path, filter="look me up")

    assert [(hit["id"], hit["attributes"]["scopes"]) for hit in hits] == [(made["id"], None)]
    assert "key" not in terraform.get(f"{path}/{made['id']}")["attributes"]
    terraform.delete(f"{OWN_KEYS}/{made['id']}")


def test_application_keys_are_listed_with_every_filter_of_the_data_source(terraform, account):
    keys = f"/service_accounts/{account}/application_keys"
    own = terraform.post(OWN_KEYS, entity("application_keys", name="listed, my own", scopes=SCOPES))
    made = terraform.post(keys, entity("application_keys", name="listed", scopes=SCOPES))
    begun, end = (found["attributes"]["created_at"] for found in (own, made))
    every = {"filter": "listed", "filter[created_at][start]": begun, "filter[created_at][end]": end}
    assert len(terraform.get("/application_keys", **every)) == 2
    every |= {"filter[owned_by]": account, "include": "owned_by", "page[size]": 10, "page[number]": 0}

    document = terraform.call("GET", "/application_keys", **every)

    assert [stored(key, "scopes", "last_used_at") for key in document["data"]] == [
        {"scopes": set(SCOPES), "last_used_at": None}
    ]
    assert [owner["id"] for owner in document["included"]] == [account]
    assert document["data"][0]["relationships"]["owned_by"]["data"] == {"id": account, "type": "users"}
