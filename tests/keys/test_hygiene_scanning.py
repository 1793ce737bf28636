"""Looking: what is found, found again, found no more, and who hears of it."""

import pytest
from django.utils import translation

from accounts.refusals import NotAllowed
from keys import editing, lifecycle
from keys.hygiene import notices, scanning, scores
from keys.kinds import API_KEY
from keys.models import Credential, Detection, DetectionState, HygieneScore, Notification
from keys.telling import News
from tests.keys.estate import API_KEYS, days

pytestmark = pytest.mark.django_db


def test_a_second_scan_changes_nothing(unused, acme, now):
    before = list(Detection.objects.order_by("pk").values())

    scanning.scan_organization(acme.pk, now=now)

    assert list(Detection.objects.order_by("pk").values()) == before
    assert HygieneScore.objects.count() == 1


def test_a_scan_that_was_killed_half_way_is_made_up_for(estate, now, monkeypatch):
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


def test_new_detections_are_one_piece_of_news_for_each_control(estate, acme, alice, now):
    for number in range(30):
        estate.key(API_KEY, f"whose {number}", owned=False)
    estate.scan()
    scanning.scan_organization(acme.pk, now=now + days(1))

    (told,) = Notification.objects.all()
    assert (told.news, told.member, told.words["count"]) == ("detections.found", alice, "30")


def test_what_a_second_scan_of_the_day_finds_is_told_too(unused, acme, alice, issue, now):
    another = issue(API_KEY, alice, name="another").credential
    Credential.objects.filter(pk=another.pk).update(created_at=now - days(91))
    scanning.scan_organization(acme.pk, now=now + days(0.1))

    assert Notification.objects.filter(target_id=API_KEYS.slug).count() == 2


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([], []),
        ([{"event_type": "new_detection", "enabled": False, "targets": []}], []),
        ([{"event_type": "new_detection", "enabled": True, "targets": []}], ["Alice Admin"]),
    ],
)
def test_where_nobody_is_named_the_admins_hear_of_it_unless_it_is_off(events, told, estate, by):
    notices.set_events(API_KEYS, events, by=by)
    estate.key(API_KEY, "old", created=91, used=None)
    estate.scan()

    assert [row.member.name for row in Notification.objects.filter(target_id=API_KEYS.slug)] == told


def test_those_that_are_named_hear_of_new_detections_instead_of_the_admins(estate, by, bob):
    target = {"type": "email", "handle": bob.email.upper()}
    event = {"event_type": "new_detection", "enabled": True, "targets": [target]}
    notices.set_events(API_KEYS, [event], by=by)
    estate.key(API_KEY, "old", created=91, used=None)
    estate.scan()

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


def test_what_is_done_to_a_key_ends_what_was_found_of_it_at_once(unused, by):
    old = unused.resource_id
    lifecycle.revoke(old, by=by)
    assert Detection.objects.open().filter(pk=unused.pk).exists()

    scanning.after(lambda: None, old, by=by)

    found = Detection.objects.filter(resource_id=old).values_list("control", "ending")
    assert dict(found) == dict.fromkeys(["unused_api_keys", "overdue_rotation"], "resolved_externally")


def test_what_is_still_so_stays_and_what_is_refused_is_not_done(unused, by, acme):
    def refused():
        editing.rename(unused.resource_id, name="renamed", by=by)
        raise NotAllowed("", "no")

    with pytest.raises(NotAllowed):
        scanning.after(refused, unused.resource_id, by=by)
    assert scanning.after(lambda: "done", unused.resource_id, by=by) == "done"

    assert Detection.objects.open().filter(pk=unused.pk).exists()
    assert Credential.objects.filter(name="old").exists()
