"""What becomes of what was found: exceptions, assignments, and mitigations, with time passed in."""

import dataclasses
import uuid

import pytest
from django.utils import translation

from accounts.actors import Delegation, NotPermitted
from accounts.models import Manager, Member, Role
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import lifecycle
from keys.hygiene import configuring, detections, enforcing, notices, scanning, scores
from keys.hygiene.controls import BY_SLUG, GRACE
from keys.kinds import API_KEY, APPLICATION_KEY, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN
from keys.models import Credential, Detection, DetectionState, HygieneScore, Notification, Where
from keys.telling import News
from tests.keys.estate import ENOUGH, SCOPE, UNUSED_SCOPE, Estate, days

pytestmark = pytest.mark.django_db

API_KEYS = BY_SLUG["unused_api_keys"]


@pytest.fixture
def estate(acme, alice, robot, now):
    return Estate(acme, owner=alice, account=robot, now=now)


@pytest.fixture
def unused(estate, acme, now):
    """An API key that is found unused, beside one that is not."""
    row = estate.key(API_KEY, "old", created=91, used=None, owned=True)
    estate.key(API_KEY, "busy")
    estate.save()
    scanning.scan_organization(acme.pk, now=now)
    return Detection.objects.get(control=API_KEYS.slug, resource_id=row.pk)


@pytest.fixture
def admin(actor_of, alice):
    return actor_of(alice)


def automatic(control, admin, grace=7):
    configuring.configure(control, is_automatic=True, parameters={GRACE: grace}, by=admin)


def at(actor, moment):
    return dataclasses.replace(actor, now=moment)


def revoked(name):
    return Credential.objects.get(name=name).revoked_at is not None


def news():
    return [row.news for row in Notification.objects.order_by("pk")]


def test_a_secret_in_the_reason_of_an_exception_is_not_kept(unused, admin, issue, alice):
    secret = issue(API_KEY, alice, name="pasted").secret.text
    detection = detections.make_exception(unused.pk, reason=f"replaced by {secret}", by=admin)

    assert detection.exception_reason == "replaced by [redacted]"


def test_a_second_scan_changes_nothing(unused, acme, now):
    before = list(Detection.objects.order_by("pk").values())

    scanning.scan_organization(acme.pk, now=now)

    assert list(Detection.objects.order_by("pk").values()) == before
    assert HygieneScore.objects.count() == 1


