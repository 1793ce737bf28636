"""Custom roles: create, clone, edit, delete, give and take; and what the tables keep of them."""

import dataclasses
import uuid
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from accounts import members, roles, service_accounts
from accounts.actors import NotPermitted
from accounts.builtin_roles import ADMIN, AUDITOR, BY_SLUG, READ_ONLY, ROLES, STANDARD
from accounts.models import Member, MemberRole, Role
from accounts.refusals import AlreadyExists, NotAllowed
from audit.models import AuditEvent
from keys import verification
from keys.kinds import APPLICATION_KEY

pytestmark = pytest.mark.django_db

SOME = frozenset({"monitors_read", "dashboards_read"})


@pytest.fixture
def by(alice, actor_of):
    return actor_of(alice)


@pytest.fixture
def watcher(by):
    return roles.create(name="Watcher", permissions=SOME, by=by)


def last():
    return AuditEvent.objects.order_by("-sequence").first()


def given(role, *found):
    for member in found:
        MemberRole.objects.create(member=member, role=role)


def test_the_built_in_roles_are_rows_with_their_own_ids(db):
    rows = {role.slug: role for role in Role.objects.all()}

    assert {slug: row.id for slug, row in rows.items()} == {role.slug: role.id for role in ROLES}
    for role in ROLES:
        row = rows[role.slug]
        assert (row.is_managed, row.permissions, row.label) == (True, role.permissions, str(role.label))
        assert row.description == str(role.description)


def test_a_built_in_role_is_found_by_what_the_reader_calls_it(db, monkeypatch):
    in_french = dataclasses.replace(READ_ONLY, label="Lecture seule")
    monkeypatch.setattr("accounts.models.role.ROLES", (in_french,))
    monkeypatch.setitem(BY_SLUG, READ_ONLY.slug, in_french)
    row = Role.objects.matching("LECTURE").get()

    assert (row.pk, row.label, row.name) == (READ_ONLY.id, "Lecture seule", "Read Only")
    assert row in Role.objects.matching("read o")


def test_rows_that_went_or_were_changed_come_back_after_a_migration(db):
    Role.objects.filter(pk=AUDITOR.id).delete()
    Role.objects.filter(pk=ADMIN.id).update(name="Owner", name_key="owner")

    call_command("migrate", verbosity=0)

    assert {role.name for role in Role.objects.all()} == {role.name for role in ROLES}


def test_a_new_role_permits_what_it_was_given(by, watcher):
    watcher.refresh_from_db()

    assert (watcher.name, watcher.granted, watcher.permissions) == ("Watcher", sorted(SOME), SOME)
    assert (watcher.is_managed, watcher.label, watcher.description) == (False, "Watcher", "")
    assert (watcher.created_at, watcher.modified_at) == (by.now, by.now)
    assert (last().event, last().target_label, last().changes) == (
        "role.created",
        "Watcher",
        {"permissions": sorted(SOME)},
    )


@pytest.mark.parametrize("name", ["Watcher", " WATCHER ", "Admin", "read  only", "ＡＵＤＩＴＯＲ"])
def test_a_name_that_is_taken_is_refused_with_a_free_one(name, by, watcher):
    with pytest.raises(AlreadyExists) as refusal:
        roles.create(name=name, permissions=SOME, by=by)

    assert refusal.value.field == "name"
    assert roles.create(name=refusal.value.suggestion, permissions=SOME, by=by)


def test_another_organization_may_use_the_name(watcher, charlie, actor_of):
    assert roles.create(name="Watcher", permissions=SOME, by=actor_of(charlie)).pk != watcher.pk


@pytest.mark.parametrize(
    ("name", "permissions", "field"),
    [
        ("", SOME, "name"),
        ("\u202e", SOME, "name"),
        ("x" * 129, SOME, "name"),
        ("New", frozenset({"no_such"}), "permissions"),
        ("New", frozenset({"admin"}), "permissions"),
    ],
)
def test_bad_names_and_unknown_permissions_are_refused(name, permissions, field, by, watcher):
    for verb in (roles.create, lambda **fields: roles.edit(watcher.pk, **fields)):
        with pytest.raises(NotAllowed) as refusal:
            verb(name=name, permissions=permissions, by=by)
        assert refusal.value.field == field
    assert Role.objects.custom().get().modified_at == by.now


