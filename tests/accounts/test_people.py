"""What is recorded about people, and where."""

import dataclasses

import pytest
from django.db import transaction

from accounts import organizations, people
from accounts.actors import Actor, ActorType, NotPermitted
from accounts.models import Member, Organization, Person
from accounts.names import BadName
from accounts.refusals import NotAllowed
from audit.models import INSTALLATION, AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(now):
    return Actor(organization_id=None, type=ActorType.ANONYMOUS, id="", label="", auth_method="NONE", now=now)


def test_a_sign_in_is_told_to_every_organization_of_the_person(alice, second, visitor):
    people.signed_in(alice.person, by=visitor)

    found = {event.organization_id: event.actor_id for event in AuditEvent.objects.all()}
    assert found == {alice.organization_id: str(alice.id), second.organization_id: str(second.id)}


def test_support_staff_leave_it_on_the_installations_own_chain(sam, visitor):
    people.signed_in(sam, by=visitor)

    event = AuditEvent.objects.get()
    assert (event.organization_id, event.actor_type, event.actor_id) == (INSTALLATION, "SUPPORT_USER", str(sam.id))


def test_a_refusal_names_the_address_but_no_more_than_fits(alice, visitor):
    people.refused(" ALICE@acme.example ", by=visitor)
    people.refused("x" * 10_000, by=visitor)

    known, unknown = AuditEvent.objects.order_by("-organization_id")
    assert (known.organization_id, known.target_label) == (alice.organization_id, "alice@acme.example")
    assert (unknown.organization_id, len(unknown.target_label)) == (INSTALLATION, 254)


def test_a_profile_saved_unchanged_leaves_no_trace(alice, actor_of):
    people.change_profile(alice.person, by=actor_of(alice), name=alice.person.name, theme="auto")

    assert not AuditEvent.objects.exists()


def test_a_new_name_is_the_name_everywhere(alice, second, actor_of):
    by = actor_of(alice)
    people.change_profile(alice.person, by=by, name="Alicia")

    found = Member.objects.filter(person=alice.person).values_list("name", "modified_at")
    assert set(found) == {("Alicia", by.now)}
    assert AuditEvent.objects.count() == 2


def test_a_bad_name_is_refused_before_anything_changes(alice, actor_of):
    with pytest.raises(NotAllowed) as refusal:
        people.change_profile(alice.person, by=actor_of(alice), name="\0", theme="dark")

    assert refusal.value.field == "name"
    assert Person.objects.get(pk=alice.person_id).theme == "auto"


def test_what_cannot_be_recorded_is_not_done(alice, actor_of, monkeypatch):
    monkeypatch.setattr("audit.log.record", lambda *_args, **_kwargs: 1 / 0)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        people.change_profile(alice.person, by=actor_of(alice), theme="dark")

    assert Person.objects.get(pk=alice.person_id).theme == "auto"


def test_an_organization_has_a_visible_name_and_is_recorded_in_its_own_trail(visitor):
    made = organizations.create(name=" Initech ", by=visitor)

    assert made.name == "Initech"
    assert AuditEvent.objects.get().organization_id == made.id
    with pytest.raises(BadName):
        organizations.create(name="\u200b", by=visitor)
    assert Organization.objects.count() == 1


def test_an_actor_may_what_it_holds_and_nothing_else(alice, actor_of):
    actor = dataclasses.replace(actor_of(alice), permissions=frozenset({"api_keys_read"}))

    assert actor.can("api_keys_write", "api_keys_read")
    assert not actor.can(None)
    with pytest.raises(NotPermitted) as refusal:
        actor.require("api_keys_write")
    assert refusal.value.permission == "api_keys_write"


def test_an_actor_without_an_organization_has_none_to_act_in(visitor):
    with pytest.raises(NotPermitted):
        _ = visitor.organization
