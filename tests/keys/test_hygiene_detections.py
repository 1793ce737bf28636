"""What people do about what was found: except, assign, and take up again."""

import dataclasses
import uuid

import pytest

from accounts.actors import NotPermitted
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys.hygiene import detections, notices, scanning
from keys.kinds import API_KEY
from keys.models import Detection, DetectionState, HygieneScore, Notification
from tests.keys.estate import days, news

pytestmark = pytest.mark.django_db


def test_a_secret_in_the_reason_of_an_exception_is_not_kept(unused, by, issue, alice):
    secret = issue(API_KEY, alice, name="pasted").secret.text
    detection = detections.make_exception(unused.pk, reason=f"replaced by {secret}", by=by)

    assert detection.exception_reason == "replaced by [redacted]"


def test_an_exception_holds_until_its_end_and_then_it_is_active_again(unused, by, acme, now):
    detections.make_exception(unused.pk, reason="Used at year's end.", until=now + days(10), by=by)
    scanning.scan_organization(acme.pk, now=now + days(9))
    unused.refresh_from_db()
    assert unused.state(now + days(9)) is DetectionState.EXCEPTION

    scanning.scan_organization(acme.pk, now=now + days(10))

    unused.refresh_from_db()
    assert (unused.state(now + days(10)), unused.exception_reason) == (DetectionState.ACTIVE, "")


def test_what_is_excepted_costs_no_points(unused, by, acme, now):
    before = HygieneScore.objects.get().score
    for row in Detection.objects.open():
        detections.make_exception(row.pk, reason="Known.", by=by)

    assert (before < 100, scanning.scan_organization(acme.pk, now=now).score) == (True, 100)


@pytest.mark.parametrize(("reason", "until", "field"), [("  ", None, "reason"), ("known", days(-1), "until")])
def test_an_exception_needs_a_reason_and_an_end_to_come(reason, until, field, unused, by, now):
    with pytest.raises(NotAllowed) as refusal:
        detections.make_exception(unused.pk, reason=reason, until=until and now + until, by=by)

    assert refusal.value.field == field


def test_an_exception_is_ended_by_hand_and_leaves_no_trace_where_it_is_over(unused, by, now):
    detections.make_exception(unused.pk, reason="Known.", until=now + days(1), by=by)
    trail = AuditEvent.objects.filter(target_id=unused.pk).order_by("sequence").values_list("event", flat=True)

    detections.reactivate(unused.pk, by=dataclasses.replace(by, now=now + days(2)))
    assert list(trail.all()) == ["detection.excepted"]
    assert detections.reactivate(unused.pk, by=by).state(now) is DetectionState.ACTIVE
    assert list(trail.all()) == ["detection.excepted", "detection.reactivated"]


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


def test_another_organizations_detection_is_not_there(unused, actor_of, charlie):
    with pytest.raises(Detection.DoesNotExist):
        detections.mitigate(unused.pk, by=actor_of(charlie))
    assert detections.mitigate_all([unused.pk, uuid.uuid4()], by=actor_of(charlie)) == []


def test_somebody_who_is_assigned_is_told_once(unused, by, camille):
    for _ in range(2):
        detections.assign(unused.pk, member_id=camille.pk, team="payments", by=by)

    unused.refresh_from_db()
    assert (unused.assignee, unused.team, unused.assignment) == (camille, "payments", "manual")
    assert [row.member for row in Notification.objects.filter(news="detection.assigned")] == [camille]


def test_nobody_is_told_of_assignments_where_that_is_switched_off(unused, by, camille):
    notices.set_of_assignments(False, by=by)

    detections.assign(unused.pk, member_id=camille.pk, team="", by=by)

    assert "detection.assigned" not in news()


def test_somebody_elses_member_is_nobody_to_assign(unused, by, charlie):
    with pytest.raises(NotAllowed) as refusal:
        detections.assign(unused.pk, member_id=charlie.pk, team="", by=by)

    assert refusal.value.field == "assigned_to"
