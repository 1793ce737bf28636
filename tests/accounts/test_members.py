"""Members: invite, join, disable, enable; and the service accounts among them."""

import dataclasses
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts import invitations, members, service_accounts
from accounts.actors import Actor, ActorType, NotPermitted
from accounts.models import Invitation, Member, Person, Status
from accounts.names import BadName
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

STANDARD = frozenset({"standard"})


@pytest.fixture
def visitor(now):
    return Actor(organization_id=None, type=ActorType.ANONYMOUS, id="", label="", auth_method="NONE", now=now)


@pytest.fixture
def invite(alice, actor_of):
    return lambda email="nina@x.example": members.invite(email=email, role_slugs=STANDARD, by=actor_of(alice))


def recorded():
    return list(AuditEvent.objects.order_by("sequence").values_list("event", flat=True))


def test_an_invited_member_is_pending_and_cannot_act(invite):
    invited = invite(" Nina@X.example ")

    assert invited.status is Status.PENDING
    assert invited.email == "nina@x.example"
    assert not Member.objects.active().filter(pk=invited.pk).exists()
    assert recorded() == ["member.invited"]


def test_nobody_is_invited_twice(invite):
    invite()

    with pytest.raises(NotAllowed, match="already a member") as refusal:
        invite("NINA@x.example")

    assert refusal.value.field == "email"
    assert recorded() == ["member.invited"]


def test_the_same_person_may_be_invited_by_two_organizations(invite, charlie, actor_of):
    invite()

    members.invite(email="nina@x.example", role_slugs=STANDARD, by=actor_of(charlie))

    assert Member.objects.filter(email="nina@x.example").count() == 2


def test_joining_makes_a_person_who_can_sign_in(invite, visitor, now):
    token = invitations.make(invite(), now=now)

    member = invitations.accept(token, by=visitor, name=" Nina New ", password=PASSWORD)

    assert (member.status, member.name, member.person.email) == (Status.ACTIVE, "Nina New", "nina@x.example")
    assert member.person.check_password(PASSWORD)
    assert recorded() == ["member.invited", "member.joined"]


def test_a_link_works_once(invite, visitor, now):
    token = invitations.make(invite(), now=now)
    invitations.accept(token, by=visitor, name="Nina", password=PASSWORD)

    with pytest.raises(invitations.Unusable):
        invitations.accept(token, by=visitor, name="Mallory", password=PASSWORD)


def test_a_link_works_for_48_hours(invite, now):
    token = invitations.make(invite(), now=now)

    assert invitations.find(token, now=now + timedelta(hours=47, minutes=59))
    with pytest.raises(invitations.Unusable):
        invitations.find(token, now=now + timedelta(hours=48))


def test_a_newer_link_replaces_the_older_one(invite, alice, actor_of, now):
    invited = invite()
    older = invitations.make(invited, now=now)

    members.invite_again(invited.pk, by=actor_of(alice))

    with pytest.raises(invitations.Unusable):
        invitations.find(older, now=now)
    assert recorded() == ["member.invited", "member.invited"]


def test_only_a_fingerprint_of_the_link_is_kept(invite, now):
    token = invitations.make(invite(), now=now)

    assert all(token.encode() not in bytes(found.fingerprint) for found in Invitation.objects.all())


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": "", "password": PASSWORD}, BadName),
        ({"name": "\u202e", "password": PASSWORD}, BadName),
        ({"name": "Nina", "password": "short"}, ValidationError),
        ({"name": "Nina", "password": "x" * 129}, ValidationError),
        ({"name": "Nina", "password": ""}, ValidationError),
    ],
)
def test_a_refused_joining_changes_nothing_and_leaves_the_link_good(fields, problem, invite, visitor, now):
    token = invitations.make(invite(), now=now)

    with pytest.raises(problem):
        invitations.accept(token, by=visitor, **fields)

    assert invitations.find(token, now=now)
    assert not Person.objects.filter(email="nina@x.example").exists()


