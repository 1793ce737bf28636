"""What the built-in roles permit, who may give which, and the admin who stays."""

import uuid

import pytest
from django.db import DatabaseError, transaction

from accounts import granting, members
from accounts.actors import NotPermitted
from accounts.builtin_roles import ADMIN, AUDITOR, READ_ONLY, ROLES, STANDARD, SUPPORT_PERMISSIONS
from accounts.models import Member, MemberRole
from accounts.permissions import CATALOGUE, DEPRECATED, Permission, unknown
from accounts.refusals import NotAllowed


def test_the_constants_are_all_in_the_catalogue():
    assert {str(permission) for permission in Permission} <= CATALOGUE.keys()


def test_every_role_grants_only_permissions_there_are():
    for role in ROLES:
        assert not unknown(role.permissions)
    assert not unknown(SUPPORT_PERMISSIONS)


def test_each_role_holds_the_one_below_it():
    assert ADMIN.permissions > STANDARD.permissions > READ_ONLY.permissions


@pytest.mark.parametrize("held", [READ_ONLY.permissions, AUDITOR.permissions, SUPPORT_PERMISSIONS])
def test_readers_auditors_and_support_hold_nothing_that_writes(held):
    assert {CATALOGUE[name].type for name in held} == {"read"}


def test_a_reader_sees_no_keys_and_a_standard_member_manages_nobody():
    assert not READ_ONLY.permissions & {"api_keys_read", "org_app_keys_read", "client_tokens_read"}
    assert not STANDARD.permissions & {"user_access_manage", "service_account_write", "api_keys_write"}


def test_deprecated_permissions_are_nobodys_and_count_as_unknown():
    assert unknown(DEPRECATED) == DEPRECATED
    assert not ADMIN.permissions & DEPRECATED


def test_several_roles_permit_what_either_does(bob, second):
    MemberRole.objects.create(member=bob, role_id=AUDITOR.id)

    assert bob.permissions == READ_ONLY.permissions | AUDITOR.permissions
    assert second.permissions == frozenset()


def test_an_admin_gives_every_role_others_only_what_they_hold(alice, camille, vera, actor_of):
    def grantable(member):
        return [role.id for role in granting.grantable_by(actor_of(member))]

    assert grantable(alice) == [role.id for role in ROLES]
    assert grantable(camille) == [STANDARD.id, READ_ONLY.id]
    assert grantable(vera) == [AUDITOR.id]


def test_nobody_gives_what_they_do_not_hold(camille, actor_of):
    with pytest.raises(NotAllowed) as refusal:
        members.invite(email="x@x.example", role_ids=frozenset({ADMIN.id}), by=actor_of(camille))

    assert refusal.value.field == "roles"


def test_a_role_nobody_knows_is_refused(alice, bob, actor_of):
    with pytest.raises(NotAllowed):
        members.set_roles(bob.pk, frozenset({uuid.uuid4()}), by=actor_of(alice))


@pytest.mark.parametrize("who", ["bob", "camille", "vera"])
def test_only_those_who_manage_access_change_roles(who, alice, actor_of, request):
    somebody = request.getfixturevalue(who)

    with pytest.raises(NotPermitted):
        members.set_roles(somebody.pk, frozenset({ADMIN.id}), by=actor_of(somebody))


def test_the_last_admin_is_neither_demoted_nor_disabled(alice, robot, actor_of):
    MemberRole.objects.create(member=robot, role_id=ADMIN.id)  # a program cannot sign in to put things right

    with pytest.raises(NotAllowed, match="last admin"):
        members.set_roles(alice.pk, frozenset({STANDARD.id}), by=actor_of(alice))
    with pytest.raises(NotAllowed, match="last admin"):
        members.disable(alice.pk, by=actor_of(alice))


def test_one_of_two_admins_may_go_and_then_no_more(alice, bob, actor_of):
    members.set_roles(bob.pk, frozenset({ADMIN.id}), by=actor_of(alice))

    members.disable(alice.pk, by=actor_of(bob))

    with pytest.raises(NotAllowed, match="last admin"):
        members.disable(bob.pk, by=actor_of(bob))


def test_an_invited_admin_does_not_count_before_joining(alice, actor_of):
    members.invite(email="x@x.example", role_ids=frozenset({ADMIN.id}), by=actor_of(alice))

    with pytest.raises(NotAllowed, match="last admin"):
        members.disable(alice.pk, by=actor_of(alice))


def test_the_database_keeps_the_last_admin_too(alice, now):
    with pytest.raises(DatabaseError), transaction.atomic():
        Member.objects.filter(pk=alice.pk).update(disabled_at=now)
    with pytest.raises(DatabaseError), transaction.atomic():
        MemberRole.objects.filter(member=alice).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        MemberRole.objects.filter(member=alice).update(role=STANDARD.id)

    assert Member.objects.get(pk=alice.pk).role_ids == {ADMIN.id}
