"""Datadog's client with an access token alone: what the token opens, and what it cannot hand on."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.builtin_roles import ADMIN
from tests.clients.conftest import new_account
from tests.clients.datadog import document, refused

pytestmark = pytest.mark.server

PAT, SAT = "personal_access_tokens", "service_access_tokens"
READS = [
    ("api_keys_read", lambda apis: apis.keys.list_api_keys()),
    ("org_app_keys_read", lambda apis: apis.keys.list_application_keys()),
    ("user_app_keys", lambda apis: apis.keys.list_current_user_application_keys()),
    ("org_app_keys_read", lambda apis: apis.keys.list_personal_access_tokens()),
    ("user_access_read", lambda apis: apis.users.list_users()),
    ("user_access_read", lambda apis: apis.roles.list_roles()),
    ("user_access_read", lambda apis: apis.roles.list_permissions()),
    ("audit_logs_read", lambda apis: apis.audit.list_audit_logs()),
    ("audit_logs_read", lambda apis: apis.audit.search_audit_logs()),
    ("api_keys_read", lambda apis: apis.v1_keys.list_api_keys()),
    ("org_app_keys_read", lambda apis: apis.v1_keys.list_application_keys()),
    ("org_management", lambda apis: apis.v1_orgs.list_orgs()),
]
"""What is read with which scope."""
SCOPES = sorted({scope for scope, _read in READS})


def ahead(**time):
    return datetime.now(UTC) + timedelta(**time)


@pytest.fixture
def bearers(house, admin, pat):
    """Clients with a personal and with a service access token, with these scopes and owners who may do everything."""
    boss = new_account(admin, ADMIN)

    def clients(*scopes):
        body = document(SAT, name=" ".join(scopes), scopes=list(scopes))
        token = admin.accounts.create_service_account_access_token(boss.id, body).data
        return [house.by_token(text) for text in (pat(*scopes).attributes.key, token.attributes.key)]

    yield clients
    admin.users.disable_user(boss.id)


def test_a_token_reads_what_it_is_scoped_for(bearers):
    for apis in bearers(*SCOPES):
        for _scope, read in READS:
            assert read(apis)
        assert apis.organizations.list_org_configs().data
        assert apis.organizations.list_orgs().included


@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_does_not_read_what_it_is_not_scoped_for(bearers, scope):
    closed = [read for needed, read in READS if needed == scope]
    if scope == "org_app_keys_read":  # one's own keys are enough for the two lists of both
        closed = closed[:1]
    for apis in bearers(*(other for other in SCOPES if other != scope)):
        for read in closed:
            with refused(403, "Forbidden", f"This credential is not scoped for {scope}."):
                read(apis)


def test_a_personal_token_acts_as_its_owner_within_its_scopes(house, ada, pat):
    mine = house.by_token(pat("user_access_read").attributes.key)

    assert mine.users.get_current_user().data.id == ada
    assert mine.users.list_users(filter="ada@").data[0].id == ada
    assert mine.keys.validate_api_key().status.value == "ok"
    with refused(403, "Forbidden", "This credential is not scoped for api_keys_read."):
        mine.keys.list_api_keys()


def test_a_personal_token_manages_api_keys(house, pat, name):
    mine = house.by_token(pat("api_keys_read", "api_keys_write", "api_keys_delete").attributes.key)
    made = mine.keys.create_api_key(document("api_keys", name=name)).data

    assert mine.keys.get_api_key(made.id).data.attributes.name == name
    assert mine.keys.update_api_key(made.id, document("api_keys", made.id, name=f"{name} b"))
    assert mine.keys.delete_api_key(made.id) is None


def test_a_personal_token_reads_application_keys_and_can_neither_create_nor_change_them(house, pat, application_key):
    mine = house.by_token(
        pat("user_app_keys", "org_app_keys_read", "org_app_keys_write", "dashboards_read").attributes.key
    )
    words = "The access token you act with cannot create or change this. Use an application key."
    key, body = application_key.id, document("application_keys", application_key.id, name="x")

    assert mine.keys.get_application_key(key).data.id == key
    with refused(403, "Forbidden", words):
        mine.keys.create_current_user_application_key(document("application_keys", name="x"))
    for update in (mine.keys.update_current_user_application_key, mine.keys.update_application_key):
        with refused(403, "Forbidden", words):
            update(key, body)


def test_a_personal_token_makes_tokens_no_wider_and_no_longer_than_itself(house, pat, name):
    mine = house.by_token(pat("user_app_keys", "dashboards_read", days=10).attributes.key).keys
    good = {"name": name, "scopes": ["dashboards_read"], "expires_at": ahead(days=9)}

    made = mine.create_personal_access_token(document(PAT, **good)).data
    with refused(403, "Forbidden", "The access token you act with is not scoped for: monitors_read."):
        mine.create_personal_access_token(document(PAT, **good | {"scopes": ["monitors_read"]}))
    with refused(403, "Forbidden", "The access token you act with is not scoped for: monitors_read."):
        mine.update_personal_access_token(made.id, document(PAT, made.id, scopes=["dashboards_read", "monitors_read"]))
    longer = "This would live longer than the access token you act with. Choose an earlier end."
    with refused(403, "Forbidden", longer):
        mine.create_personal_access_token(document(PAT, **good | {"expires_at": ahead(days=11)}))
    assert mine.revoke_personal_access_token(made.id) is None


def test_a_service_token_acts_as_its_account_within_its_scopes(house, worker, sat):
    robot = house.by_token(sat.attributes.key)

    assert robot.users.get_current_user().data.id == worker.id
    assert robot.users.list_users(page_size=1).meta.page.total_count > 1
    with refused(403, "Forbidden", "This credential is not scoped for api_keys_read."):
        robot.keys.list_api_keys()
    with refused(403, "Forbidden", "The owner of this credential lacks the permission api_keys_write."):
        robot.keys.create_api_key(document("api_keys", name="x"))


def test_a_service_account_cannot_give_itself_an_application_key(house, sat):
    robot = house.by_token(sat.attributes.key)
    with refused(
        403, "Forbidden", "The access token you act with cannot create or change this. Use an application key."
    ):
        robot.keys.create_current_user_application_key(document("application_keys", name="x"))


def test_a_service_token_creates_no_application_key_whatever_its_account_may_do(house, admin):
    boss = new_account(admin, ADMIN)
    body = document(SAT, name="boss", scopes=["user_app_keys", "service_account_write"])
    robot = house.by_token(admin.accounts.create_service_account_access_token(boss.id, body).data.attributes.key)
    words = "The access token you act with cannot create or change this. Use an application key."

    with refused(403, "Forbidden", words):
        robot.accounts.create_service_account_application_key(boss.id, document("application_keys", name="x"))
    admin.users.disable_user(boss.id)


def test_a_token_does_not_open_what_an_api_key_opens(house, pat):
    mine = house.by_token(pat("api_keys_read").attributes.key)
    for validate in (mine.v1.validate, mine.keys.validate):
        with refused(403, "API key required"):
            validate()