def test_there_is_an_end_to_how_many(by, watcher, monkeypatch):
    monkeypatch.setattr(roles, "MOST", 1)

    with pytest.raises(NotAllowed, match="as many as there can be") as refusal:
        roles.clone(watcher.pk, name="One more", by=by)

    assert refusal.value.field == ""


@pytest.mark.parametrize("source", [AUDITOR, None])
def test_a_clone_permits_what_the_original_does_now(source, by, watcher):
    source = Role.objects.get(pk=source.id) if source else watcher

    made = roles.clone(source.pk, name="Copy", by=by)

    assert (made.permissions, made.is_managed, made.organization_id) == (source.permissions, False, by.organization)


def test_an_edited_role_says_what_changed_and_when(by, watcher, later):
    by = later(by, timedelta(hours=1))

    roles.edit(watcher.pk, name="Looker", by=by)
    roles.edit(watcher.pk, permissions=frozenset({"monitors_read"}), by=by)

    watcher.refresh_from_db()
    assert (watcher.name, watcher.name_key, watcher.granted) == ("Looker", "looker", ["monitors_read"])
    assert watcher.modified_at == by.now
    assert last().changes == {"permissions": [sorted(SOME), ["monitors_read"]]}


def test_editing_to_the_same_leaves_no_trace(by, watcher, later):
    roles.edit(watcher.pk, name=" Watcher ", permissions=SOME, by=later(by, timedelta(hours=1)))

    watcher.refresh_from_db()
    assert watcher.modified_at == by.now
    assert last().event == "role.created"


def test_a_role_may_be_renamed_to_another_spelling_of_its_own_name(by, watcher):
    assert roles.edit(watcher.pk, name="WATCHER", by=by).name == "WATCHER"


@pytest.mark.parametrize("verb", [roles.edit, roles.delete])
def test_built_in_roles_stay_as_they_are(verb, by):
    with pytest.raises(NotAllowed, match="Clone it instead"):
        verb(STANDARD.id, by=by)


def test_a_deleted_role_is_taken_from_those_who_hold_it(by, watcher, bob, robot, camille, later):
    given(watcher, bob, robot)
    by = later(by, timedelta(hours=1))

    roles.delete(watcher.pk, by=by)

    assert not Role.objects.custom().exists()
    assert Member.objects.get(pk=bob.pk).role_ids == {READ_ONLY.id}
    assert set(Member.objects.filter(modified_at=by.now)) == {bob, robot}
    assert last().event == "role.deleted"
    assert last().target_id == str(watcher.pk)
    assert last().changes == {"permissions": sorted(SOME), "members": 2, "names": ["Bob Reader", "robot"]}


def test_the_trail_names_the_first_twenty_who_lose_a_role(by, watcher):
    for number in range(21):
        email = f"m{number:02}@x.example"
        service_accounts.create(email=email, role_ids=frozenset({watcher.pk}), by=by)

    roles.delete(watcher.pk, by=by)

    assert (last().changes["members"], len(last().changes["names"])) == (21, 20)


def test_a_role_is_given_and_taken_one_member_at_a_time(by, watcher, bob, robot):
    for member, event in ((bob, "member.roles_changed"), (robot, "service_account.changed")):
        before = member.role_ids
        roles.add_member(watcher.pk, member.pk, by=by)
        assert Member.objects.get(pk=member.pk).role_ids == before | {watcher.pk}
        assert (last().event, last().target_id) == (event, str(member.pk))

        roles.remove_member(watcher.pk, member.pk, by=by)
        member.refresh_from_db()
        assert (member.role_ids, member.modified_at) == (before, by.now)


def test_giving_twice_and_taking_what_is_not_held_leave_no_trace(by, watcher, bob):
    roles.add_member(READ_ONLY.id, bob.pk, by=by)
    roles.remove_member(watcher.pk, bob.pk, by=by)

    assert last().event == "role.created"


def test_the_last_admin_does_not_lose_the_role(by, alice, bob):
    with pytest.raises(NotAllowed, match="last admin"):
        roles.remove_member(ADMIN.id, alice.pk, by=by)

    roles.add_member(ADMIN.id, bob.pk, by=by)
    roles.remove_member(ADMIN.id, alice.pk, by=by)
    assert alice.role_ids == frozenset()


