"""Service accounts: create, edit, and whom they belong to."""

import dataclasses

import pytest

from accounts import members, service_accounts
from accounts.actors import NotPermitted
from accounts.builtin_roles import ADMIN, READ_ONLY, STANDARD
from accounts.models import Member, Status
from accounts.refusals import AlreadyExists, NotAllowed
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db

AS_STANDARD = frozenset({STANDARD.id})


def recorded():
    return list(AuditEvent.objects.order_by("sequence").values_list("event", flat=True))


def test_a_service_account_has_no_person_and_is_active_at_once(alice, actor_of):
    made = service_accounts.create(name="ci", email="CI@acme.example", role_ids=AS_STANDARD, by=actor_of(alice))

    assert (made.person, made.status, made.email) == (None, Status.ACTIVE, "ci@acme.example")
    assert recorded() == ["service_account.created"]


@pytest.mark.parametrize("who", ["bob", "camille", "vera"])
def test_only_those_with_the_permission_touch_service_accounts(who, robot, actor_of, request):
    actor = actor_of(request.getfixturevalue(who))

    with pytest.raises(NotPermitted):
        service_accounts.create(name="ci", email="ci@x.example", role_ids=AS_STANDARD, by=actor)
    with pytest.raises(NotPermitted):
        service_accounts.edit(robot.pk, name="ci", email="ci@x.example", role_ids=AS_STANDARD, by=actor)
    with pytest.raises(NotPermitted):
        members.disable(robot.pk, by=actor)


def test_a_service_account_never_gets_more_than_its_maker_holds(camille, actor_of):
    maker = actor_of(camille)
    maker = dataclasses.replace(maker, permissions=maker.permissions | {"service_account_write"})

    with pytest.raises(NotAllowed, match="permissions you hold"):
        service_accounts.create(name="ci", email="ci@x.example", role_ids=frozenset({ADMIN.id}), by=maker)


def test_saving_a_service_account_unchanged_leaves_no_trace(alice, robot, actor_of):
    service_accounts.edit(robot.pk, name=robot.name, email=robot.email, role_ids=AS_STANDARD, by=actor_of(alice))

    assert recorded() == []


def test_a_person_is_not_edited_as_a_service_account(alice, bob, actor_of):
    with pytest.raises(Member.DoesNotExist):
        service_accounts.edit(bob.pk, name="x", email="x@x.example", role_ids=AS_STANDARD, by=actor_of(alice))


def test_a_service_account_name_is_free_again_for_another_organization(alice, robot, charlie, actor_of):
    made = service_accounts.create(name="robot", email="r@x.example", role_ids=AS_STANDARD, by=actor_of(charlie))

    assert made.name == "robot"


def test_without_a_name_it_is_called_what_its_address_begins_with(alice, robot, actor_of):
    by = actor_of(alice)
    names = [
        service_accounts.create(email=email, role_ids=AS_STANDARD, by=by).name
        for email in ("robot@x.example", "ci@x.example", "CI@y.example", "ci@z.example")
    ]

    assert names == ["robot-2", "ci", "ci-2", "ci-3"]


def test_a_name_that_is_taken_is_told_apart_from_a_bad_one(alice, robot, actor_of):
    with pytest.raises(AlreadyExists) as refusal:
        service_accounts.create(name="ROBOT", email="r@x.example", role_ids=AS_STANDARD, by=actor_of(alice))

    assert (refusal.value.field, refusal.value.suggestion) == ("name", "ROBOT-2")


@pytest.mark.parametrize(
    ("field", "value", "before"),
    [("name", "robby", "robot"), ("email", "new@acme.example", "robots@acme.example"), ("title", "Cleaner", "")],
)
def test_editing_one_thing_leaves_the_others(field, value, before, alice, robot, actor_of):
    by = actor_of(alice)
    kept = {name: getattr(robot, name) for name in ("name", "email", "title")}

    service_accounts.edit(robot.pk, **{field: value}, by=by)

    robot = Member.objects.get(pk=robot.pk)
    assert {name: getattr(robot, name) for name in kept} == kept | {field: value}
    assert (robot.role_ids, robot.modified_at) == (AS_STANDARD, by.now)
    assert AuditEvent.objects.get().changes == {field: [before, value]}


def test_other_roles_are_recorded_by_name(alice, robot, actor_of):
    by = actor_of(alice)
    service_accounts.edit(robot.pk, role_ids=frozenset({READ_ONLY.id}), by=by)

    robot.refresh_from_db()
    assert (robot.role_ids, robot.modified_at) == ({READ_ONLY.id}, by.now)
    assert AuditEvent.objects.get().changes == {"roles": [["Standard"], ["Read Only"]]}


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"email": "nowhere"}, "email"), ({"name": "\u202e"}, "name"), ({"title": "x" * 129}, "title")],
)
def test_bad_details_are_refused_at_their_field(fields, field, alice, robot, actor_of):
    with pytest.raises(NotAllowed) as refusal:
        service_accounts.edit(robot.pk, **fields, by=actor_of(alice))

    assert refusal.value.field == field
    assert recorded() == []
