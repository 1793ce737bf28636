"""Who looks after a credential of the organisation."""

import csv

import pytest

from accounts import members, service_accounts
from accounts.actors import NotPermitted
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import editing, exports, offboarding, ownership, rotation, rum_applications
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN
from keys.models import Credential, Ownership, Where
from keys.ownership import Owned
from keys.rotation import Overlap

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(alice, issue):
    return issue(API_KEY, alice, name="agents").credential


def unknown(organization):
    return set(Credential.objects.of(organization.pk).where(Where.unknown_owner()).values_list("name", flat=True))


def test_it_is_said_when_it_is_created_and_recorded(alice, bob, issue):
    owned = Owned(member_id=bob.pk, team=" payments ", environment="prod", purpose="Agents")

    made = issue(API_KEY, alice, owned=owned).credential

    said = Ownership.objects.get(credential=made)
    assert (said.member, said.team, said.environment, said.purpose) == (bob, "payments", "prod", "Agents")
    changes = AuditEvent.objects.get(event="credential.issued", target_id=str(made.pk)).changes
    assert (changes["owner"], changes["team"]) == (bob.name, "payments")


def test_a_change_is_recorded_once_and_no_change_leaves_no_trace(key, by, robot):
    for _ in range(2):
        editing.assign(key.pk, Owned(member_id=robot.pk, team="web"), by=by)

    event = AuditEvent.objects.get(event="credential.ownership_changed")
    assert event.changes == {"owner": [None, "robot"], "team": [None, "web"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [("team", "a" * 65), ("environment", "a\u202eb"), ("purpose", "a" * 201), ("purpose", "x\0")],
)
def test_words_that_cannot_be_kept_are_refused_at_their_field(key, by, field, value):
    with pytest.raises(NotAllowed) as refusal:
        editing.assign(key.pk, Owned(**{field: value}), by=by)

    assert refusal.value.field == field


def test_only_an_active_member_of_the_same_organisation_can_be_named(key, by, bob, charlie):
    members.disable(bob.pk, by=by)

    for nobody in (bob, charlie):
        with pytest.raises(NotAllowed) as refusal:
            editing.assign(key.pk, Owned(member_id=nobody.pk), by=by)
        assert refusal.value.field == "owner"


def test_who_may_not_edit_it_may_not_say_who_owns_it_either(key, camille, actor_of):
    with pytest.raises(NotPermitted):
        editing.assign(key.pk, Owned(team="mine"), by=actor_of(camille))


def test_what_has_an_owner_of_its_own_has_no_ownership(alice, by, issue):
    personal = issue(APPLICATION_KEY, alice, owned=Owned(team="ignored")).credential

    assert not Ownership.objects.filter(credential=personal).exists()
    with pytest.raises(Credential.DoesNotExist):
        editing.assign(personal.pk, Owned(team="web"), by=by)


def test_the_owner_is_unknown_when_nobody_is_named_or_who_is_has_left(acme, alice, bob, by, issue):
    issue(API_KEY, alice, name="nobody")
    issue(API_KEY, alice, name="place only", owned=Owned(environment="prod"))
    issue(API_KEY, alice, name="left", owned=Owned(member_id=bob.pk))
    issue(API_KEY, alice, name="left, with a team", owned=Owned(member_id=bob.pk, team="web"))
    issue(CLIENT_TOKEN, alice, name="team", owned=Owned(team="web"))
    issue(APPLICATION_KEY, alice, name="personal")
    assert unknown(acme) == {"nobody", "place only"}

    offboarding.disable(bob.pk, by=by)

    assert unknown(acme) == {"nobody", "place only", "left"}


def test_a_successor_keeps_it_without_whoever_has_left(key, by, bob):
    editing.assign(key.pk, Owned(member_id=bob.pk, team="web", purpose="Agents"), by=by)
    offboarding.disable(bob.pk, by=by)

    made = rotation.rotate(key.pk, overlap=Overlap.DAY, by=by).credential

    said = Ownership.objects.get(credential=made)
    assert (said.member, said.team, said.purpose) == (None, "web", "Agents")


def test_the_client_token_of_a_new_application_belongs_to_its_maker(by, alice):
    application = rum_applications.create(name="Shop", by=by)

    assert application.tokens.get().credential.ownership.member == alice


def test_the_words_in_use_are_found_in_one_query(alice, by, charlie, issue, django_assert_num_queries):
    issue(API_KEY, alice, name="a", owned=Owned(team="web", environment="prod"))
    issue(API_KEY, alice, name="b", owned=Owned(team="web", environment="staging", purpose="Agents"))
    issue(API_KEY, charlie, name="c", owned=Owned(team="strangers"))

    with django_assert_num_queries(1):
        found = ownership.vocabulary(by.organization)

    assert (found.teams, found.environments, found.purposes) == (["web"], ["prod", "staging"], ["Agents"])


def test_it_is_found_by_team_environment_and_owner(acme, alice, bob, issue):
    made = issue(API_KEY, alice, name="a", owned=Owned(member_id=bob.pk, team="Web shop", environment="prod"))
    issue(API_KEY, alice, name="b")

    for words in ("web", "PROD", "bob"):
        assert [row.pk for row in Credential.objects.of(acme.pk).matching(words)] == [made.credential.pk]


def test_the_file_of_all_says_it(alice, bob, by, issue):
    issue(API_KEY, alice, name="a", owned=Owned(member_id=bob.pk, team="web", environment="prod", purpose="Agents"))
    issue(APPLICATION_KEY, bob, name="b", actor=by, beyond_owner=True, entitled=True)
    rows = Credential.objects.of(by.organization).with_people()

    _mark, *lines = exports.credentials(rows, by=by, asked={})
    found = list(csv.DictReader(lines))

    fields = ("owner", "team", "environment", "purpose")
    assert [tuple(row[field] for field in fields) for row in found] == [
        (bob.name, "web", "prod", "Agents"),
        (bob.name, "", "", ""),
    ]


def test_service_accounts_can_be_named_as_long_as_they_are_active(by, robot, alice):
    assert set(ownership.possible(by.organization)) == {alice, robot}

    service_accounts.edit(robot.pk, name="renamed", by=by)
    offboarding.disable(robot.pk, by=by)

    assert set(ownership.possible(by.organization)) == {alice}
