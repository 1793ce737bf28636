"""API keys and application keys by way of the API: shapes, filters, pages, refusals."""

from datetime import timedelta

import pytest

from keys.kinds import API_KEY, APPLICATION_KEY, PERSONAL_ACCESS_TOKEN
from keys.models import Credential

pytestmark = pytest.mark.django_db

KEYS = "/api/v2/api_keys"
OWN = "/api/v2/current_user/application_keys"


def new_api_key(name="web", **attributes):
    return {"data": {"type": "api_keys", "attributes": {"name": name} | attributes}}


def new_application_key(name="ci", **attributes):
    return {"data": {"type": "application_keys", "attributes": {"name": name} | attributes}}


@pytest.fixture
def admin(alice, pair):
    return pair(alice)


def test_a_new_api_key_answers_201_with_its_text(admin):
    answer = admin.post(KEYS, new_api_key())

    data = answer.json()["data"]
    assert answer.status_code == 201
    assert len(data["attributes"]["key"]) == 32
    assert data["attributes"]["last4"] == data["attributes"]["key"][-4:]
    assert data["relationships"]["leak_information"] == {"data": None}
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_text_is_in_no_later_answer(admin):
    made = admin.post(KEYS, new_api_key()).json()["data"]

    answers = [admin.get(KEYS), admin.get(f"{KEYS}/{made['id']}")]
    answers.append(admin.patch(f"{KEYS}/{made['id']}", renamed(made, "other")))
    assert all(made["attributes"]["key"] not in answer.content.decode() for answer in answers)
    assert all(answer.status_code == 200 for answer in answers)


def renamed(made, name):
    return {"data": {"type": made["type"], "id": made["id"], "attributes": {"name": name}}}


def test_what_a_key_was_used_for_last_is_in_later_answers(admin, api_key, alice):
    admin.get(KEYS)

    used = admin.get(KEYS, filter="sender").json()["data"][0]["attributes"]

    assert used["date_last_used"] is not None
    assert used["used_in_last_24_hours"] is True
    assert used["last_used_date"]["timestamp"] == used["date_last_used"]


def test_a_second_key_of_the_same_name_is_refused_with_words(admin):
    admin.post(KEYS, new_api_key())

    answer = admin.post(KEYS, new_api_key())

    assert answer.status_code == 400
    assert answer.json() == {"errors": ["name: Another one already has this name."]}


def test_the_sixth_key_is_refused_with_the_remedy(admin):
    made = [admin.post(KEYS, new_api_key(f"key {n}")).status_code for n in range(5)]

    assert made == [201, 201, 201, 201, 400]
    assert "ask support" in admin.post(KEYS, new_api_key("one more")).json()["errors"][0]


def test_the_last_key_stays(admin, alice):
    last = Credential.objects.get(kind=API_KEY)

    answer = admin.delete(f"{KEYS}/{last.pk}")

    assert answer.status_code == 403
    assert "last API key" in answer.json()["errors"][0]


def test_a_revoked_key_is_gone_at_once(admin):
    made = admin.post(KEYS, new_api_key()).json()["data"]

    assert admin.delete(f"{KEYS}/{made['id']}").status_code == 204
    for again in (admin.delete(f"{KEYS}/{made['id']}"), admin.get(f"{KEYS}/{made['id']}")):
        assert (again.status_code, again.json()) == (404, {"errors": ["API key not found"]})


@pytest.mark.parametrize("key", ["invalidId", "abcde-12345", "0" * 32, "{", "%00", "urn:uuid:0", "é"])
def test_what_is_no_id_is_not_found(admin, key):
    answer = admin.get(f"{KEYS}/{key}")

    assert (answer.status_code, answer.json()) == (404, {"errors": ["API key not found"]})


def test_somebody_elses_key_is_not_found(admin, charlie, issue):
    theirs = issue(API_KEY, charlie).credential

    assert admin.get(f"{KEYS}/{theirs.pk}").status_code == 404
    assert admin.delete(f"{KEYS}/{theirs.pk}").status_code == 404


