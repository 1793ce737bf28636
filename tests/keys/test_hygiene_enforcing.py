"""What controls do by themselves, with time passed in: notices, the grace, and then the mitigation."""

import pytest

from accounts.models import Manager
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import lifecycle
from keys.hygiene import configuring, detections, enforcing, notices, scanning
from keys.hygiene.controls import BY_SLUG
from keys.kinds import API_KEY, SERVICE_ACCESS_TOKEN
from keys.models import Credential, DetectionState, Notification, Where
from keys.telling import News
from tests.keys.estate import API_KEYS, automatic, days, news, revoked

pytestmark = pytest.mark.django_db


def test_an_automatic_mitigation_comes_once_after_its_grace_with_two_notices(unused, by, now):
    automatic(API_KEYS, by)
    told = {}
    for day in (0, 5.9, 6, 6.9, 7, 7.1):
        for _again in range(2):
            enforcing.enforce(now + days(day))
        told[day] = (news().count("detection.mitigation_ahead"), revoked("old"))

    assert told == {0: (1, False), 5.9: (1, False), 6: (2, False), 6.9: (2, False), 7: (2, True), 7.1: (2, True)}
    assert news().count("detection.mitigated") == 1
    assert AuditEvent.objects.filter(event="detection.mitigated").count() == 1


def test_a_grace_of_one_day_has_one_notice(unused, by, now):
    automatic(API_KEYS, by, grace=1)

    done = [enforcing.enforce(now + days(part)) for part in (0, 0.1, 0.9, 1)]

    assert (done, news().count("detection.mitigation_ahead")) == ([0, 0, 0, 1], 1)


def test_nothing_is_done_by_itself_without_its_notice_before(unused, by, now):
    automatic(API_KEYS, by)

    assert enforcing.enforce(now + days(100)) == 0
    assert not revoked("old")
    assert enforcing.enforce(now + days(107)) == 1


def test_what_fails_keeps_no_other_back(estate, by, now, monkeypatch):
    for name in ("first", "second", "third"):
        estate.key(API_KEY, name, created=91, used=None)
    estate.scan()
    automatic(API_KEYS, by)
    enforcing.enforce(now)
    broken = Credential.objects.get(name="first").pk
    revoke = lifecycle.revoke
    monkeypatch.setattr(lifecycle, "revoke", lambda pk, **given: 1 / 0 if pk == broken else revoke(pk, **given))

    with pytest.raises(ZeroDivisionError):
        enforcing.enforce(now + days(7))
    assert [revoked("first"), revoked("second"), revoked("third")] == [False, True, True]


def test_a_key_that_was_used_within_its_grace_is_left(unused, by, now):
    automatic(API_KEYS, by)
    enforcing.enforce(now)
    Credential.objects.filter(name="old").update(last_used_at=now + days(6))

    enforcing.enforce(now + days(7))

    unused.refresh_from_db()
    assert (unused.ending, revoked("old")) == ("resolved_externally", False)


def test_the_last_api_key_is_left_with_a_note(unused, by, now):
    lifecycle.revoke(Credential.objects.get(name="busy").pk, by=by)
    automatic(API_KEYS, by)

    for day in (0, 6, 7, 8, 9):
        enforcing.enforce(now + days(day))

    unused.refresh_from_db()
    assert (unused.state(now), revoked("old")) == (DetectionState.ACTIVE, False)
    assert "last API key" in unused.note
    assert Notification.objects.filter(news="detection.mitigation_ahead").count() == 2


@pytest.mark.parametrize("days_from_now", [0.5, 1, 8.5])
def test_a_delay_is_later_than_it_is_due_by_a_week_at_most(days_from_now, unused, by, now):
    automatic(API_KEYS, by, grace=1)
    enforcing.enforce(now)

    with pytest.raises(NotAllowed, match="seven days after the mitigation is due"):
        detections.delay(unused.pk, until=now + days(days_from_now), by=by)


def test_what_is_put_off_is_done_then(unused, by, now):
    automatic(API_KEYS, by, grace=1)
    enforcing.enforce(now)
    detections.delay(unused.pk, until=now + days(5), by=by)

    assert [enforcing.enforce(now + days(day)) for day in (1, 4, 5)] == [0, 0, 1]


def test_what_is_put_off_before_its_notice_has_its_notice(unused, by, now):
    automatic(API_KEYS, by, grace=1)

    detections.delay(unused.pk, until=now + days(3), by=by)

    assert news().count("detection.mitigation_ahead") == 1


def test_what_is_excepted_is_not_mitigated_by_itself(unused, by, now):
    automatic(API_KEYS, by)
    enforcing.enforce(now)
    detections.make_exception(unused.pk, reason="Known.", by=by)

    assert enforcing.enforce(now + days(30)) == 0
    assert not revoked("old")


def test_a_control_that_is_manual_again_does_nothing_more(unused, by, now):
    automatic(API_KEYS, by)
    enforcing.enforce(now)

    configuring.configure(API_KEYS, is_automatic=False, by=by)

    assert enforcing.enforce(now + days(30)) == 0
    unused.refresh_from_db()
    assert unused.mitigate_after is None


def test_the_managers_of_a_service_account_hear_what_is_ahead_of_its_tokens(
    estate, acme, by, robot, alice, camille, now
):
    Manager.objects.filter(service_account=robot).update(member=camille)
    estate.key(SERVICE_ACCESS_TOKEN, "endless", created=1, expires_at=None)
    estate.save()
    Credential.objects.update(created_by=alice)
    scanning.scan_organization(acme.pk, now=now)
    automatic(BY_SLUG["never_expiring_tokens"], by)

    enforcing.enforce(now)

    told = Notification.objects.filter(news=News.MITIGATION_AHEAD.value)
    assert [one.member for one in told] == [camille]


def test_of_many_that_a_control_acts_on_each_is_told_in_one_sentence(estate, alice, by, now):
    for number in range(notices.MANY + 1):
        estate.key(API_KEY, f"old {number}", created=91, used=None, owned=True)
    estate.key(API_KEY, "busy", owned=True)
    estate.scan()
    automatic(API_KEYS, by, grace=1)
    for part in (0, 0.5, 1):
        enforcing.enforce(now + days(part))

    assert Credential.objects.where(Where.revoked()).count() == notices.MANY + 1
    told = [one for one in news() if "mitigat" in one]
    assert told == ["detections.mitigation_ahead", "detections.mitigated"]
