"""Who may call which operation: every one of them, asked with every sort of credential.

An operation's row is a request that succeeds for an admin. What others get is worked out from what it declares.
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from accounts import invitations, roles
from accounts.builtin_roles import ADMIN
from accounts.models import Invitation, Member, MemberRole, Sort
from api.description import operations, path_of
from api.operations import Opens
from api.urls import described
from api.v2.representations.accounts import public_id
from keys import rum_applications
from keys.kinds import API_KEY, APPLICATION_KEY, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN
from keys.models import Detection
from tests.api.conftest import NOBODY, Program

pytestmark = pytest.mark.django_db

OPERATIONS = {
    operation.id: (path_of(pattern), method, operation) for pattern, method, operation in operations(described)
}
KEY_GUARDED = {name for name in OPERATIONS if "application_key" in name and name.startswith(("create", "update"))}
"""What no access token does: create or change an application key."""


def body(type_, id_=None, **attributes):
    data = {"type": type_, "attributes": attributes}
    return {"data": data | ({"id": str(id_)} if id_ else {})}


@dataclass
class World:
    """One of everything in an organisation, by the names that paths use."""

    api_key_id: str
    app_key_id: str
    own_app_key_id: str
    account_app_key_id: str
    token_id: str
    account_token_id: str
    service_account_id: str
    user_id: str
    user_invitation_uuid: str
    role_id: str
    public_id: str
    key: str
    id: str
    detection_id: str
    detection_type: str = "roles_without_users"
    org_config_name: str = "admin_only_invites"


@pytest.fixture
def world(acme, alice, camille, robot, issue, mighty, now):
    pending = Member.objects.create(
        organization=acme, sort=Sort.USER, name="Paul", name_key="paul", email="paul@acme.example", created_at=now
    )
    invitations.make(pending, now=now)
    issue(API_KEY, alice, name="the other of two")
    custom = roles.create(name="Rotator", permissions=frozenset({"api_keys_read"}), by=mighty(alice))
    detection = Detection.objects.create(
        organization=acme,
        control="roles_without_users",
        resource_type="role",
        resource_id=custom.pk,
        label="Rotator",
        created_at=now,
    )
    return World(
        api_key_id=issue(API_KEY, alice, name="one of two").credential.pk,
        app_key_id=issue(APPLICATION_KEY, camille, name="camille's").credential.pk,
        own_app_key_id="",
        account_app_key_id=issue(APPLICATION_KEY, alice, owner=robot, name="robot's").credential.pk,
        token_id=issue(PERSONAL_ACCESS_TOKEN, camille, name="camille's").credential.pk,
        account_token_id=issue(
            SERVICE_ACCESS_TOKEN, alice, owner=robot, name="robot's", expires_at=now + timedelta(days=1)
        ).credential.pk,
        service_account_id=robot.pk,
        user_id=pending.pk,
        user_invitation_uuid=Invitation.objects.get(member=pending).pk,
        role_id=custom.pk,
        public_id=public_id(acme),
        key="",
        id=rum_applications.create(name="shop", by=mighty(alice)).pk,
        detection_id=detection.pk,
    )


def payload(name, world, now):
    """A body that an admin succeeds with."""
    end, scopes = (now + timedelta(days=2)).isoformat(), ["dashboards_read"]
    user, role = {"data": {"type": "users", "id": str(world.user_id)}}, str(world.role_id)
    permission = {"data": {"type": "permissions", "id": "372896c4-f923-11ea-adbc-4fecd107156d"}}
    named = {"name": f"new {name}"}
    invited = {"type": "user_invitations", "relationships": {"user": user}}
    return {
        "create_api_key": body("api_keys", **named),
        "update_api_key": body("api_keys", world.api_key_id, **named),
        "create_current_user_application_key": body("application_keys", **named),
        "update_current_user_application_key": body("application_keys", world.own_app_key_id, **named),
        "update_application_key": body("application_keys", world.app_key_id, **named),
        "create_service_account_application_key": body("application_keys", **named),
        "update_service_account_application_key": body("application_keys", world.account_app_key_id, **named),
        "create_personal_access_token": body("personal_access_tokens", **named, scopes=scopes, expires_at=end),
        "update_personal_access_token": body("personal_access_tokens", world.token_id, **named),
        "create_service_account_access_token": body("service_access_tokens", **named, scopes=scopes, expires_at=end),
        "update_service_account_access_token": body("service_access_tokens", world.account_token_id, **named),
        "create_service_account": body("users", email="sa@acme.example", service_account=True),
        "create_user": body("users", email="new@acme.example"),
        "update_user": body("users", world.user_id, **named),
        "update_current_user": body("users", "CALLER", title="x"),
        "anonymize_users": body("anonymize_users_request", user_ids=[str(world.user_id)]),
        "send_invitations": {"data": [invited]},
        "create_role": body("roles", **named),
        "update_role": body("roles", role, **named),
        "clone_role": body("roles", **named),
        "add_permission_to_role": permission,
        "remove_permission_from_role": permission,
        "add_user_to_role": user,
        "remove_user_from_role": user,
        "create_rum_application": body("rum_application_create", **named),
        "update_rum_application": body("rum_application_update", world.id, **named),
        "update_org_config": body("org_configs", value=True),
        "search_audit_logs": {},
        "report_leaks": {
            "data": [{"type": "leak_reports", "attributes": {"token": "x", "url": "https://example.com"}}]
        },
        "update_governance_control": body("governance_control", mitigation_type="delete_role"),
        "update_governance_control_notification_settings": body("control_notification_settings", event_settings=[]),
        "update_governance_detection": body("governance_control_detection", state="exception"),
        "mitigate_governance_detections": body(
            "governance_control_detection",
            detection_ids=[str(world.detection_id)],
            detection_type=world.detection_type,
        ),
        "update_governance_notification_settings": body(
            "governance_notification_settings", assignment_notifications_enabled=False
        ),
        "create_api_key_v1": named,
        "update_api_key_v1": named,
        "create_application_key_v1": named,
        "update_application_key_v1": named,
        "update_org_v1": {"name": "Acme"},
    }.get(name)


@pytest.fixture
def asks(world, issue, mighty, now):
    """Asks for an operation as a program whose credential belongs to this member."""

    def ask(name, program, caller):
        path, method, _operation = OPERATIONS[name]
        own = issue(APPLICATION_KEY, caller, owner=caller, name=f"own {name}", actor=mighty(caller)).credential.pk
        world.own_app_key_id, variables = own, vars(world).copy()
        if "current_user" in name:
            variables["app_key_id"] = own
        elif "service_account" in name:
            variables |= {"app_key_id": world.account_app_key_id, "token_id": world.account_token_id}
        variables["key"] = world.api_key_id if "api_key" in name else own
        content = payload(name, world, now)
        if name == "update_current_user":
            content["data"]["id"] = str(caller.pk)
        return program.ask(method, path.format(**variables), content)

    return ask


every = pytest.mark.parametrize("name", OPERATIONS)


@every
def test_an_admin_succeeds(name, asks, alice, pair):
    operation = OPERATIONS[name][2]

    answer = asks(name, pair(alice), alice)

    assert answer.status_code == operation.status, answer.content
    assert answer.headers.get("Content-Type") == (operation.media if operation.answer else None)


def test_nothing_opens_nothing(asks, alice):
    for name, (_path, _method, operation) in OPERATIONS.items():
        expected = 403 if operation.opens is Opens.API_KEY else 401

        assert asks(name, NOBODY, alice).status_code == expected, name


def test_an_api_key_alone_opens_validation_only(asks, alice, api_key):
    program = Program({"DD-API-KEY": api_key(alice)})
    for name, (_path, _method, operation) in OPERATIONS.items():
        expected = 200 if operation.opens is Opens.API_KEY else 401

        assert asks(name, program, alice).status_code == expected, name


@every
def test_an_owner_without_the_permission_is_refused_and_told_which(name, asks, bob, pair):
    MemberRole.objects.filter(member=bob).delete()
    operation = OPERATIONS[name][2]

    answer = asks(name, pair(bob), bob)

    if operation.needs:
        reason = f"The owner of this credential lacks the permission {operation.needs[0]}."
        assert (answer.status_code, answer.json()) == (403, {"errors": ["Forbidden", reason]})
    else:
        assert answer.status_code == operation.status


@every
def test_a_key_scoped_for_something_else_is_refused_and_told_so(name, asks, alice, pair):
    operation = OPERATIONS[name][2]

    answer = asks(name, pair(alice, scopes=["dashboards_read"]), alice)

    if needed := operation.needs or (("user_access_manage",) if name == "update_current_user" else ()):
        reason = f"This credential is not scoped for {needed[0]}."
        assert (answer.status_code, answer.json()) == (403, {"errors": ["Forbidden", reason]})
    else:
        assert answer.status_code == operation.status


def by_token(name):
    """What a token with all the scopes it needs gets."""
    operation = OPERATIONS[name][2]
    if operation.opens is Opens.API_KEY:
        return 403
    return 403 if name in KEY_GUARDED else operation.status


def scopes_for(name):
    return {
        *OPERATIONS[name][2].needs,
        "dashboards_read",
        "user_access_manage",
        "org_app_keys_write",
        "service_account_write",
    }


@every
def test_a_personal_access_token_succeeds_but_with_application_keys(name, asks, alice, token):
    assert asks(name, token(alice, *scopes_for(name)), alice).status_code == by_token(name)


@every
def test_a_service_access_token_succeeds_but_with_keys_of_people(name, asks, alice, robot, token):
    MemberRole.objects.create(member=robot, role_id=ADMIN.id)
    personal = name in {"create_personal_access_token", "update_personal_access_token"}

    answer = asks(name, token(robot, *scopes_for(name)), robot)

    assert answer.status_code == (403 if personal else by_token(name))


@every
def test_another_organization_finds_nothing_of_ours(name, asks, world, charlie, pair):
    path, _method, operation = OPERATIONS[name]
    own = "current_user" in path or "application_key/" in path
    theirs = {"{org_config_name}", "{detection_type}", *(("{app_key_id}", "{key}") if own else ())}
    named = name in {"send_invitations", "mitigate_governance_detections"}
    refers = named or any("{" in part and part not in theirs for part in path.split("/"))

    answer = asks(name, pair(charlie), charlie)

    assert answer.status_code == (404 if refers else operation.status), answer.content
    if name == "anonymize_users":
        assert answer.json()["data"]["attributes"]["anonymized_user_ids"] == []
    elif not refers:
        said = answer.content.decode()
        assert not any(str(id_) in said for id_ in (world.api_key_id, world.app_key_id, world.user_id, world.role_id))