def test_a_scan_that_was_killed_half_way_is_made_up_for(estate, acme, now, monkeypatch):
    estate.key(API_KEY, "old", created=91, used=None, owned=False)
    estate.save()
    monkeypatch.setattr(scores, "note", lambda *_args, **_kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        scanning.scan(now)
    monkeypatch.undo()

    assert (scanning.scan(now), scanning.scan(now), scanning.scan(now + days(1))) == (1, 0, 1)
    assert sorted(Detection.objects.values_list("control", flat=True)) == [
        "overdue_rotation",
        "unknown_owners",
        "unused_api_keys",
    ]


def test_what_is_used_again_is_resolved_elsewhere(unused, acme, now):
    Credential.objects.filter(name="old").update(last_used_at=now)

    scanning.scan_organization(acme.pk, now=now + days(1))

    unused.refresh_from_db()
    assert unused.state(now) is DetectionState.RESOLVED_EXTERNALLY


def test_what_comes_back_is_another_detection(unused, acme, now):
    Credential.objects.filter(name="old").update(last_used_at=now)
    scanning.scan_organization(acme.pk, now=now + days(1))

    scanning.scan_organization(acme.pk, now=now + days(91))

    states = {row.state(now + days(91)) for row in Detection.objects.filter(control=API_KEYS.slug, label="old")}
    assert states == {DetectionState.RESOLVED_EXTERNALLY, DetectionState.ACTIVE}


def test_an_exception_holds_until_its_end_and_then_it_is_active_again(unused, admin, acme, now):
    detections.make_exception(unused.pk, reason="Used at year's end.", until=now + days(10), by=admin)
    scanning.scan_organization(acme.pk, now=now + days(9))
    unused.refresh_from_db()
    assert unused.state(now + days(9)) is DetectionState.EXCEPTION

    scanning.scan_organization(acme.pk, now=now + days(10))

    unused.refresh_from_db()
    assert (unused.state(now + days(10)), unused.exception_reason) == (DetectionState.ACTIVE, "")


def test_what_is_excepted_costs_no_points(unused, admin, acme, now):
    before = HygieneScore.objects.get().score
    for row in Detection.objects.open():
        detections.make_exception(row.pk, reason="Known.", by=admin)

    assert (before < 100, scanning.scan_organization(acme.pk, now=now).score) == (True, 100)


@pytest.mark.parametrize(("reason", "until", "field"), [("  ", None, "reason"), ("known", days(-1), "until")])
def test_an_exception_needs_a_reason_and_an_end_to_come(reason, until, field, unused, admin, now):
    with pytest.raises(NotAllowed) as refusal:
        detections.make_exception(unused.pk, reason=reason, until=until and now + until, by=admin)

    assert refusal.value.field == field


def test_an_exception_is_ended_by_hand(unused, admin, now):
    detections.make_exception(unused.pk, reason="Known.", by=admin)

    assert detections.reactivate(unused.pk, by=admin).state(now) is DetectionState.ACTIVE
    assert list(AuditEvent.objects.filter(target_id=unused.pk).values_list("event", flat=True)) == [
        "detection.excepted",
        "detection.reactivated",
    ]


def test_mitigating_does_it_and_says_so_in_the_trail(unused, admin):
    detections.mitigate(unused.pk, by=admin)

    unused.refresh_from_db()
    assert (unused.ending, revoked("old"), revoked("busy")) == ("mitigated", True, False)
    assert AuditEvent.objects.get(event="credential.revoked").reason == "key hygiene"
    assert AuditEvent.objects.get(event="detection.mitigated").changes["control"] == API_KEYS.slug


def test_mitigating_what_is_in_order_meanwhile_leaves_it(unused, admin, now):
    Credential.objects.filter(name="old").update(last_used_at=now)

    assert detections.mitigate(unused.pk, by=admin).ending == "resolved_externally"
    assert not revoked("old")


def test_the_last_api_key_stays(unused, admin):
    lifecycle.revoke(Credential.objects.get(name="busy").pk, by=admin)

    with pytest.raises(NotAllowed, match="last API key"):
        detections.mitigate(unused.pk, by=admin)
    assert not revoked("old")


@pytest.mark.parametrize("who", ["vera", "camille"])
def test_who_may_not_change_the_console_changes_nothing(who, unused, actor_of, request):
    somebody = actor_of(request.getfixturevalue(who))
    for verb, given in (
        (detections.mitigate, {}),
        (detections.reactivate, {}),
        (detections.make_exception, {"reason": "x"}),
        (detections.assign, {"member_id": None, "team": "x"}),
        (detections.delay, {"until": somebody.now + days(1)}),
    ):
        with pytest.raises(NotPermitted) as refusal:
            verb(unused.pk, by=somebody, **given)
        assert refusal.value.permission == "governance_console_write"


def test_the_console_alone_revokes_nothing(unused, admin):
    console_only = dataclasses.replace(admin, permissions=frozenset({"governance_console_write", "api_keys_read"}))

    with pytest.raises(NotPermitted) as refusal:
        detections.mitigate(unused.pk, by=console_only)
    assert (refusal.value.permission, revoked("old")) == ("api_keys_delete", False)


def test_another_organizations_detection_is_not_there(unused, actor_of, charlie):
    with pytest.raises(Detection.DoesNotExist):
        detections.mitigate(unused.pk, by=actor_of(charlie))
    assert detections.mitigate_all([unused.pk, uuid.uuid4()], by=actor_of(charlie)) == []


def test_of_several_each_is_done_by_itself(estate, acme, admin, now):
    for name in ("first", "second"):
        estate.key(API_KEY, name, created=91, used=None)
    estate.save()
    scanning.scan_organization(acme.pk, now=now)
    found = Detection.objects.of_control(API_KEYS.slug)

    results = detections.mitigate_all([row.pk for row in found], by=admin)

    assert [bool(one.problem) for one in results] == [False, True]
    assert [revoked("first"), revoked("second")] == [True, False]


def test_scopes_are_narrowed_to_those_that_were_used(estate, acme, admin, now):
    used = [("scope", SCOPE, 10), ("scope", SCOPE, ENOUGH)]
    row = estate.key(PERSONAL_ACCESS_TOKEN, "wide", created=120, scopes=[SCOPE, UNUSED_SCOPE], uses=used)
    estate.save()
    scanning.scan_organization(acme.pk, now=now)

    detections.mitigate(Detection.objects.get(control="unused_scopes").pk, by=admin)

    row.refresh_from_db()
    assert row.scopes == [SCOPE]


def test_the_managers_of_a_service_account_hear_what_is_ahead_of_its_tokens(
    estate, acme, admin, robot, alice, camille, now
):
    Manager.objects.filter(service_account=robot).update(member=camille)
    estate.key(SERVICE_ACCESS_TOKEN, "endless", created=1, expires_at=None)
    estate.save()
    Credential.objects.update(created_by=alice)
    scanning.scan_organization(acme.pk, now=now)
    automatic(BY_SLUG["never_expiring_tokens"], admin)

    enforcing.enforce(now)

    told = Notification.objects.filter(news=News.MITIGATION_AHEAD.value)
    assert [one.member for one in told] == [camille]


def test_what_is_beyond_the_token_somebody_acts_with_is_left_and_says_why(estate, acme, admin, now):
    used = [("scope", SCOPE, 10), ("scope", SCOPE, ENOUGH)]
    estate.key(APPLICATION_KEY, "wide", created=120, scopes=[SCOPE, UNUSED_SCOPE], uses=used)
    estate.save()
    scanning.scan_organization(acme.pk, now=now)
    token = Delegation(kind=PERSONAL_ACCESS_TOKEN.value, scopes=frozenset({SCOPE}), expires_at=None)

    found = Detection.objects.filter(control="unused_scopes").values_list("pk", flat=True)
    (result,) = detections.mitigate_all(found, by=dataclasses.replace(admin, delegation=token))

    assert str(result.problem).startswith("The access token you act with")


def test_what_no_use_is_known_of_is_not_narrowed(estate, acme, admin, now):
    estate.key(APPLICATION_KEY, "unscoped", scopes=None)
    estate.save()
    scanning.scan_organization(acme.pk, now=now)

    with pytest.raises(NotAllowed, match="No use of a scope is known"):
        detections.mitigate(Detection.objects.get(control="unscoped_application_keys").pk, by=admin)


def test_people_programs_and_roles_are_mitigated_by_their_own_verbs(estate, acme, admin, now):
    estate.member("Ida Idle", joined=100, signed_in=50)
    estate.service_account("orphan")
    estate.role("empty")
    estate.save()
    scanning.scan_organization(acme.pk, now=now)

    for label in ("Ida Idle", "orphan", "empty"):
        detections.mitigate(Detection.objects.get(label=label).pk, by=admin)

    assert set(Member.objects.filter(disabled_at__isnull=False).values_list("name", flat=True)) == {
        "Ida Idle",
        "orphan",
    }
    assert not Role.objects.filter(name="empty").exists()


def test_what_is_left_of_a_disabled_owner_is_revoked(estate, acme, admin, now):
    gone = estate.member("Dora", disabled_at=now)
    estate.key(APPLICATION_KEY, "left", owner=gone)
    estate.save()
    scanning.scan_organization(acme.pk, now=now)

    detections.mitigate(Detection.objects.get(control="owners_without_sign_in").pk, by=admin)

    assert revoked("left")


def test_what_somebody_must_think_about_is_not_done_with_a_click(estate, acme, admin, now):
    estate.key(API_KEY, "whose", owned=False)
    estate.save()
    scanning.scan_organization(acme.pk, now=now)

    with pytest.raises(NotAllowed):
        detections.mitigate(Detection.objects.get(control="unknown_owners").pk, by=admin)
    with pytest.raises(NotAllowed):
        configuring.configure(BY_SLUG["unknown_owners"], is_automatic=True, by=admin)


def test_an_automatic_mitigation_comes_after_its_grace_with_two_notices(unused, admin, now):
    automatic(API_KEYS, admin)
    told = []
    for hour in range(0, 8 * 24, 6):
        enforcing.enforce(now + days(hour / 24))
        told.append((hour, Notification.objects.filter(news="detection.mitigation_ahead").count(), revoked("old")))

    assert next(row for row in told if row[1] == 1)[0] == 0
    assert next(row for row in told if row[1] == 2)[0] == 6 * 24
    assert next(row for row in told if row[2])[0] == 7 * 24
    assert Notification.objects.filter(news="detection.mitigated").count() == 1


def test_a_grace_of_one_day_has_one_notice(unused, admin, now):
    automatic(API_KEYS, admin, grace=1)

    done = [enforcing.enforce(now + days(part)) for part in (0, 0.1, 0.9, 1)]

    assert (done, news().count("detection.mitigation_ahead")) == ([0, 0, 0, 1], 1)


def test_nothing_is_done_by_itself_without_its_notice_before(unused, admin, now):
    automatic(API_KEYS, admin)

    assert enforcing.enforce(now + days(100)) == 0
    assert not revoked("old")
    assert enforcing.enforce(now + days(107)) == 1


def test_enforcing_again_and_again_does_nothing_twice(unused, admin, now):
    automatic(API_KEYS, admin)
    for moment in (now, now, now + days(6.5), now + days(6.5), now + days(7), now + days(7)):
        enforcing.enforce(moment)

    assert AuditEvent.objects.filter(event="detection.mitigated").count() == 1
    assert Notification.objects.filter(news="detection.mitigation_ahead").count() == 2


def test_what_fails_keeps_no_other_back(estate, acme, admin, now, monkeypatch):
    for name in ("first", "second", "third"):
        estate.key(API_KEY, name, created=91, used=None)
    estate.save()
    scanning.scan_organization(acme.pk, now=now)
    automatic(API_KEYS, admin)
    enforcing.enforce(now)
    broken = Credential.objects.get(name="first").pk
    revoke = lifecycle.revoke
    monkeypatch.setattr(lifecycle, "revoke", lambda pk, **given: 1 / 0 if pk == broken else revoke(pk, **given))

    with pytest.raises(ZeroDivisionError):
        enforcing.enforce(now + days(7))
    assert [revoked("first"), revoked("second"), revoked("third")] == [False, True, True]


def test_a_key_that_was_used_within_its_grace_is_left(unused, admin, now):
    automatic(API_KEYS, admin)
    enforcing.enforce(now)
    Credential.objects.filter(name="old").update(last_used_at=now + days(6))

    enforcing.enforce(now + days(7))

    unused.refresh_from_db()
    assert (unused.ending, revoked("old")) == ("resolved_externally", False)


def test_the_last_api_key_is_left_with_a_note(unused, admin, now):
    lifecycle.revoke(Credential.objects.get(name="busy").pk, by=admin)
    automatic(API_KEYS, admin)

    for day in (0, 6, 7, 8, 9):
        enforcing.enforce(now + days(day))

    unused.refresh_from_db()
    assert (unused.state(now), revoked("old")) == (DetectionState.ACTIVE, False)
    assert "last API key" in unused.note
    assert Notification.objects.filter(news="detection.mitigation_ahead").count() == 2


@pytest.mark.parametrize("days_from_now", [0.5, 1, 8.5])
def test_a_delay_is_later_than_it_is_due_by_a_week_at_most(days_from_now, unused, admin, now):
    automatic(API_KEYS, admin, grace=1)
    enforcing.enforce(now)

    with pytest.raises(NotAllowed, match="seven days after the mitigation is due"):
        detections.delay(unused.pk, until=now + days(days_from_now), by=admin)


def test_what_is_put_off_is_done_then(unused, admin, now):
    automatic(API_KEYS, admin, grace=1)
    enforcing.enforce(now)
    detections.delay(unused.pk, until=now + days(5), by=admin)

    assert [enforcing.enforce(now + days(day)) for day in (1, 4, 5)] == [0, 0, 1]


def test_what_is_put_off_before_its_notice_has_its_notice(unused, admin, now):
    automatic(API_KEYS, admin, grace=1)

    detections.delay(unused.pk, until=now + days(3), by=admin)

    assert news().count("detection.mitigation_ahead") == 1


def test_where_nothing_is_done_by_itself_there_is_nothing_to_delay(unused, admin, now):
    with pytest.raises(NotAllowed):
        detections.delay(unused.pk, until=now + days(1), by=admin)


def test_what_is_excepted_is_not_mitigated_by_itself(unused, admin, now):
    automatic(API_KEYS, admin)
    enforcing.enforce(now)
    detections.make_exception(unused.pk, reason="Known.", by=admin)

    assert enforcing.enforce(now + days(30)) == 0
    assert not revoked("old")


def test_a_control_that_is_manual_again_does_nothing_more(unused, admin, now):
    automatic(API_KEYS, admin)
    enforcing.enforce(now)

    configuring.configure(API_KEYS, is_automatic=False, by=admin)

    assert enforcing.enforce(now + days(30)) == 0
    unused.refresh_from_db()
    assert unused.mitigate_after is None


@pytest.mark.parametrize(
    ("slug", "held"), [("unused_api_keys", "api_keys_write"), ("unused_application_keys", "user_app_keys")]
)
def test_who_may_not_do_it_to_everything_may_not_let_it_be_done(slug, held, admin):
    some = dataclasses.replace(admin, permissions=frozenset({"governance_console_write", held}))

    with pytest.raises(NotPermitted):
        automatic(BY_SLUG[slug], some)
    automatic(BY_SLUG[slug], admin)
    with pytest.raises(NotPermitted):
        configuring.configure(BY_SLUG[slug], parameters={GRACE: 1}, by=some)
    assert not configuring.configure(BY_SLUG[slug], is_automatic=False, by=some).is_automatic


def test_switching_a_control_off_ends_what_it_found(unused, admin, acme, now):
    configuring.configure(API_KEYS, is_on=False, by=admin)

    unused.refresh_from_db()
    assert unused.state(now) is DetectionState.INACTIVE
    assert API_KEYS.slug not in scanning.scan_organization(acme.pk, now=now).counts


@pytest.mark.parametrize(
    "parameters",
    [
        {"api_key_threshold": 0},
        {"api_key_threshold": "90"},
        {"api_key_threshold": True},
        {"nonsense": 1},
        {"key_name_exclusion_patterns": "api*"},
        {"key_name_exclusion_patterns": [""]},
        {"key_name_exclusion_patterns": ["x"] * 51},
        {GRACE: 8},
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_by_name(parameters, admin):
    with pytest.raises(NotAllowed) as refusal:
        configuring.configure(API_KEYS, parameters=parameters, by=admin)

    assert refusal.value.field == next(iter(parameters))


def test_somebody_who_is_assigned_is_told_once(unused, admin, camille):
    for _ in range(2):
        detections.assign(unused.pk, member_id=camille.pk, team="payments", by=admin)

    unused.refresh_from_db()
    assert (unused.assignee, unused.team, unused.assignment) == (camille, "payments", "manual")
    assert [row.member for row in Notification.objects.filter(news="detection.assigned")] == [camille]


def test_nobody_is_told_of_assignments_where_that_is_switched_off(unused, admin, camille):
    notices.set_of_assignments(False, by=admin)

    detections.assign(unused.pk, member_id=camille.pk, team="", by=admin)

    assert "detection.assigned" not in news()


def test_somebody_elses_member_is_nobody_to_assign(unused, admin, charlie):
    with pytest.raises(NotAllowed) as refusal:
        detections.assign(unused.pk, member_id=charlie.pk, team="", by=admin)

    assert refusal.value.field == "assigned_to"


def test_new_detections_are_one_piece_of_news_for_each_control(estate, acme, alice, now):
    for number in range(30):
        estate.key(API_KEY, f"whose {number}", owned=False)
    estate.save()

    scanning.scan_organization(acme.pk, now=now)
    scanning.scan_organization(acme.pk, now=now + days(1))

    (told,) = Notification.objects.all()
    assert (told.news, told.member, told.words["count"]) == ("detections.found", alice, "30")


def test_what_a_second_scan_of_the_day_finds_is_told_too(unused, acme, alice, issue, now):
    another = issue(API_KEY, alice, name="another").credential
    Credential.objects.filter(pk=another.pk).update(created_at=now - days(91))
    scanning.scan_organization(acme.pk, now=now + days(0.1))

    assert Notification.objects.filter(target_id=API_KEYS.slug).count() == 2


def test_of_many_that_a_control_acts_on_each_is_told_in_one_sentence(estate, acme, alice, admin, now):
    for number in range(notices.MANY + 1):
        estate.key(API_KEY, f"old {number}", created=91, used=None, owned=True)
    estate.key(API_KEY, "busy", owned=True)
    estate.save()
    scanning.scan_organization(acme.pk, now=now)
    automatic(API_KEYS, admin, grace=1)
    for part in (0, 0.5, 1):
        enforcing.enforce(now + days(part))

    assert Credential.objects.where(Where.revoked()).count() == notices.MANY + 1
    told = [one for one in news() if "mitigat" in one]
    assert told == ["detections.mitigation_ahead", "detections.mitigated"]


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([], []),
        ([{"event_type": "new_detection", "enabled": False, "targets": []}], []),
        ([{"event_type": "new_detection", "enabled": True, "targets": []}], ["Alice Admin"]),
    ],
)
def test_where_nobody_is_named_the_admins_hear_of_it_unless_it_is_off(events, told, estate, acme, admin, now):
    notices.set_events(API_KEYS, events, by=admin)
    estate.key(API_KEY, "old", created=91, used=None)
    estate.save()

    scanning.scan_organization(acme.pk, now=now)

    assert [row.member.name for row in Notification.objects.filter(target_id=API_KEYS.slug)] == told


def test_those_that_are_named_hear_of_new_detections_instead_of_the_admins(estate, acme, admin, bob, now):
    target = {"type": "email", "handle": bob.email.upper()}
    event = {"event_type": "new_detection", "enabled": True, "targets": [target]}
    notices.set_events(API_KEYS, [event], by=admin)
    estate.key(API_KEY, "old", created=91, used=None)
    estate.save()

    scanning.scan_organization(acme.pk, now=now)

    told = Notification.objects.filter(target_id=API_KEYS.slug)
    assert [row.member for row in told] == [bob]


@pytest.mark.parametrize("told", [News.DETECTIONS_FOUND, News.MITIGATION_AHEAD, News.DETECTION_MITIGATED])
def test_news_name_a_control_in_their_readers_language(told):
    name = notices.named(API_KEYS)
    words = {"name": "payments", "count": "1", "acts_at": "soon", "control": name}
    if told is News.DETECTIONS_FOUND:
        words["name"] = name

    with translation.override("fr"):
        assert str(API_KEYS.name) in told.said(words)
