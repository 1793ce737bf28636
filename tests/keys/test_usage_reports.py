"""What the counts are reported as: by bucket, by outcome, by where uses came from, and to whom."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import MemberRole, Role
from keys import lifecycle
from keys.kinds import API_KEY, APPLICATION_KEY
from keys.models import Credential, Where
from keys.usage import periods, reports
from keys.verification import Outcome

pytestmark = pytest.mark.django_db

DAY, WEEK, MONTHS = periods.BY_SLUG["24h"], periods.BY_SLUG["7d"], periods.BY_SLUG["15m"]


@pytest.fixture
def key(alice, issue):
    return issue(API_KEY, alice, name="the key").credential


def test_a_sparkline_has_28_days_of_good_uses_the_oldest_first(key, used, now):
    for ago, times in ((0, 5), (27, 2), (28, 9)):
        used(key, times, ago=timedelta(days=ago))
    used(key, 100, outcome=Outcome.WRONG_KIND)

    line = reports.sparklines([key], now=now)[key.pk]

    assert line.days == (2, *[0] * 26, 5)
    assert (line.total, line.days_since) == (7, 0)


def test_what_was_never_used_has_a_sparkline_too(key, now):
    line = reports.sparklines([key], now=now)[key.pk]

    assert (set(line.days), line.days_since) == ({0}, None)


def test_sparklines_of_many_cost_one_query_and_of_none_none(alice, issue, used, now, django_assert_num_queries):
    keys = [issue(APPLICATION_KEY, alice, name=f"key {number}").credential for number in range(20)]
    for key in keys:
        used(key)

    with django_assert_num_queries(1):
        lines = reports.sparklines(keys, now=now)
    with django_assert_num_queries(0):
        assert reports.sparklines([], now=now) == {}
    assert {line.total for line in lines.values()} == {1}


@pytest.mark.parametrize(
    ("slug", "first"),
    [
        ("24h", datetime(2026, 2, 28, 16, tzinfo=UTC)),
        ("7d", datetime(2026, 2, 23, tzinfo=UTC)),
        ("28d", datetime(2026, 2, 2, tzinfo=UTC)),
        ("90d", datetime(2025, 12, 2, tzinfo=UTC)),
        ("15m", datetime(2025, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_period_ends_in_the_bucket_that_has_just_begun(slug, first):
    period = periods.BY_SLUG[slug]

    starts = period.starts(datetime(2026, 3, 1, 15, 30, tzinfo=UTC))

    assert (len(starts), starts[0], starts[-1] <= datetime(2026, 3, 1, 15, tzinfo=UTC)) == (period.length, first, True)
    assert starts == sorted(set(starts))


@pytest.mark.parametrize(
    ("period", "ago"), [(DAY, timedelta(hours=5)), (WEEK, timedelta(days=5)), (MONTHS, timedelta(days=200))]
)
def test_what_was_good_and_what_was_refused_falls_into_its_bucket(period, ago, key, used, now):
    used(key, 7, ago=ago)
    used(key, 2, ago=ago, outcome=Outcome.WRONG_KIND)

    series = reports.of_credential(key, period=period, now=now).series

    (bucket,) = [bucket for bucket in series.buckets if bucket.good]
    following = next(start for start in period.starts(now) if start > bucket.start)
    assert (bucket.good, bucket.refused) == (7, 2)
    assert bucket.start <= now - ago < following
    assert (len(series.buckets), series.good, series.refused, series.total) == (period.length, 7, 2, 9)


def test_outcomes_are_counted_the_commonest_first_and_reasons_share_the_refusals(key, used, now):
    for outcome, times in ((Outcome.VALID, 1), (Outcome.WRONG_KIND, 6), (Outcome.MISSING_SCOPE, 3)):
        used(key, times, outcome=outcome)

    series = reports.of_credential(key, period=WEEK, now=now).series

    assert [(tally.outcome, tally.count, tally.share) for tally in series.outcomes] == [
        (Outcome.WRONG_KIND, 6, 0.6),
        (Outcome.MISSING_SCOPE, 3, 0.3),
        (Outcome.VALID, 1, 0.1),
    ]
    assert [tally.share for tally in series.refusals] == [6 / 9, 3 / 9]


def test_where_uses_came_from_with_the_busiest_first(key, used, now):
    used(key, 3, client="curl", ago=timedelta(days=2))
    used(key, 2, client="curl", ago=timedelta(days=1), outcome=Outcome.WRONG_KIND)
    used(key, 15, client="agent", ago=timedelta(days=3))

    clients = reports.of_credential(key, period=WEEK, now=now).clients

    assert [(row.value, row.good, row.refused, row.share) for row in clients.rows] == [
        ("agent", 15, 0, 0.75),
        ("curl", 3, 2, 0.25),
    ]
    assert abs(clients.rows[1].last_at - (now - timedelta(days=1))) < timedelta(milliseconds=1)
    assert (clients.distinct, clients.users) == (2, 2)


def test_ten_are_named_and_all_are_counted(key, used, now):
    for number in range(12):
        used(key, 1, network=f"10.0.{number}.0/24")

    networks = reports.of_credential(key, period=WEEK, now=now).networks

    assert (len(networks.rows), networks.distinct) == (reports.SHOWN, 12)


@pytest.mark.parametrize(
    ("second", "shared"),
    [
        ({}, False),
        ({"client": "agent"}, True),
        ({"network": "203.0.113.0/24"}, True),
        ({"network": "203.0.113.0/24", "outcome": Outcome.WRONG_KIND}, False),
    ],
)
def test_a_key_is_shared_when_it_lets_in_more_than_one(second, shared, key, used, now):
    used(key)
    used(key, **second)

    assert reports.of_credential(key, period=WEEK, now=now).is_shared is shared


def test_nothing_of_others_is_reported(key, alice, charlie, issue, used, now, actor_of):
    other, foreign = issue(APPLICATION_KEY, alice).credential, issue(API_KEY, charlie).credential
    used(other, 50, client="other")
    used(foreign, 70, client="foreign")

    mine = reports.of_credential(key, period=WEEK, now=now)
    ours = reports.of_organization(period=WEEK, by=actor_of(alice))

    assert (mine.series.total, mine.clients.rows) == (0, ())
    assert (ours.series.total, [row.value for row in ours.clients.rows]) == (50, ["other"])
    assert [row.credential for row in ours.credentials] == [other]


def test_the_unknown_are_taken_together(alice, used, actor_of):
    used(None, 4, outcome=Outcome.UNKNOWN, client="scanner")

    report = reports.of_organization(period=WEEK, by=actor_of(alice))

    (busy,) = report.credentials
    assert (busy.credential, busy.is_unknown, busy.good, busy.refused, busy.share) == (None, True, 0, 4, 1)
    assert [row.value for row in report.clients.rows] == ["scanner"]


def test_who_may_not_see_credentials_learns_neither_names_nor_where_they_were_used(
    key, alice, bob, issue, used, actor_of
):
    used(key, 5, client="secret-agent")
    used(issue(APPLICATION_KEY, alice).credential, 3, client="other-agent")

    report = reports.of_organization(period=WEEK, by=actor_of(bob))

    (busy,) = report.credentials
    assert (busy.credential, busy.is_unknown, busy.good) == (None, False, 8)
    assert (report.series.total, report.clients.rows, report.networks.rows) == (8, (), ())


def test_who_may_see_one_kind_learns_of_that_one(key, alice, acme, bob, issue, used, now, actor_of):
    role = Role.objects.create(
        organization=acme, name="k", name_key="k", granted=["api_keys_read"], created_at=now, modified_at=now
    )
    MemberRole.objects.create(member=bob, role=role)
    used(key, 5, client="agent")
    used(issue(APPLICATION_KEY, alice).credential, 3, client="secret-agent")

    report = reports.of_organization(period=WEEK, by=actor_of(bob))

    assert [(busy.credential, busy.good) for busy in report.credentials] == [(key, 5), (None, 3)]
    assert [row.value for row in report.clients.rows] == ["agent"]


@pytest.mark.parametrize("period", periods.PERIODS, ids=lambda period: period.slug)
def test_what_was_before_the_period_is_not_in_it(period, key, alice, used, now, actor_of):
    used(key, 50, ago=now - period.starts(now)[0] + timedelta(minutes=1))

    assert reports.of_credential(key, period=period, now=now).series.total == 0
    assert reports.of_organization(period=period, by=actor_of(alice)).credentials == ()


def test_never_used_and_idle_are_what_the_filters_find(alice, issue, used, now, actor_of, later):
    for name, created, last in (("fresh", 1, None), ("old", 91, None), ("idle", 200, 91), ("busy", 200, 89)):
        actor = later(actor_of(alice), -timedelta(days=created))
        made = issue(APPLICATION_KEY, alice, name=name, actor=actor).credential
        if last:
            used(made, ago=timedelta(days=last))
    lifecycle.revoke(issue(APPLICATION_KEY, alice, name="gone").credential.pk, by=actor_of(alice))

    report = reports.of_organization(period=WEEK, by=actor_of(alice))

    rules = (Where.never_used(), Where.unused_since(now - reports.IDLE_AFTER))
    found = [set(Credential.objects.where(rule).values_list("name", flat=True)) for rule in rules]
    assert found == [{"fresh", "old"}, {"old", "idle"}]
    assert (report.never_used, report.idle) == (2, 2)


@pytest.mark.parametrize("period", periods.PERIODS, ids=lambda period: period.slug)
def test_reports_cost_the_same_however_much_was_counted(
    period, key, alice, issue, used, now, actor_of, django_assert_num_queries
):
    for number in range(30):
        made = issue(APPLICATION_KEY, alice, name=f"key {number}").credential
        used(made, 1_000_000, client=f"client {number}", network=f"10.{number}.0.0/24")
        used(key, 5, client=f"client {number}", ago=timedelta(hours=number))
    by = actor_of(alice)

    with django_assert_num_queries(3):
        reports.of_credential(key, period=period, now=now)
    with django_assert_num_queries(6):
        reports.of_organization(period=period, by=by)
