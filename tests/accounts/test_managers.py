"""Who manages a service account."""

import uuid

import pytest

from accounts import members, service_accounts
from accounts.actors import NotPermitted
from accounts.models import Manager, Member
from accounts.refusals import NotAllowed
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(alice, actor_of):
    return actor_of(alice)


def managers(account):
    return list(service_accounts.managers_of(account))


def test_whoever_makes_one_manages_it(by, alice):
    made = service_accounts.create(name="ci", email="ci@acme.example", role_ids=frozenset(), by=by)

    assert managers(made) == [alice]


def test_choosing_others_replaces_them_and_is_recorded_once(by, robot, alice, bob):
    for _ in range(2):
        service_accounts.set_managers(robot.pk, member_ids=[bob.pk, alice.pk], by=by)

    assert managers(robot) == [alice, bob]
    event = AuditEvent.objects.get(event="service_account.changed")
    assert event.changes == {"managers": [[], [alice.name, bob.name]]}
    service_accounts.set_managers(robot.pk, member_ids=[], by=by)
    assert managers(robot) == []


def test_who_has_left_manages_nothing(by, robot, bob):
    service_accounts.set_managers(robot.pk, member_ids=[bob.pk], by=by)

    members.disable(bob.pk, by=by)

    assert managers(robot) == []
    assert Manager.objects.filter(member=bob).exists()


def test_strangers_programs_and_nobody_are_refused(by, robot, charlie):
    for wrong in (charlie.pk, robot.pk, uuid.uuid4()):
        with pytest.raises(NotAllowed) as refusal:
            service_accounts.set_managers(robot.pk, member_ids=[wrong], by=by)
        assert refusal.value.field == "managers"


def test_only_service_accounts_of_the_organisation_are_managed(by, bob, actor_of, charlie, robot):
    with pytest.raises(Member.DoesNotExist):
        service_accounts.set_managers(bob.pk, member_ids=[], by=by)
    with pytest.raises(Member.DoesNotExist):
        service_accounts.set_managers(robot.pk, member_ids=[], by=actor_of(charlie))


def test_it_takes_the_permission(robot, camille, actor_of):
    with pytest.raises(NotPermitted):
        service_accounts.set_managers(robot.pk, member_ids=[], by=actor_of(camille))