@pytest.mark.parametrize("id_", ["00000000-0000-4000-8000-000000000000", "no id", 7, None, ["x"]])
def test_an_id_in_the_body_that_is_not_the_one_in_the_address_is_422_before_anything_else(admin, id_):
    made = admin.post(KEYS, new_api_key()).json()["data"]

    answer = admin.patch(f"{KEYS}/{made['id']}", {"data": {"type": "nonsense", "id": id_, "attributes": {"name": 1}}})

    assert (answer.status_code, answer.json()["errors"]) == (422, ["UUID's in the URL and request body do not match"])


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["alpha", "beta", "gamma", "sender"]),
        ({"sort": "-name"}, ["sender", "gamma", "beta", "alpha"]),
        ({"page[size]": 2}, ["alpha", "beta"]),
        ({"page[size]": 2, "page[number]": 1}, ["gamma", "sender"]),
        ({"page[number]": 9}, []),
        ({"filter": "ET"}, ["beta"]),
        ({"filter[category]": "agents"}, ["gamma"]),
        ({"filter[remote_config_read_enabled]": "false"}, ["beta"]),
        ({"filter[created_at][start]": "2099-01-01"}, []),
        ({"filter[created_at][end]": "2099-01-01T00:00:00+00:00"}, ["alpha", "beta", "gamma", "sender"]),
        ({"filter[modified_at][start]": "2020-01-01T00:00:00Z"}, ["alpha", "beta", "gamma", "sender"]),
        ({"filter[modified_at][end]": "2020-01-01T00:00:00Z"}, []),
    ],
)
def test_api_keys_are_filtered_sorted_and_paged(admin, params, found):
    admin.post(KEYS, new_api_key("alpha"))
    admin.post(KEYS, new_api_key("beta", remote_config_read_enabled=False))
    admin.post(KEYS, new_api_key("gamma", category="agents"))

    answer = admin.get(KEYS, **params)

    assert [row["attributes"]["name"] for row in answer.json()["data"]] == found
    assert answer.json()["meta"]["max_allowed"] == 5


def test_the_count_is_of_all_that_the_filter_lets_through(admin):
    for name in ("one", "two", "three"):
        admin.post(KEYS, new_api_key(name))

    answer = admin.get(KEYS, filter="t", **{"page[size]": 1})

    assert answer.json()["meta"]["page"] == {"total_filtered_count": 2}


def test_people_are_included_once_each_when_asked_for(admin, alice):
    answer = admin.get(KEYS, include="created_by,modified_by")

    assert [(person["type"], person["id"]) for person in answer.json()["included"]] == [("users", str(alice.pk))]


def test_no_scopes_none_and_null_all_mean_unscoped(admin):
    bodies = [new_application_key("a"), new_application_key("b", scopes=[]), new_application_key("c", scopes=None)]

    made = [admin.post(OWN, body).json()["data"]["attributes"] for body in bodies]

    assert [attributes["scopes"] for attributes in made] == [None, None, None]


def test_scopes_are_taken_away_again_by_none(admin):
    made = admin.post(OWN, new_application_key(scopes=["dashboards_read"])).json()["data"]
    body = {"data": {"type": made["type"], "id": made["id"], "attributes": {"scopes": []}}}

    assert made["attributes"]["scopes"] == ["dashboards_read"]
    assert admin.patch(f"{OWN}/{made['id']}", body).json()["data"]["attributes"]["scopes"] is None


def test_an_unknown_scope_is_named(admin):
    answer = admin.post(OWN, new_application_key(scopes=["dashboards_read", "no_such_thing"]))

    assert (answer.status_code, answer.json()) == (400, {"errors": ["scopes: Invalid scopes: no_such_thing."]})


def test_a_key_for_a_service_account_may_be_scoped_to_what_it_cannot_do_yet(admin, robot):
    path = f"/api/v2/service_accounts/{robot.pk}/application_keys"

    made = admin.post(path, new_application_key(scopes=["user_access_manage"])).json()["data"]

    assert made["attributes"]["scopes"] == ["user_access_manage"]
    assert made["relationships"]["owned_by"] == {"data": {"type": "users", "id": str(robot.pk)}}


def test_somebody_elses_application_key_is_not_ones_own(admin, camille, issue):
    theirs = issue(APPLICATION_KEY, camille).credential

    assert admin.get(f"{OWN}/{theirs.pk}").status_code == 404
    assert admin.get(f"/api/v2/application_keys/{theirs.pk}").status_code == 200


def test_ones_own_key_comes_with_owner_and_roles(admin):
    made = admin.post(OWN, new_application_key()).json()["data"]

    answer = admin.get(f"{OWN}/{made['id']}").json()

    assert [item["type"] for item in answer["included"]] == ["users", "roles"]
    assert "key" not in answer["data"]["attributes"]


def test_an_expired_token_leaves_the_list_and_gives_up_its_name(admin, issue, alice, now):
    issue(PERSONAL_ACCESS_TOKEN, alice, name="nightly")
    Credential.objects.filter(name="nightly").update(expires_at=now - timedelta(seconds=1))
    body = {
        "data": {
            "type": "personal_access_tokens",
            "attributes": {
                "name": "nightly",
                "scopes": ["dashboards_read"],
                "expires_at": (now + timedelta(days=2)).isoformat(),
            },
        }
    }

    assert admin.get("/api/v2/personal_access_tokens").json()["data"] == []
    assert admin.post("/api/v2/personal_access_tokens", body).status_code == 201
    assert Credential.objects.filter(name="nightly", revoked_at__isnull=False).count() == 1
