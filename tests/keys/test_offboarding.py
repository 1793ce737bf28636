"""Changing, disabling and anonymizing a member: all of it or nothing, and what they owned ends with them."""

import pytest

from accounts.actors import NotPermitted
from accounts.models import Member, Person
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import offboarding
from keys.kinds import API_KEY, PERSONAL_ACCESS_TOKEN
from keys.models import Credential

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(alice, actor_of):
    return actor_of(alice)


def test_name_title_and_disabling_change_together(camille, admin):
    changed = offboarding.edit(camille.pk, name="Camille L.", title="SRE", disabled=True, by=admin)

    assert (changed.name, changed.title, changed.disabled_at) == ("Camille L.", "SRE", admin.now)


def test_nothing_changes_when_one_part_is_refused(alice, camille, admin):
    with pytest.raises(NotAllowed):
        offboarding.edit(alice.pk, title="Boss", disabled=True, by=admin)

    assert Member.objects.get(pk=alice.pk).title == ""


def test_a_service_account_is_changed_by_the_same_verb(robot, admin):
    changed = offboarding.edit(robot.pk, name="robot 2", email="R2@acme.example", by=admin)

    assert (changed.name, changed.email) == ("robot 2", "r2@acme.example")


def test_disabling_again_or_enabling_who_is_not_disabled_changes_nothing(camille, admin):
    before = AuditEvent.objects.count()

    offboarding.edit(camille.pk, disabled=False, by=admin)

    assert AuditEvent.objects.count() == before


def test_whoever_is_disabled_while_they_make_one_has_none(camille, admin, issue):
    offboarding.disable(Member.objects.get(pk=camille.pk).pk, by=admin)

    with pytest.raises(NotAllowed, match="active owner"):
        issue(PERSONAL_ACCESS_TOKEN, camille)  # who was read before that
    assert not Credential.objects.exists()


def test_an_anonymized_member_has_no_name_address_person_or_credential_left(camille, admin, issue):
    token = issue(PERSONAL_ACCESS_TOKEN, camille).credential
    person = camille.person_id

    offboarding.anonymize(camille.pk, by=admin)

    gone = Member.objects.get(pk=camille.pk)
    assert (gone.name, gone.email, gone.person) == (
        "Anonymized user",
        f"anonymized-{camille.pk}@example.invalid",
        None,
    )
    assert gone.disabled_at
    assert not Person.objects.filter(pk=person).exists()
    assert Credential.objects.get(pk=token.pk).revoked_at


def test_what_they_made_for_the_organization_stays(alice, second, admin, issue, charlie, actor_of):
    offboarding.anonymize(second.pk, by=actor_of(charlie))

    assert Person.objects.filter(pk=alice.person_id).exists()
    assert issue(API_KEY, alice).credential.pk


def test_the_trail_does_not_name_whom_it_tells_was_anonymized(camille, admin):
    offboarding.anonymize(camille.pk, by=admin)

    event = AuditEvent.objects.get(event="member.anonymized")
    assert (event.target_id, event.target_label) == (str(camille.pk), "Anonymized user")


def test_nobody_without_the_permission_anonymizes(camille, bob, actor_of):
    with pytest.raises(NotPermitted):
        offboarding.anonymize(bob.pk, by=actor_of(camille))

    assert Member.objects.get(pk=bob.pk).name == "Bob Reader"


def test_the_last_admin_is_not_anonymized(alice, admin):
    with pytest.raises(NotAllowed):
        offboarding.anonymize(alice.pk, by=admin)

    assert Member.objects.get(pk=alice.pk).person
