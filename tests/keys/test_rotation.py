"""Rotation, once for each of the five kinds."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Count, Q

from accounts.actors import NotPermitted
from accounts.builtin_roles import READ_ONLY
from accounts.models import MemberRole
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import client_tokens, editing, lifecycle, offboarding, ownership, policies, rotation, verification
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN, Track
from keys.models import Credential, Limit, Revision, Where
from keys.ownership import Owned
from keys.rotation import Overlap
from keys.verification import Outcome

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(params=KINDS, ids=str)
def kind(request, robot):
    return request.param


@pytest.fixture
def old(kind, alice, issue):
    return issue(kind, alice, name="payments")


def outcome(issued, now):
    return verification.verify(issued.secret.text, now=now).outcome


def used(issued, at):
    Credential.objects.filter(pk=issued.credential.pk).update(last_used_at=at)


def counted():
    """What every limit says there are, and how many there are."""
    for limit in Limit.objects.all():
        live = Credential.objects.of(limit.organization_id).of_kind(limit.kind).where(Where.counted())
        yield limit.live, (live.filter(owner=limit.owner) if limit.owner else live).count()


def test_both_are_good_until_the_overlap_ends_and_then_the_new_one_alone(old, by, now):
    new = rotation.rotate(old.credential.pk, overlap=Overlap.DAY, by=by)

    assert (outcome(old, now), outcome(new, now)) == (Outcome.VALID, Outcome.VALID)
    assert outcome(old, now + DAY - timedelta(seconds=1)) is Outcome.VALID
    assert outcome(old, now + DAY) is Outcome.EXPIRED
    assert outcome(new, now + DAY) is Outcome.VALID


def test_the_successor_is_the_same_in_all_but_its_text(old, by, now):
    new = rotation.rotate(old.credential.pk, overlap=Overlap.WEEK, by=by).credential
    before = Credential.objects.get(pk=old.credential.pk)

    for field in ("kind", "name", "owner", "scopes", "category", "remote_config_read_enabled"):
        assert getattr(new, field) == getattr(before, field)
    assert new.replaces == before
    assert (new.expires_at is None) == (before.expires_at is None)
    if before.expires_at:
        assert new.expires_at - now == before.expires_at - before.created_at


def test_now_means_now(old, by, now):
    new = rotation.rotate(old.credential.pk, overlap=Overlap.NOW, by=by)

    assert (outcome(old, now), outcome(new, now)) == (Outcome.REVOKED, Outcome.VALID)


def test_the_first_use_of_the_new_one_starts_the_clock_of_the_old(old, by, now):
    new = rotation.rotate(old.credential.pk, overlap=Overlap.FIRST_USE, by=by)
    rotation.follow(now + 30 * DAY)
    assert outcome(old, now + 365 * DAY) is not Outcome.REVOKED

    used(new, now + 31 * DAY)
    rotation.follow(now + 31.5 * DAY)
    old.credential.refresh_from_db()
    assert old.credential.retires_at == now + 32 * DAY

    rotation.follow(now + 32 * DAY)
    assert outcome(old, now + 32 * DAY) is Outcome.REVOKED
    assert AuditEvent.objects.latest("pk").reason == rotation.DONE


def test_a_use_that_a_clock_ahead_has_dated_moves_no_end(alice, issue, by, now):
    old = issue(API_KEY, alice)
    new = rotation.rotate(old.credential.pk, overlap=Overlap.FIRST_USE, by=by)
    used(new, now + 365 * DAY)
    rotation.follow(now)

    assert outcome(old, now + DAY) is Outcome.EXPIRED


def test_following_twice_does_nothing_more(old, by, now):
    rotation.rotate(old.credential.pk, overlap=Overlap.HOUR, by=by)

    assert [rotation.follow(now + DAY) for _ in range(2)] == [1, 0]


def test_finishing_early_revokes_the_old_one(old, by, now):
    new = rotation.rotate(old.credential.pk, overlap=Overlap.WEEK, by=by)
    rotation.finish(old.credential.pk, by=by)

    assert (outcome(old, now), outcome(new, now)) == (Outcome.REVOKED, Outcome.VALID)
    with pytest.raises(NotAllowed):
        rotation.finish(old.credential.pk, by=by)


def test_cancelling_revokes_the_new_one_and_gives_everything_back(old, by, now):
    new = rotation.rotate(old.credential.pk, overlap=Overlap.HOUR, by=by)
    back = rotation.cancel(old.credential.pk, by=by)

    assert (outcome(old, now), outcome(new, now)) == (Outcome.VALID, Outcome.REVOKED)
    assert (back.replaced_at, back.retires_at, back.name) == (None, None, "payments")
    assert all(said == there for said, there in counted())
    again = rotation.rotate(old.credential.pk, overlap=Overlap.HOUR, by=by)
    assert outcome(again, now) is Outcome.VALID


def test_what_is_remembered_of_the_old_one_is_outdated(old, by):
    Revision.objects.all().delete()
    rotation.rotate(old.credential.pk, overlap=Overlap.HOUR, by=by)

    assert old.credential.pk in {one.subject for one in Revision.objects.all()}


def test_revoking_the_new_one_is_cancelling(old, by, issue, alice, now):
    new = rotation.rotate(old.credential.pk, overlap=Overlap.HOUR, by=by)
    if old.credential.kind is API_KEY:
        issue(API_KEY, alice, name="the one that stays")
    lifecycle.revoke(new.credential.pk, by=by)

    assert (outcome(old, now + DAY), outcome(new, now)) == (Outcome.VALID, Outcome.REVOKED)


def test_both_of_a_pair_can_be_ended_in_either_order_and_the_limits_still_count_right(kind, old, alice, issue, by):
    issue(kind, alice, name="spare")
    new = rotation.rotate(old.credential.pk, overlap=Overlap.WEEK, by=by)
    found = list(Credential.objects.filter(pk__in=[old.credential.pk, new.credential.pk]))
    with transaction.atomic():
        for one in sorted(found, key=lambda one: one.pk != new.credential.pk):
            lifecycle.end(one, by=by)

    assert not Credential.objects.live().filter(pk__in=[one.pk for one in found]).exists()
    assert all(kept == there for kept, there in counted())


def test_a_name_that_was_taken_meanwhile_is_not_taken_back(old, by, issue, alice):
    new = rotation.rotate(old.credential.pk, overlap=Overlap.HOUR, by=by).credential
    editing.rename(new.pk, name="something else", by=by)
    issue(old.credential.kind, alice, name="payments")

    assert rotation.cancel(old.credential.pk, by=by).name == "payments-2"


def test_a_name_that_an_expired_successor_gives_up_goes_to_whoever_asks_for_it(alice, robot, issue, by, now, acme):
    old = issue(SERVICE_ACCESS_TOKEN, alice, owner=robot, name="payments").credential
    policy = policies.default(acme.pk, SERVICE_ACCESS_TOKEN)
    policy.longest_days = 2
    policy.save()
    rotation.rotate(old.pk, overlap=Overlap.FIRST_USE, by=by)  # whose successor nobody ever uses
    later = replace(by, now=now + 3 * DAY)
    new = issue(SERVICE_ACCESS_TOKEN, alice, owner=robot, name="payments", actor=later, expires_at=later.now + 2 * DAY)

    old.refresh_from_db()
    assert (new.credential.name, old.name, old.replaced_at) == ("payments", "payments-2", None)


def test_a_pair_is_rotated_once(old, by):
    new = rotation.rotate(old.credential.pk, overlap=Overlap.HOUR, by=by).credential

    for one in (old.credential, new):
        with pytest.raises(NotAllowed, match="being rotated already"):
            rotation.rotate(one.pk, overlap=Overlap.HOUR, by=by)
    assert Credential.objects.of_kind(old.credential.kind).count() == 2


def test_what_is_over_is_neither_finished_nor_cancelled(old, by):
    rotation.rotate(old.credential.pk, overlap=Overlap.HOUR, by=by)
    late = replace(by, now=by.now + 2 * DAY)

    for verb in (rotation.finish, rotation.cancel):
        with pytest.raises(NotAllowed, match="not being rotated"):
            verb(old.credential.pk, by=late)


def test_the_same_form_rotates_once_and_shows_the_same_secret(old, by):
    one, two = (rotation.rotate(old.credential.pk, overlap=Overlap.HOUR, by=by, nonce="n" * 32) for _ in range(2))

    assert (one.secret.text, two.again) == (two.secret.text, True)
    assert AuditEvent.objects.filter(event="credential.rotated").count() == 1


def test_what_is_revoked_is_not_rotated(old, by, issue, alice):
    issue(API_KEY, alice, name="the one that stays")
    lifecycle.revoke(old.credential.pk, by=by)

    with pytest.raises(NotAllowed, match="no longer good"):
        rotation.rotate(old.credential.pk, overlap=Overlap.HOUR, by=by)


def test_strangers_find_nothing_to_rotate_and_readers_may_not(old, charlie, vera, actor_of):
    with pytest.raises(Credential.DoesNotExist):
        rotation.rotate(old.credential.pk, overlap=Overlap.NOW, by=actor_of(charlie))
    with pytest.raises(NotPermitted):
        rotation.rotate(old.credential.pk, overlap=Overlap.NOW, by=actor_of(vera))


def test_who_may_make_a_key_but_revoke_none_does_not_rotate(alice, issue, actor_of):
    key = issue(API_KEY, alice).credential
    by = actor_of(alice)
    maker = replace(by, permissions=by.permissions - {API_KEY.rights.revoke})

    with pytest.raises(NotPermitted):
        rotation.rotate(key.pk, overlap=Overlap.NOW, by=maker)


def test_a_scope_that_the_owner_has_lost_does_not_stand_in_the_way(camille, issue, actor_of):
    key = issue(APPLICATION_KEY, camille, scopes=["dashboards_read", "monitors_write"]).credential
    by = actor_of(camille)
    MemberRole.objects.filter(member=camille).update(role_id=READ_ONLY.id)

    new = rotation.rotate(key.pk, overlap=Overlap.NOW, by=by).credential
    assert new.scopes == ["dashboards_read", "monitors_write"]


@pytest.mark.parametrize(
    ("hours", "overlaps"), [(0, 1), (1, 2), (24, 3), (167, 3), (168, 5)], ids=lambda number: str(number)
)
def test_who_bounds_the_overlap_lets_none_wait_without_an_end(hours, overlaps, ask):
    policy = ask(API_KEY, longest_overlap_hours=hours)

    assert rotation.overlaps_within(policy) == list(Overlap)[:overlaps]


def test_an_overlap_beyond_the_policy_is_refused(old, by, ask):
    ask(old.credential.kind, longest_overlap_hours=24)

    for overlap in (Overlap.WEEK, Overlap.FIRST_USE):
        with pytest.raises(NotAllowed, match="within 24 hours") as refusal:
            rotation.rotate(old.credential.pk, overlap=overlap, by=by)
        assert refusal.value.field == "overlap"


def test_a_full_quota_can_be_rotated_key_by_key_and_so_can_the_last_one(alice, issue, by):
    keys = [issue(API_KEY, alice, name=f"key {number}") for number in range(5)]
    with pytest.raises(NotAllowed):
        issue(API_KEY, alice, name="one too many")

    for number, key in enumerate(keys):
        rotation.rotate(key.credential.pk, overlap=list(Overlap)[number], by=by)

    assert Limit.objects.get(kind=API_KEY).live == 5
    assert all(said == there for said, there in counted())
    for key in Credential.objects.of_kind(API_KEY).live().filter(replaced_at__isnull=False):
        rotation.finish(key.pk, by=by)
    for key in Credential.objects.of_kind(API_KEY).live()[1:]:
        lifecycle.revoke(key.pk, by=by)
    last = Credential.objects.of_kind(API_KEY).live().get()
    rotation.rotate(last.pk, overlap=Overlap.NOW, by=by)
    assert Limit.objects.get(kind=API_KEY).live == 1


def test_the_new_one_of_the_last_pair_must_stay_and_the_old_one_need_not(alice, issue, by):
    key = issue(API_KEY, alice).credential
    new = rotation.rotate(key.pk, overlap=Overlap.WEEK, by=by).credential

    with pytest.raises(NotAllowed):
        lifecycle.revoke(new.pk, by=by)
    lifecycle.revoke(key.pk, by=by)


def test_ownership_and_use_go_over(alice, robot, issue, by):
    key = issue(API_KEY, alice, owned=Owned(member_id=robot.pk, team="payments", purpose="Agents"))
    token = issue(CLIENT_TOKEN, alice)
    client_tokens.set_use(token.credential.pk, application_id=None, sends=[Track.RUM], origins=[], by=by)

    new_key = rotation.rotate(key.credential.pk, overlap=Overlap.NOW, by=by).credential
    new_token = rotation.rotate(token.credential.pk, overlap=Overlap.NOW, by=by).credential

    assert ownership.told(Credential.objects.get(pk=new_key.pk).ownership) == {
        "owner": "robot",
        "team": "payments",
        "environment": None,
        "purpose": "Agents",
    }
    assert client_tokens.use_of(Credential.objects.get(pk=new_token.pk)).sends == ["rum"]


def test_an_owner_who_has_left_does_not_stand_in_the_way(alice, camille, issue, by):
    key = issue(API_KEY, alice, owned=Owned(member_id=camille.pk, team="payments")).credential
    offboarding.disable(camille.pk, by=by)

    new = rotation.rotate(key.pk, overlap=Overlap.NOW, by=by).credential
    assert ownership.told(Credential.objects.get(pk=new.pk).ownership)["team"] == "payments"


def test_nobody_gets_to_know_another_persons_key_by_rotating_it(alice, camille, issue, actor_of):
    key = issue(APPLICATION_KEY, camille).credential

    with pytest.raises(NotPermitted):
        rotation.rotate(key.pk, overlap=Overlap.NOW, by=actor_of(alice))


def test_a_token_that_ends_earlier_than_the_overlap_ends_then(alice, issue, by, now):
    token = issue(PERSONAL_ACCESS_TOKEN, alice, expires_at=now + 2 * DAY)
    rotation.rotate(token.credential.pk, overlap=Overlap.WEEK, by=by)

    assert outcome(token, now + 2 * DAY) is Outcome.EXPIRED


def test_the_policy_bounds_how_long_the_next_one_lives(alice, robot, issue, by, now, acme):
    token = issue(SERVICE_ACCESS_TOKEN, alice)
    policy = policies.of(acme.id, SERVICE_ACCESS_TOKEN)
    policy.longest_days = 30
    policy.save()

    assert rotation.rotate(token.credential.pk, overlap=Overlap.NOW, by=by).credential.expires_at == now + 30 * DAY


def test_no_two_live_ones_ever_replace_the_same(old, by):
    rotation.rotate(old.credential.pk, overlap=Overlap.WEEK, by=by)
    rotation.cancel(old.credential.pk, by=by)
    rotation.rotate(old.credential.pk, overlap=Overlap.WEEK, by=by)

    live = Credential.objects.annotate(n=Count("successors", filter=Q(successors__revoked_at__isnull=True)))
    assert [one.n for one in live.filter(pk=old.credential.pk)] == [1]
