"""What policies mean for programs: an owner is named for them, and a refusal says which rule it was."""

import json

import pytest

from keys import policies
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, PERSONAL_ACCESS_TOKEN
from keys.models import Ownership
from keys.policies import Terms

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(alice, actor_of):
    """Changes some terms of a kind's policy and leaves the others."""

    def change(kind, **wanted):
        now = policies.of(alice.organization_id, kind)
        terms = {field: getattr(now, field) for field in Terms.__annotations__} | wanted
        return policies.change(kind, Terms(**terms), by=actor_of(alice))

    return change


def body(kind, **attributes):
    return {"data": {"type": kind, "attributes": {"name": "from a program"} | attributes}}


def test_whoever_acts_owns_the_api_keys_a_program_creates(alice, pair, ask):
    program = pair(alice)
    ask(API_KEY, owner_required=True)

    first = program.post("/api/v2/api_keys", body("api_keys"))
    second = program.post("/api/v1/api_key", {"name": "older"})

    assert (first.status_code, second.status_code) == (201, 200)
    named = Ownership.objects.filter(credential__name__in=["from a program", "older"])
    assert [said.member for said in named] == [alice, alice]


def test_whoever_acts_owns_the_client_token_of_a_new_application(alice, pair, ask):
    program = pair(alice)
    ask(CLIENT_TOKEN, owner_required=True)

    answer = program.post("/api/v2/rum/applications", body("rum_application_create"))

    assert answer.status_code == 200
    assert Ownership.objects.get(credential__kind=CLIENT_TOKEN).member == alice


def test_a_refusal_by_policy_names_the_field_and_the_rule(alice, pair, ask):
    program = pair(alice)
    ask(PERSONAL_ACCESS_TOKEN, longest_days=30)

    asked = body("personal_access_tokens", scopes=["dashboards_read"], expires_at="2027-10-01T00:00:00Z")
    answer = program.post("/api/v2/personal_access_tokens", asked)

    assert answer.status_code == 400
    assert "expires_at: Choose a time within 30 days: the policy asks for it." in json.dumps(answer.json())


def test_a_key_without_scopes_is_refused_where_they_are_required(alice, pair, ask):
    program = pair(alice)
    ask(APPLICATION_KEY, scopes_required=True)

    answer = program.post("/api/v2/current_user/application_keys", body("application_keys"))

    assert answer.status_code == 400
    assert "scopes: Choose at least one scope." in json.dumps(answer.json())


def test_whoever_is_no_admin_learns_which_permission_it_takes(camille, pair, ask):
    program = pair(camille)
    ask(APPLICATION_KEY, admins_create=True)

    answer = program.post("/api/v2/current_user/application_keys", body("application_keys"))

    assert answer.status_code == 403
    assert "org_management" in json.dumps(answer.json())