def test_nobody_takes_over_an_account_that_exists(charlie, alice, actor_of, visitor, now):
    charlie.person.set_password(PASSWORD)
    charlie.person.save()
    invited = members.invite(email=charlie.email, role_slugs=STANDARD, by=actor_of(alice))
    token = invitations.make(invited, now=now)

    with pytest.raises(invitations.SignInFirst):
        invitations.accept(token, by=visitor, name="Mallory", password="another password of Mallory")
    with pytest.raises(invitations.SignInFirst):
        invitations.accept(token, by=visitor, person=alice.person)

    assert invitations.accept(token, by=visitor, person=charlie.person).name == "Charlie Stranger"
    assert Person.objects.get(pk=charlie.person_id).check_password(PASSWORD)


def test_an_invitation_of_somebody_disabled_meanwhile_is_dead(invite, alice, actor_of, now):
    invited = invite()
    token = invitations.make(invited, now=now)

    members.disable(invited.pk, by=actor_of(alice))

    with pytest.raises(invitations.Unusable):
        invitations.find(token, now=now)


def test_disabling_and_enabling_are_facts_with_a_time(alice, bob, actor_of, now):
    assert members.disable(bob.pk, by=actor_of(alice)).disabled_at == now
    assert members.enable(bob.pk, by=actor_of(alice)).status is Status.ACTIVE
    assert recorded() == ["member.disabled", "member.enabled"]


@pytest.mark.parametrize("verb", [members.disable, members.enable, members.invite_again])
def test_what_is_done_already_is_refused_and_not_recorded(verb, alice, bob, actor_of):
    if verb is members.disable:
        members.disable(bob.pk, by=actor_of(alice))
    before = recorded()

    with pytest.raises(NotAllowed):
        verb(bob.pk, by=actor_of(alice))

    assert recorded() == before


@pytest.mark.parametrize("verb", [members.disable, members.enable, members.invite_again])
def test_nobody_reaches_into_another_organization(verb, bob, charlie, actor_of):
    with pytest.raises(Member.DoesNotExist):
        verb(bob.pk, by=actor_of(charlie))


def test_a_service_account_has_no_person_and_is_active_at_once(alice, actor_of):
    made = service_accounts.create(name="ci", email="CI@acme.example", role_slugs=STANDARD, by=actor_of(alice))

    assert (made.person, made.status, made.email) == (None, Status.ACTIVE, "ci@acme.example")
    assert recorded() == ["service_account.created"]


@pytest.mark.parametrize("who", ["bob", "camille", "vera"])
def test_only_those_with_the_permission_touch_service_accounts(who, robot, actor_of, request):
    actor = actor_of(request.getfixturevalue(who))

    with pytest.raises(NotPermitted):
        service_accounts.create(name="ci", email="ci@x.example", role_slugs=STANDARD, by=actor)
    with pytest.raises(NotPermitted):
        service_accounts.edit(robot.pk, name="ci", email="ci@x.example", role_slugs=STANDARD, by=actor)
    with pytest.raises(NotPermitted):
        members.disable(robot.pk, by=actor)


def test_a_service_account_never_gets_more_than_its_maker_holds(camille, actor_of):
    maker = actor_of(camille)
    maker = dataclasses.replace(maker, permissions=maker.permissions | {"service_account_write"})

    with pytest.raises(NotAllowed, match="permissions you hold"):
        service_accounts.create(name="ci", email="ci@x.example", role_slugs=frozenset({"admin"}), by=maker)


def test_saving_a_service_account_unchanged_leaves_no_trace(alice, robot, actor_of):
    service_accounts.edit(robot.pk, name=robot.name, email=robot.email, role_slugs=STANDARD, by=actor_of(alice))

    assert recorded() == []


def test_a_person_is_not_edited_as_a_service_account(alice, bob, actor_of):
    with pytest.raises(Member.DoesNotExist):
        service_accounts.edit(bob.pk, name="x", email="x@x.example", role_slugs=STANDARD, by=actor_of(alice))


def test_a_service_account_name_is_free_again_for_another_organization(alice, robot, charlie, actor_of):
    made = service_accounts.create(name="robot", email="r@x.example", role_slugs=STANDARD, by=actor_of(charlie))

    assert made.name == "robot"
