"""Members who are people: add, invite, join, change, disable, enable."""

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts import invitations, members
from accounts.actors import Actor, ActorType, NotPermitted
from accounts.builtin_roles import STANDARD
from accounts.models import Invitation, Member, Person, Status
from accounts.names import BadName
from accounts.refusals import AlreadyExists, NotAllowed
from audit.models import AuditEvent
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

AS_STANDARD = frozenset({STANDARD.id})


@pytest.fixture
def visitor(now):
    return Actor(organization_id=None, type=ActorType.ANONYMOUS, id="", label="", auth_method="NONE", now=now)


@pytest.fixture
def invite(alice, actor_of):
    return lambda email="nina@x.example": members.invite(email=email, role_ids=AS_STANDARD, by=actor_of(alice))


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

    members.invite(email="nina@x.example", role_ids=AS_STANDARD, by=actor_of(charlie))

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
    invited = members.invite(email=charlie.email, role_ids=AS_STANDARD, by=actor_of(alice))
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


def test_an_added_member_is_pending_and_gets_no_mail(alice, actor_of, mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        added = members.add(
            email="Nina@X.example", name=" Nina ", title="SRE", role_ids=AS_STANDARD, by=actor_of(alice)
        )

    assert (added.status, added.name, added.title, added.email) == (Status.PENDING, "Nina", "SRE", "nina@x.example")
    assert recorded() == ["member.added"]
    assert AuditEvent.objects.get().changes["roles"] == ["Standard"]
    assert not mailoutbox
    assert not added.invitations.exists()


def test_an_added_member_can_be_invited_later(alice, actor_of, visitor, now):
    added = members.add(email="nina@x.example", role_ids=AS_STANDARD, by=actor_of(alice))
    members.invite_again(added.pk, by=actor_of(alice))
    token = invitations.make(added, now=now)

    assert invitations.accept(token, by=visitor, name="Nina", password=PASSWORD).status is Status.ACTIVE
    assert recorded() == ["member.added", "member.invited", "member.joined"]


def test_inviting_mails_one_link_and_records_one_event(alice, actor_of, mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        members.invite(email="nina@x.example", title="SRE", role_ids=AS_STANDARD, by=actor_of(alice))

    assert recorded() == ["member.invited"]
    assert [mail.to for mail in mailoutbox] == [["nina@x.example"]]


@pytest.mark.parametrize("make", [members.add, members.invite])
@pytest.mark.parametrize("status", [Status.ACTIVE, Status.DISABLED])
def test_an_address_that_is_taken_is_told_apart_from_a_bad_one(make, status, alice, bob, actor_of):
    if status is Status.DISABLED:
        members.disable(bob.pk, by=actor_of(alice))

    with pytest.raises(AlreadyExists) as refusal:
        make(email=bob.email.upper(), role_ids=AS_STANDARD, by=actor_of(alice))

    assert refusal.value.field == "email"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": f"a@{'x' * 63}.{'x' * 63}.{'x' * 63}.{'x' * 61}.example"}, "email"),
        ({"name": "\u202e"}, "name"),
        ({"title": "x" * 129}, "title"),
        ({"role_ids": frozenset({uuid.uuid4()})}, "roles"),
    ],
)
def test_bad_details_of_somebody_new_are_refused_at_their_field(fields, field, alice, actor_of):
    good = {"email": "nina@x.example", "role_ids": AS_STANDARD}

    with pytest.raises(NotAllowed) as refusal:
        members.add(**good | fields, by=actor_of(alice))

    assert refusal.value.field == field
    assert not isinstance(refusal.value, AlreadyExists)


def test_editing_changes_what_the_organization_calls_somebody(alice, bob, actor_of):
    by = actor_of(alice)
    members.edit(bob.pk, name="Robert", title="SRE", by=by)

    bob.refresh_from_db()
    assert (bob.name, bob.name_key, bob.title, bob.modified_at) == ("Robert", "robert", "SRE", by.now)
    assert bob.person.name == "Bob Reader"
    assert AuditEvent.objects.get().changes == {"name": ["Bob Reader", "Robert"], "title": ["", "SRE"]}


def test_editing_to_the_same_leaves_no_trace(alice, bob, actor_of):
    members.edit(bob.pk, name=bob.name, email=bob.email.upper(), title="", by=actor_of(alice))

    bob.refresh_from_db()
    assert bob.modified_at is None
    assert recorded() == []


def test_nobody_changes_the_address_a_member_signs_in_with(alice, bob, actor_of):
    with pytest.raises(NotAllowed, match="only they can change it") as refusal:
        members.edit(bob.pk, email="mallory@x.example", by=actor_of(alice))

    assert refusal.value.field == "email"


def test_another_address_of_somebody_pending_takes_their_links_with_it(invite, alice, actor_of, now):
    invited = invite()
    token = invitations.make(invited, now=now)

    members.edit(invited.pk, email="Nina@Y.example", by=actor_of(alice))

    assert Member.objects.get(pk=invited.pk).email == "nina@y.example"
    with pytest.raises(invitations.Unusable):
        invitations.find(token, now=now)


def test_somebody_pending_cannot_take_a_members_address(invite, alice, bob, actor_of):
    with pytest.raises(AlreadyExists):
        members.edit(invite().pk, email=bob.email, by=actor_of(alice))


@pytest.mark.parametrize("who", ["bob", "camille", "vera"])
def test_only_those_who_manage_access_change_details(who, alice, actor_of, request):
    with pytest.raises(NotPermitted):
        members.edit(alice.pk, name="Mallory", by=actor_of(request.getfixturevalue(who)))


def test_neither_a_stranger_nor_a_program_is_edited_as_a_person(alice, robot, charlie, actor_of):
    for somebody in (robot, charlie):
        with pytest.raises(Member.DoesNotExist):
            members.edit(somebody.pk, name="x", by=actor_of(alice))


def test_a_cancelled_invitation_lets_nobody_in(invite, alice, actor_of, now):
    invited = invite()
    token = invitations.make(invited, now=now)

    invitations.cancel(invited.pk, by=actor_of(alice))

    with pytest.raises(invitations.Unusable):
        invitations.find(token, now=now)
    assert recorded() == ["member.invited", "invitation.cancelled"]
    with pytest.raises(NotAllowed, match="no open invitation"):
        invitations.cancel(invited.pk, by=actor_of(alice))


def test_there_is_nothing_to_cancel_once_they_have_joined(alice, bob, robot, charlie, actor_of):
    for member in (bob, robot):
        with pytest.raises(NotAllowed):
            invitations.cancel(member.pk, by=actor_of(alice))
    with pytest.raises(Member.DoesNotExist):
        invitations.cancel(charlie.pk, by=actor_of(alice))
    with pytest.raises(NotPermitted):
        invitations.cancel(alice.pk, by=actor_of(bob))


@pytest.mark.parametrize("verb", ["roles", "disable", "enable"])
def test_what_changes_a_member_says_when(verb, alice, bob, actor_of, later):
    by = later(actor_of(alice), timedelta(hours=1))
    if verb == "roles":
        members.set_roles(bob.pk, AS_STANDARD, by=by)
    else:
        members.disable(bob.pk, by=actor_of(alice) if verb == "enable" else by)
    if verb == "enable":
        members.enable(bob.pk, by=by)

    assert Member.objects.get(pk=bob.pk).modified_at == by.now
