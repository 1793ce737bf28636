"""Settings of an organisation: each holds where it says it does."""

from datetime import timedelta

import pytest

from accounts import members, org_configs, organizations, roles
from accounts.actors import NotPermitted
from accounts.builtin_roles import READ_ONLY
from accounts.models import Invitation, OrgConfig
from accounts.refusals import AlreadyExists, NotAllowed
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(alice, actor_of):
    return actor_of(alice)


@pytest.fixture
def set_to(admin):
    return lambda declared, value: org_configs.change(declared, value, by=admin)


def invite(by, email="new@acme.example"):
    return members.invite(email=email, role_ids=frozenset({READ_ONLY.id}), by=by)


def test_what_nobody_changed_is_as_declared(acme):
    found = org_configs.all_of(acme.pk)

    assert [(setting.declared.name, setting.value, setting.modified_at) for setting in found] == [
        ("admin_only_invites", False, None),
        ("custom_roles", True, None),
        ("domain_allowlist", [], None),
        ("30d_invite_expiration", False, None),
    ]


def test_a_change_is_kept_dated_and_recorded_once(acme, set_to, now):
    for _ in range(2):
        setting = set_to(org_configs.ADMIN_ONLY_INVITES, True)

    assert (setting.value, setting.modified_at) == (True, now)
    event = AuditEvent.objects.get(event="organization.changed")
    assert event.changes == {"admin_only_invites": [False, True]}


def test_only_who_manages_the_organization_changes_one(camille, actor_of):
    with pytest.raises(NotPermitted):
        org_configs.change(org_configs.CUSTOM_ROLES, False, by=actor_of(camille))

    assert not OrgConfig.objects.exists()


@pytest.mark.parametrize("value", ["not-a-boolean", 1, None, [], {"a": 1}])
def test_a_value_of_another_type_is_refused(set_to, value):
    with pytest.raises(NotAllowed, match="is invalid") as refusal:
        set_to(org_configs.CUSTOM_ROLES, value)

    assert refusal.value.field == "value"


@pytest.mark.parametrize("value", ["acme.example", [1], [""], ["x" * 254], ["a"] * 101, [None]])
def test_a_list_is_of_a_hundred_domains_at_most(set_to, value):
    with pytest.raises(NotAllowed):
        set_to(org_configs.DOMAIN_ALLOWLIST, value)


def test_only_those_who_manage_access_invite_when_it_says_so(camille, actor_of, set_to, admin):
    set_to(org_configs.ADMIN_ONLY_INVITES, True)

    with pytest.raises(NotPermitted, match="user_access_manage"):
        invite(actor_of(camille))
    assert invite(admin).email == "new@acme.example"


def test_other_domains_are_not_invited_when_there_are_some(admin, set_to):
    set_to(org_configs.DOMAIN_ALLOWLIST, ["ACME.example"])

    with pytest.raises(NotAllowed, match=r"acme\.example") as refusal:
        invite(admin, "eve@evil.example")
    assert refusal.value.field == "email"
    assert invite(admin, "eve@acme.example")


def test_no_custom_role_is_made_when_they_are_off(admin, set_to):
    set_to(org_configs.CUSTOM_ROLES, False)

    with pytest.raises(NotAllowed, match="switched off"):
        roles.create(name="own", permissions=frozenset({"dashboards_read"}), by=admin)


@pytest.mark.parametrize(("long", "lifetime"), [(False, timedelta(hours=48)), (True, timedelta(days=30))])
def test_an_invitation_is_good_for_as_long_as_it_says(admin, set_to, now, long, lifetime):
    set_to(org_configs.LONG_INVITATIONS, long)
    invite(admin)

    assert Invitation.objects.get().expires_at == now + lifetime


def test_an_organization_is_renamed_and_the_trail_says_so(acme, admin):
    organizations.rename(name="  Acme Robotics ", by=admin)

    acme.refresh_from_db()
    assert (acme.name, acme.name_key) == ("Acme Robotics", "acme robotics")
    assert AuditEvent.objects.get(event="organization.changed").changes == {"name": ["Acme", "Acme Robotics"]}


@pytest.mark.parametrize(("name", "refusal"), [("GLOBEX", AlreadyExists), ("  ", NotAllowed), ("a\0b", NotAllowed)])
def test_an_organization_takes_no_bad_name_and_nobody_elses(admin, globex, name, refusal):
    with pytest.raises(refusal):
        organizations.rename(name=name, by=admin)


def test_only_who_manages_the_organization_renames_it(camille, actor_of):
    with pytest.raises(NotPermitted):
        organizations.rename(name="Mine", by=actor_of(camille))
