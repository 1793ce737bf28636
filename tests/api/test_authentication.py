"""What opens the API: which credentials, where they are looked for, which of several counts, and why one is refused."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.builtin_roles import ADMIN
from accounts.models import MemberRole
from audit.models import AuditEvent
from keys import lifecycle, offboarding
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN
from keys.models import Credential
from tests.api.conftest import NOBODY, Program

pytestmark = pytest.mark.django_db

HEADERS = {"api": "DD-API-KEY", "app": "DD-APPLICATION-KEY", "bearer": "Authorization"}


@pytest.fixture
def text_of(alice, robot, issue):
    """The text of a fresh credential of any kind."""
    return lambda kind, **fields: issue(kind, alice, **fields).secret.text


def ask(**presented):
    """Whether these may act: the status, and why not."""
    sent = {HEADERS[name]: f"Bearer {text}" if name == "bearer" else text for name, text in presented.items()}
    answer = Client().get("/api/v2/validate_keys", headers=sent)
    return answer.status_code, answer.json().get("errors", answer.json())


GOOD = (200, {"status": "ok"})
FORBIDDEN = (403, ["Forbidden"])


def test_both_keys_together_may_act(text_of):
    assert ask(api=text_of(API_KEY), app=text_of(APPLICATION_KEY)) == GOOD


@pytest.mark.parametrize("kind", [PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN], ids=str)
def test_a_token_acts_alone_by_either_header(kind, text_of):
    text = text_of(kind)

    assert ask(app=text) == ask(bearer=text) == GOOD


def test_an_api_key_beside_a_token_is_not_looked_at(text_of):
    assert ask(api="nonsense", app=text_of(PERSONAL_ACCESS_TOKEN)) == GOOD


def test_the_bearer_counts_before_everything_else(text_of):
    api, app = text_of(API_KEY), text_of(APPLICATION_KEY)

    assert ask(api=api, app=app, bearer="nonsense") == FORBIDDEN
    assert ask(api="nonsense", app="nonsense", bearer=text_of(PERSONAL_ACCESS_TOKEN)) == GOOD


def test_old_clients_may_use_the_query_string_and_a_header_counts_before_it(text_of):
    keys = {"api_key": text_of(API_KEY), "application_key": text_of(APPLICATION_KEY)}

    assert NOBODY.get("/api/v2/validate_keys", **keys).status_code == 200
    assert Program({"DD-API-KEY": "nonsense"}).get("/api/v2/validate_keys", **keys).status_code == 403


def test_nothing_at_all_is_401_and_says_what_to_send():
    status, errors = ask()

    assert (status, errors[0]) == (401, "Unauthorized")
    assert "DD-APPLICATION-KEY" in errors[1]


def test_an_api_key_alone_is_nobody(text_of):
    assert ask(api=text_of(API_KEY))[0] == 401


def test_an_application_key_alone_is_not_enough(text_of):
    assert ask(app=text_of(APPLICATION_KEY)) == FORBIDDEN


def test_keys_of_two_organizations_do_not_go_together(text_of, charlie, issue):
    theirs = issue(API_KEY, charlie).secret.text

    status, errors = ask(api=theirs, app=text_of(APPLICATION_KEY))

    assert (status, errors[1]) == (403, "The API key and the application key belong to different organizations.")


@pytest.mark.parametrize("kind", [API_KEY, APPLICATION_KEY, CLIENT_TOKEN], ids=str)
def test_nothing_but_a_token_is_a_bearer(kind, text_of):
    assert ask(bearer=text_of(kind)) == (403, ["Forbidden", "This kind of credential does not open this address."])


@pytest.mark.parametrize("kind", [API_KEY, CLIENT_TOKEN], ids=str)
def test_what_is_no_application_key_does_not_pass_for_one(kind, text_of):
    assert ask(api=text_of(API_KEY, name="sender"), app=text_of(kind))[0] == 403


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer \xff\xfe", "bearer a b c"])
def test_a_bearer_that_makes_no_sense_is_forbidden(header):
    assert Client().get("/api/v2/validate_keys", headers={"Authorization": header}).status_code == 403


@pytest.mark.parametrize("header", ["Basic eDp5", "", "nonsense"])
def test_another_scheme_is_refused_whatever_else_is_sent(header, alice, pair):
    answer = pair(alice).ask("GET", "/api/v2/validate_keys", headers={"Authorization": header})

    assert (answer.status_code, answer.json()["errors"][1][:27]) == (401, "Authorization: only Bearer ")


def test_a_revoked_credential_is_told_so(alice, issue, actor_of):
    made = issue(PERSONAL_ACCESS_TOKEN, alice)
    lifecycle.revoke(made.credential.id, by=actor_of(alice))

    assert ask(bearer=made.secret.text) == (403, ["Forbidden", "This credential was revoked."])


def test_an_expired_one_too(alice, issue, now):
    made = issue(PERSONAL_ACCESS_TOKEN, alice)
    Credential.objects.filter(pk=made.credential.pk).update(expires_at=now - timedelta(seconds=1))

    assert ask(bearer=made.secret.text) == (403, ["Forbidden", "This credential has expired."])


def test_the_keys_of_a_disabled_owner_open_nothing(alice, camille, issue, actor_of):
    made = issue(PERSONAL_ACCESS_TOKEN, camille)
    offboarding.disable(camille.pk, by=actor_of(alice))

    assert ask(bearer=made.secret.text)[0] == 403


def test_a_role_that_is_taken_away_is_missed_at_the_next_request(alice, robot, token):
    program = token(robot, "api_keys_read")
    before = program.get("/api/v2/api_keys").status_code
    MemberRole.objects.filter(member=robot).delete()

    answer = program.get("/api/v2/api_keys")

    assert (before, answer.status_code) == (200, 403)
    assert answer.json()["errors"] == ["Forbidden", "The owner of this credential lacks the permission api_keys_read."]


def test_a_missing_scope_is_named(alice, token):
    answer = token(alice, "dashboards_read").get("/api/v2/api_keys")

    assert answer.json()["errors"] == ["Forbidden", "This credential is not scoped for api_keys_read."]


def token_body(kind, now, **attributes):
    given = {"name": "minted", "scopes": ["user_app_keys"], "expires_at": (now + timedelta(days=2)).isoformat()}
    return {"data": {"type": kind, "attributes": given | attributes}}


PATS = "/api/v2/personal_access_tokens"


def test_a_token_mints_a_token_within_its_own_bounds(alice, token, now):
    assert token(alice, "user_app_keys").post(PATS, token_body("personal_access_tokens", now)).status_code == 201


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"scopes": ["user_app_keys", "api_keys_write"]}, "not scoped for: api_keys_write"),
        ({"expires_at": "later"}, "live longer"),
    ],
)
def test_a_token_mints_none_that_is_wider_or_lives_longer(alice, token, now, attributes, words):
    if attributes.get("expires_at") == "later":
        attributes = {"expires_at": (now + timedelta(days=300)).isoformat()}

    answer = token(alice, "user_app_keys").post(PATS, token_body("personal_access_tokens", now, **attributes))

    assert answer.status_code == 403
    assert words in answer.json()["errors"][1]


def test_a_token_widens_none(alice, issue, token):
    made = issue(PERSONAL_ACCESS_TOKEN, alice, name="narrow", scopes=["user_app_keys"])
    data = {"type": "personal_access_tokens", "id": str(made.credential.pk)}
    program = token(alice, "user_app_keys", "org_app_keys_write")

    wider = program.patch(f"{PATS}/{data['id']}", {"data": data | {"attributes": {"scopes": ["api_keys_write"]}}})
    renamed = program.patch(f"{PATS}/{data['id']}", {"data": data | {"attributes": {"name": "thin"}}})

    assert (wider.status_code, renamed.status_code) == (403, 200)


def test_a_token_neither_creates_nor_changes_application_keys_but_may_revoke_them(alice, issue, token):
    key = issue(APPLICATION_KEY, alice, scopes=["user_app_keys"]).credential
    program, path = token(alice, "user_app_keys"), "/api/v2/current_user/application_keys"
    data = {"type": "application_keys", "attributes": {"name": "x", "scopes": ["user_app_keys"]}}

    assert program.post(path, {"data": data}).status_code == 403
    assert program.patch(f"{path}/{key.pk}", {"data": data | {"id": str(key.pk)}}).status_code == 403
    assert program.delete(f"{path}/{key.pk}").status_code == 204


def test_no_token_creates_an_application_key_be_it_unending_and_wide_enough(robot, issue, token):
    program = token(robot, "service_account_write", "dashboards_read", expires_at=None)
    data = {"type": "application_keys", "attributes": {"name": "x", "scopes": ["dashboards_read"]}}
    MemberRole.objects.create(member=robot, role_id=ADMIN.id)

    answer = program.post(f"/api/v2/service_accounts/{robot.pk}/application_keys", {"data": data})

    assert (answer.status_code, "Use an application key" in answer.json()["errors"][1]) == (403, True)


def test_a_service_account_mints_for_service_accounts_only(alice, robot, mighty, token, now, issue):
    MemberRole.objects.create(member=robot, role_id=alice.roles[0].id)
    program = token(robot, "user_app_keys", "service_account_write", expires_at=now + timedelta(days=90))
    theirs = f"/api/v2/service_accounts/{robot.pk}/access_tokens"

    assert program.post(PATS, token_body("personal_access_tokens", now)).status_code == 403
    assert program.post(theirs, token_body("service_access_tokens", now)).status_code == 201


def test_the_trail_says_by_which_credential(alice, pair, token):
    pair(alice).post("/api/v2/api_keys", {"data": {"type": "api_keys", "attributes": {"name": "by pair"}}})
    token(alice, "api_keys_write").post(
        "/api/v2/api_keys", {"data": {"type": "api_keys", "attributes": {"name": "by token"}}}
    )

    methods = {event.target_label: event.auth_method for event in AuditEvent.objects.filter(event="credential.issued")}
    assert methods["by pair"] == "API + App Key"
    assert methods["by token"] == "Personal Access Token"
