"""/verifications: the same question as JSON, for applications that ask for themselves, one or many at once."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from keys import lifecycle
from keys.kinds import API_KEY, PERSONAL_ACCESS_TOKEN

pytestmark = pytest.mark.django_db


def ask(body, status=200, **headers):
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    answer = Client().post("/verifications", content, content_type="application/json", headers=headers)
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.fixture
def token(alice, issue):
    return issue(PERSONAL_ACCESS_TOKEN, alice, scopes=["dashboards_read"])


def test_a_good_one_is_said_with_whose_it_is_and_what_it_may(token, alice, acme):
    assert ask({"credential": token.secret.text}) == {
        "valid": True,
        "outcome": "valid",
        "credential_id": str(token.credential.pk),
        "kind": "personal_access_token",
        "organization_id": str(acme.pk),
        "owner_id": str(alice.pk),
        "scopes": ["dashboards_read"],
    }


def test_a_refused_one_is_an_answer_too_and_says_why_but_not_whose(token, alice, actor_of):
    lifecycle.revoke(token.credential.pk, by=actor_of(alice))

    assert ask({"credential": token.secret.text}) == {
        "valid": False,
        "outcome": "revoked",
        "message": "This credential was revoked.",
    }


def test_a_missing_scope_is_named(token):
    said = ask({"credential": token.secret.text, "scope": ["monitors_read"]})

    assert (said["outcome"], said["missing_scope"]) == ("missing_scope", "monitors_read")


def test_many_are_answered_in_their_order_by_one_query(token, alice, issue):
    key = issue(API_KEY, alice).secret.text
    texts = [key, token.secret.text, "0" * 32, "nonsense", ""]

    with CaptureQueriesContext(connection) as queries:
        said = ask({"questions": [{"credential": text} for text in texts]})["verdicts"]

    assert [one["outcome"] for one in said] == ["valid", "valid", "unknown", "unknown", "absent"]
    assert len(queries) == 1


HUNDRED_AND_ONE = {"questions": [{"credential": ""}] * 101}
REFUSED = {
    "nothing": ("", "The body is not valid JSON"),
    "no object": ([], "The body"),
    "no credential": ({}, "credential"),
    "a number": ({"credential": 1}, "credential"),
    "unknown field": ({"credential": "", "scopes": []}, "'scopes' was unexpected"),
    "unknown kind": ({"credential": "", "accept": ["apikey"]}, "accept: there is no kind"),
    "unknown scope": ({"credential": "", "scope": ["nope"]}, "scope: there is no scope"),
    "no id": ({"credential": "", "organization": "1"}, "organization"),
    "none": ({"questions": []}, "questions: ask 1 to 100"),
    "too many": (HUNDRED_AND_ONE, "questions: ask 1 to 100"),
    "bad in a list": ({"questions": [{"credential": ""}, {"credential": "", "scope": ["x"]}]}, "questions[1].scope"),
    "lone surrogate": ('{"credential": "\\ud800"}', "UTF-8"),
    "twice": ('{"credential": "", "credential": ""}', "credential"),
}


@pytest.mark.parametrize(("body", "words"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_400_and_says_where(body, words):
    assert words in ask(body, 400)["errors"][0]


def test_a_secret_in_the_wrong_place_is_not_said_back(token):
    text = token.secret.text

    assert text not in json.dumps(ask({"credential": "", "accept": [text]}, 400))


def test_it_is_posted_and_called_json():
    assert Client().get("/verifications").status_code == 405
    assert Client().post("/verifications", {"credential": "x"}).status_code == 415


def test_a_body_beyond_the_bound_is_413():
    ask({"credential": "a" * 70_000}, 413)


def test_only_those_may_ask_who_may_ask_at_all(settings, token):
    settings.VERIFY_SECRET = "between gateways"

    ask({"credential": token.secret.text}, 403)
    ask({"credential": token.secret.text}, 200, **{"X-Verify-Secret": "between gateways"})
