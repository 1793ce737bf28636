"""From roles by name to roles as rows, and back."""

import uuid

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.builtin_roles import ADMIN, AUDITOR, ROLES, STANDARD
from accounts.models import Member, Organization, Role

OLD, NEW = [("accounts", "0001_tables")], [("accounts", "0002_roles")]


def migrated(state):
    executor = MigrationExecutor(connection)
    executor.migrate(state)
    return MigrationExecutor(connection).loader.project_state(state).apps


@pytest.fixture
def old(django_db_setup, django_db_blocker):
    """The tables as they were, outside of any transaction; what is made there is deleted by hand."""
    with django_db_blocker.unblock():
        yield migrated(OLD)
        call_command("migrate", verbosity=0)
        Member.objects.all().delete()
        Role.objects.custom().delete()
        Organization.objects.all().delete()


def member_of(apps, now, name, **held):
    organization = apps.get_model("accounts", "Organization").objects.create(name=name, name_key=name, created_at=now)
    return apps.get_model("accounts", "Member").objects.create(
        organization=organization, sort="user", name="A", name_key="a", email="a@x.example", created_at=now, **held
    )


def test_what_members_held_by_name_they_hold_by_row(old, now):
    held = old.get_model("accounts", "MemberRole").objects
    first, second = member_of(old, now, "acme"), member_of(old, now, "globex")
    for member, slug in ((first, "admin"), (first, "auditor"), (second, "standard")):
        held.create(member=member, role=slug)

    new = migrated(NEW)

    found = new.get_model("accounts", "MemberRole").objects.values_list("member_id", "role_id")
    assert set(found) == {(first.pk, ADMIN.id), (first.pk, AUDITOR.id), (second.pk, STANDARD.id)}
    assert set(new.get_model("accounts", "Role").objects.values_list("slug", "id")) == {(r.slug, r.id) for r in ROLES}
    member = new.get_model("accounts", "Member").objects.get(pk=first.pk)
    assert (member.title, member.modified_at) == ("", None)


def test_the_way_back_keeps_the_built_in_ones(old, now):
    new = migrated(NEW)
    member = member_of(new, now, "acme")
    custom = new.get_model("accounts", "Role").objects.create(
        id=uuid.uuid4(), organization=member.organization, name="W", name_key="w", created_at=now, modified_at=now
    )
    for role_id in (STANDARD.id, custom.pk):
        new.get_model("accounts", "MemberRole").objects.create(member=member, role_id=role_id)

    again = migrated(OLD)

    held = again.get_model("accounts", "MemberRole").objects.values_list("member_id", "role")
    assert list(held) == [(member.pk, "standard")]
