"""A year of an organisation, by passing time in: the same, whatever is missed, repeated or killed."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction

from audit.models import AuditEvent
from keys import blocking, rotation, tick, verification
from keys.kinds import API_KEY, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN
from keys.models import Credential, Mail, Notification, TickRun
from keys.rotation import Overlap
from keys.verification import Outcome

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process ends here: nothing catches this."""


@pytest.fixture
def story(alice, camille, robot, issue, by):
    """Keys of every fate."""
    made = {
        "agents": issue(API_KEY, alice, name="agents"),
        "rotated": issue(API_KEY, alice, name="rotated"),
        "awaited": issue(API_KEY, alice, name="awaited"),
        "blocked": issue(API_KEY, alice, name="blocked"),
        "yearly": issue(PERSONAL_ACCESS_TOKEN, camille, name="yearly", expires_at=by.now + 300 * DAY),
        "deploy": issue(SERVICE_ACCESS_TOKEN, alice, name="deploy"),
    }
    rotation.rotate(made["rotated"].credential.pk, overlap=Overlap.WEEK, by=by)
    made["new"] = rotation.rotate(made["awaited"].credential.pk, overlap=Overlap.FIRST_USE, by=by)
    Credential.objects.filter(pk=made["new"].credential.pk).update(last_used_at=by.now + 2 * DAY)
    blocking.brown_out(made["blocked"].credential.pk, by=by)
    return made


def run(at):
    """Everything timed, as it is done at a moment; what failed."""
    return [result for result in tick.run(lambda: at) if result.error]


def end():
    """How everything stands, but for when it was noted."""
    return {
        "credentials": Counter(
            (one.name, one.last4, bool(one.revoked_at), bool(one.blocked_at), one.retires_at)
            for one in Credential.objects.all()
        ),
        "told": Counter(Notification.objects.values_list("member__name", "news", "target_id")),
        "mails": Counter(Mail.objects.values_list("member__name", "news", "target_id", "choice")),
        "trail": Counter(AuditEvent.objects.values_list("event", "target_label", "reason")),
    }


def test_a_year_day_by_day(story, alice, camille, now):
    for day in range(366):
        for job in tick.JOBS:
            if day % 30 == 0 or job.name != "hygiene.scan":  # the slowest
                job.run(now + day * DAY)

    of_keys = Notification.objects.filter(news__regex="^(credential|rotation)[.]")
    told = Counter(of_keys.values_list("news", "target_id"))
    days = [
        ((one.told_at - now) // DAY, one.news)
        for one in Notification.objects.filter(member=camille, news__startswith="credential.").order_by("told_at")
    ]
    assert set(told.values()) <= {1, 3}
    assert days == [
        (270, "credential.expires"),
        (293, "credential.expires"),
        (299, "credential.expires"),
        (300, "credential.expired"),
    ]
    assert {
        (one.words["name"], one.news): (one.told_at - now) // DAY
        for one in Notification.objects.filter(member=alice, news__startswith="rotation")
    } == {
        (name, news): day
        for name in ("agents", "rotated", "awaited", "blocked", "deploy")
        for news, day in (("rotation.due", 76), ("rotation.overdue", 90))
    }


def test_everything_ends_to_the_second(story, now):
    def outcome(name, at):
        return verification.verify(story[name].secret.text, now=at).outcome

    ends = {"yearly": 300 * DAY, "rotated": 7 * DAY}
    for name, after in ends.items():
        assert outcome(name, now + after - SECOND) is Outcome.VALID
        assert outcome(name, now + after) is Outcome.EXPIRED
    assert outcome("blocked", now + blocking.BROWN_OUT - SECOND) is Outcome.BLOCKED
    assert outcome("blocked", now + blocking.BROWN_OUT) is Outcome.VALID

    run(now + 2 * DAY)
    assert outcome("awaited", now + 3 * DAY - SECOND) is Outcome.VALID
    assert outcome("awaited", now + 3 * DAY) is Outcome.EXPIRED


def test_killed_at_any_step_and_repeated_it_ends_the_same(story, now):
    late = now + 80 * DAY
    run(now + 3 * DAY)
    steps = Counting()
    with Rewound() as wanted, connection.execute_wrapper(steps):
        run(late)
        run(late + tick.LEASE)
        wanted.state = end()

    assert steps.seen > 20
    for step in range(1, steps.seen):
        with Rewound():
            with pytest.raises(Killed), connection.execute_wrapper(Killing(step)):
                run(late)
                run(late + tick.LEASE)
            transaction.set_rollback(False)  # a change outside every transaction has none to roll back
            run(late + tick.LEASE)
            assert end() == wanted.state, f"killed at {step}"


def test_twice_at_once_is_once(story, now):
    def twice(*asked):
        run(now + 80 * DAY)  # another process, in the middle of this one's
        return 0

    first = list(tick.run(lambda: now + 80 * DAY, jobs=[tick.Job("rotations", twice), *tick.JOBS]))
    assert not any(result.error for result in first)
    assert set(Counter(Notification.objects.values_list("member", "key")).values()) == {1}
    assert TickRun.objects.exclude(holder=None).count() == 0


class Counting:
    """How many changes are made."""

    seen = 0

    def __call__(self, execute, sql, params, many, context):
        self.seen += sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
        return execute(sql, params, many, context)


class Killing(Counting):
    """Ends the process instead of making the change of this number."""

    def __init__(self, step):
        self.step = step

    def __call__(self, execute, sql, params, many, context):
        done = super().__call__(execute, sql, params, many, context)
        if self.seen == self.step:
            raise Killed
        return done


class Rewound:
    """Whatever happens within, did not."""

    state = None

    def __enter__(self):
        self._savepoint = transaction.savepoint()
        return self

    def __exit__(self, *_raised):
        transaction.set_rollback(False)
        transaction.savepoint_rollback(self._savepoint)