VERBS = [
    lambda role, member, by: roles.clone(role, name="New", by=by),
    lambda role, member, by: roles.edit(role, name="New", by=by),
    lambda role, member, by: roles.delete(role, by=by),
    lambda role, member, by: roles.add_member(role, member, by=by),
    lambda role, member, by: roles.remove_member(role, member, by=by),
]


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_reaches_into_another_organization(verb, watcher, charlie, actor_of):
    with pytest.raises(Role.DoesNotExist):
        verb(watcher.pk, charlie.pk, actor_of(charlie))
    with pytest.raises(Role.DoesNotExist):
        verb(uuid.uuid4(), charlie.pk, actor_of(charlie))


def test_a_role_is_given_to_nobody_in_another_organization(by, watcher, charlie):
    for verb in (roles.add_member, roles.remove_member):
        with pytest.raises(Member.DoesNotExist):
            verb(watcher.pk, charlie.pk, by=by)


def test_another_organizations_role_is_given_to_nobody(watcher, charlie, actor_of):
    for verb in (members.add, members.invite, service_accounts.create):
        with pytest.raises(NotAllowed, match="roles listed"):
            verb(email="x@x.example", role_ids=frozenset({watcher.pk}), by=actor_of(charlie))


def test_the_database_keeps_roles_in_their_organization(watcher, charlie):
    with pytest.raises(DatabaseError), transaction.atomic():
        given(watcher, charlie)
    with pytest.raises(DatabaseError), transaction.atomic():
        MemberRole.objects.filter(member=charlie).update(role=watcher)
    for fields in ({"slug": "x", "organization": charlie.organization}, {"slug": None, "organization": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Role.objects.filter(pk=watcher.pk).update(**fields)


@pytest.mark.parametrize("who", ["bob", "camille", "vera"])
def test_only_those_who_manage_access_change_roles(who, watcher, actor_of, request):
    somebody = request.getfixturevalue(who)
    by = actor_of(somebody)

    with pytest.raises(NotPermitted):
        roles.create(name="Mine", permissions=SOME, by=by)
    for verb in VERBS:
        with pytest.raises(NotPermitted):
            verb(watcher.pk, somebody.pk, by)


def test_holders_are_counted_in_one_organization_without_the_disabled(
    by, acme, globex, alice, bob, camille, robot, charlie, watcher, django_assert_num_queries
):
    given(watcher, bob, camille, robot)
    members.disable(camille.pk, by=by)

    with django_assert_num_queries(1):
        counts = {role.name: role.user_count for role in Role.objects.of(acme.pk).with_user_count(acme.pk)}

    assert counts == {"Admin": 1, "Standard": 1, "Read Only": 1, "Auditor": 0, "Watcher": 2}
    assert Role.objects.with_user_count(globex.pk).get(pk=ADMIN.id).user_count == 1
    assert Role.objects.of(globex.pk).custom().count() == 0


def test_members_show_their_roles_strongest_first_in_two_queries(acme, by, watcher, bob, django_assert_num_queries):
    given(watcher, bob)
    given(roles.create(name="Aaa", permissions=SOME, by=by), bob)
    given(Role.objects.get(pk=ADMIN.id), bob)

    with django_assert_num_queries(2):
        found = {member.name: member for member in Member.objects.of(acme.pk).with_roles()}
        shown = [role.name for role in found["Bob Reader"].roles]
        assert found["Bob Reader"].permissions == ADMIN.permissions

    assert shown == ["Admin", "Read Only", "Aaa", "Watcher"]
    assert list(Member.objects.of(acme.pk).with_role(watcher.pk)) == [bob]


def test_a_credential_does_what_its_owners_custom_role_permits(by, watcher, camille, issue, now):
    text = issue(APPLICATION_KEY, camille).secret.text
    MemberRole.objects.filter(member=camille).delete()
    assert verification.verify(text, now=now).permissions == frozenset()

    given(watcher, camille)
    assert verification.verify(text, now=now).permissions == SOME
    roles.edit(watcher.pk, permissions=frozenset({"monitors_read"}), by=by)
    assert verification.verify(text, now=now, needs=["dashboards_read"]).missing == "dashboards_read"


def test_verification_asks_once_however_many_roles(watcher, camille, issue, now, django_assert_num_queries):
    text = issue(APPLICATION_KEY, camille).secret.text
    given(watcher, camille)

    with django_assert_num_queries(1):
        verdict = verification.verify(text, now=now)

    assert verdict.permissions == STANDARD.permissions | SOME
