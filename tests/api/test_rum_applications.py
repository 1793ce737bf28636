"""/api/v2/rum/applications as Datadog's clients have it."""

import uuid
from datetime import timedelta

import pytest

from keys import verification
from keys.kinds import CLIENT_TOKEN
from keys.models import Credential
from tests.api.test_permissions import body

pytestmark = pytest.mark.django_db
PATH = "/api/v2/rum/applications"


@pytest.fixture
def admin(alice, pair):
    return pair(alice)


@pytest.fixture
def made(admin):
    return admin.post(PATH, body("rum_application_create", name="storefront-web")).json()["data"]


def at(made):
    return f"{PATH}/{made['id']}"


def test_creating_one_answers_200_with_everything(admin, alice, now):
    answer = admin.post(PATH, body("rum_application_create", name="shop", type="ios"))
    data = answer.json()["data"]
    attributes = data["attributes"]

    assert (answer.status_code, data["type"], data["id"]) == (200, "rum_application", attributes["application_id"])
    assert attributes["client_token"] == attributes["hash"]
    assert verification.verify(attributes["hash"], now=now, accepting=(CLIENT_TOKEN,))
    assert (attributes["name"], attributes["type"], attributes["is_active"]) == ("shop", "ios", False)
    assert attributes["created_by_handle"] == attributes["updated_by_handle"] == alice.email
    assert abs(attributes["created_at"] - now.timestamp() * 1000) < 60_000
    assert attributes["product_scales"] == {
        "rum_event_processing_scale": {"state": "ALL", "last_modified_at": attributes["created_at"]},
        "product_analytics_retention_scale": {"state": "NONE", "last_modified_at": attributes["created_at"]},
    }


def test_a_list_has_no_tokens_and_one_of_them_has_its_token(admin, made):
    listed = admin.get(PATH).json()["data"]
    read = admin.get(at(made)).json()["data"]

    assert [one["id"] for one in listed] == [made["id"]]
    assert not {"client_token", "hash"} & set(listed[0]["attributes"])
    assert read == made


def test_an_update_changes_what_it_names(admin, made):
    changed = admin.patch(
        at(made),
        body("rum_application_update", made["id"], name="shop", product_analytics_retention_state="MAX"),
    ).json()["data"]["attributes"]

    scales = changed["product_scales"]
    assert (changed["name"], changed["type"]) == ("shop", "browser")
    assert scales["product_analytics_retention_scale"]["state"] == "MAX"
    assert scales["rum_event_processing_scale"] == made["attributes"]["product_scales"]["rum_event_processing_scale"]


@pytest.mark.parametrize(("days", "is_active"), [(29, True), (31, False)])
def test_one_whose_token_was_used_lately_is_active(days, is_active, admin, made, used):
    used(Credential.objects.get(public_text=made["attributes"]["hash"]), ago=timedelta(days=days))

    assert admin.get(at(made)).json()["data"]["attributes"]["is_active"] is is_active


def test_deleting_is_done_once_and_answered_204_each_time(admin, made, now):
    assert [admin.delete(at(made)).status_code for _ in range(2)] == [204, 204]
    assert admin.get(at(made)).status_code == 404
    assert admin.get(PATH).json() == {"data": []}
    assert not verification.verify(made["attributes"]["hash"], now=now)


@pytest.mark.parametrize("method", ["get", "delete"])
@pytest.mark.parametrize("identity", ["nothing", str(uuid.UUID(int=1))])
def test_what_nobody_knows_is_404_in_datadogs_words(method, identity, admin):
    answer = getattr(admin, method)(f"{PATH}/{identity}")

    assert (answer.status_code, answer.json()) == (404, {"errors": ["Application Not Found not found"]})


def test_a_stranger_finds_nothing(made, charlie, pair):
    stranger = pair(charlie)

    assert stranger.get(PATH).json() == {"data": []}
    assert [getattr(stranger, method)(at(made)).status_code for method in ("get", "delete")] == [404, 404]


def test_an_update_of_another_is_422_in_datadogs_words(admin, made):
    answer = admin.patch(at(made), body("rum_application_update", uuid.uuid4(), name="x"))

    expected = "The id attribute in the request body does not match the id in the URL"
    assert (answer.status_code, answer.json()) == (422, {"errors": [expected]})


@pytest.mark.parametrize(
    ("attributes", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x", "type": "toaster"}, "type"),
        ({"name": "x", "rum_event_processing_state": "SOME"}, "rum_event_processing_state"),
        ({"name": "x", "colour": "red"}, "colour"),
    ],
)
def test_what_makes_no_sense_is_400_and_named(attributes, field, admin):
    answer = admin.post(PATH, body("rum_application_create", **attributes))

    assert answer.status_code == 400
    assert field in answer.json()["errors"][0]
