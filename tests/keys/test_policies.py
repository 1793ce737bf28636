"""What an organisation asks of its credentials: the terms, and what they refuse."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import NotPermitted
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import editing, foresight, ownership, policies, rotation
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN
from keys.models import LeakAction, Policy
from keys.ownership import Owned
from keys.policies import Terms
from keys.rotation import Overlap

pytestmark = pytest.mark.django_db


def test_without_a_row_every_kind_has_its_defaults(acme, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = policies.all_of(acme.pk)

    rotated = {kind: policy.rotate_every_days for kind, policy in found.items()}
    assert rotated == {
        API_KEY: 90,
        APPLICATION_KEY: 90,
        CLIENT_TOKEN: None,
        PERSONAL_ACCESS_TOKEN: None,
        SERVICE_ACCESS_TOKEN: 90,
    }


def test_a_change_holds_for_that_organisation_alone_and_is_recorded(ask, by, globex):
    ask(API_KEY, rotate_every_days=30)
    ask(API_KEY, rotate_every_days=30)

    assert policies.of(by.organization, API_KEY).rotate_every == timedelta(days=30)
    assert policies.of(globex.pk, API_KEY).rotate_every == timedelta(days=90)
    event = AuditEvent.objects.get(event="policy.changed")
    assert event.changes == {"rotate_every_days": [90, 30]}


def test_only_who_manages_the_organisation_changes_one(ask, camille, actor_of):
    with pytest.raises(NotPermitted):
        ask(API_KEY, actor=actor_of(camille), admins_create=True)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (API_KEY, "rotate_every_days", 0),
        (API_KEY, "rotate_every_days", 3651),
        (API_KEY, "longest_days", 30),
        (PERSONAL_ACCESS_TOKEN, "longest_days", 366),
        (PERSONAL_ACCESS_TOKEN, "longest_days", -1),
        (API_KEY, "longest_overlap_hours", 169),
        (API_KEY, "scopes_required", True),
        (APPLICATION_KEY, "owner_required", True),
    ],
)
def test_terms_that_make_no_sense_are_refused_at_their_field(ask, kind, field, value):
    with pytest.raises(NotAllowed) as refusal:
        ask(kind, **{field: value})

    assert refusal.value.field == field
    assert not Policy.objects.exists()


def test_making_one_reads_its_policy_once(alice, issue):
    with CaptureQueriesContext(connection) as queries:
        issue(API_KEY, alice, owned=Owned(team="web"))

    assert sum("keys_policy" in query["sql"] for query in queries) == 1


def test_a_required_owner_is_a_member_or_a_team(ask, by, alice, issue):
    ask(CLIENT_TOKEN, owner_required=True)

    with pytest.raises(NotAllowed) as refusal:
        issue(CLIENT_TOKEN, alice)

    assert refusal.value.field == "owner"
    assert issue(CLIENT_TOKEN, alice, name="a", owned=Owned(team="web")).credential.ownership.team == "web"
    named = issue(CLIENT_TOKEN, alice, name="b", owned=ownership.acting(by)).credential
    assert named.ownership.member == alice


def test_what_has_an_owner_cannot_lose_it_where_one_is_required(ask, by, alice, issue):
    token = issue(CLIENT_TOKEN, alice, owned=Owned(team="web")).credential
    ask(CLIENT_TOKEN, owner_required=True)

    with pytest.raises(NotAllowed) as refusal:
        editing.assign(token.pk, Owned(purpose="shop"), by=by)

    assert refusal.value.field == "owner"


def test_one_without_a_known_owner_is_rotated_all_the_same(ask, by, alice, issue):
    key = issue(API_KEY, alice).credential
    ask(API_KEY, owner_required=True)

    assert rotation.rotate(key.pk, overlap=Overlap.DAY, by=by).credential.replaces == key


def test_required_scopes_refuse_all_of_the_owners_access(ask, by, alice, issue):
    ask(APPLICATION_KEY, scopes_required=True)

    with pytest.raises(NotAllowed) as refusal:
        issue(APPLICATION_KEY, alice)
    scoped = issue(APPLICATION_KEY, alice, scopes=["dashboards_read"]).credential
    with pytest.raises(NotAllowed) as widening:
        editing.set_scopes(scoped.pk, scopes=None, by=by)

    assert refusal.value.field == widening.value.field == "scopes"


def test_a_longest_life_bounds_the_end_and_asks_for_one(ask, alice, robot, issue, now):
    ask(SERVICE_ACCESS_TOKEN, longest_days=30)

    for end in (None, now + timedelta(days=31)):
        with pytest.raises(NotAllowed) as refusal:
            issue(SERVICE_ACCESS_TOKEN, alice, expires_at=end)
        assert refusal.value.field == "expires_at"

    assert issue(SERVICE_ACCESS_TOKEN, alice, expires_at=now + timedelta(days=30)).credential.pk


def test_only_admins_create_where_the_policy_says_so_and_others_still_rotate(ask, alice, camille, issue, actor_of):
    key = issue(APPLICATION_KEY, camille, name="hers").credential
    ask(APPLICATION_KEY, admins_create=True)

    with pytest.raises(NotPermitted) as refusal:
        issue(APPLICATION_KEY, camille)

    assert refusal.value.permission == "org_management"
    assert issue(APPLICATION_KEY, alice).credential.pk
    assert rotation.rotate(key.pk, overlap=Overlap.NOW, by=actor_of(camille)).credential.name == "hers"


def test_what_a_policy_would_mean_is_counted_in_one_query(
    by, alice, issue, now, later, actor_of, django_assert_num_queries
):
    old = later(actor_of(alice), timedelta(days=-40))
    issue(CLIENT_TOKEN, alice, name="old", actor=old)
    issue(CLIENT_TOKEN, alice, name="new", owned=Owned(team="web"))
    terms = Terms(
        rotate_every_days=30,
        longest_days=None,
        longest_overlap_hours=1,
        scopes_required=False,
        owner_required=True,
        admins_create=False,
        leak_action=LeakAction.TELL,
    )
    proposed = policies.proposed(by.organization, CLIENT_TOKEN, terms)

    with django_assert_num_queries(1):
        found = foresight.consequences(proposed, now=now)

    assert (found.total, found.overdue, found.unknown_owner, found.unscoped, found.beyond) == (2, 1, 1, 0, 0)
    assert not Policy.objects.exists()


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_default_policy_means_nothing_for_what_there_is_not(kind, acme, now):
    assert foresight.consequences(policies.of(acme.pk, kind), now=now).total == 0


def test_a_longest_life_counts_what_would_outlive_it(ask, alice, robot, issue, now):
    issue(SERVICE_ACCESS_TOKEN, alice, name="for ever")
    issue(SERVICE_ACCESS_TOKEN, alice, name="a year", expires_at=now + timedelta(days=365))
    issue(SERVICE_ACCESS_TOKEN, alice, name="a week", expires_at=now + timedelta(days=7))

    found = foresight.consequences(ask(SERVICE_ACCESS_TOKEN, longest_days=30), now=now)

    assert (found.total, found.beyond) == (3, 2)
