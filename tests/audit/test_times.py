"""Times as people write them in a query."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.refusals import QueryError
from audit.times import moment

NOW = datetime(2026, 1, 31, 10, 0, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("now", timedelta(0)),
        (" now ", timedelta(0)),
        ("now-30s", timedelta(seconds=30)),
        ("now-15m", timedelta(minutes=15)),
        ("now-1h", timedelta(hours=1)),
        ("now-7d", timedelta(days=7)),
        ("now-1w", timedelta(days=7)),
        ("now-1mo", timedelta(days=30)),
        ("now-2M", timedelta(days=60)),
    ],
)
def test_a_time_may_count_back_from_now(text, ago):
    assert moment(text, NOW) == NOW - ago


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T10:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("2026-01-31 10:00:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("2026-01-31T10:00:00.5Z", datetime(2026, 1, 31, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-01-31T10:00:00.123456789Z", datetime(2026, 1, 31, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-01-31T10:00:00+09:00", datetime(2026, 1, 31, 1, tzinfo=UTC)),
        ("1769853600000", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("-1", datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    ],
)
def test_a_time_may_be_a_date_or_milliseconds(text, expected):
    assert moment(text, NOW) == expected
    assert moment(text, NOW).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "now-", "now-5", "now+1h", "now-1y", "2026-02-30", "2026-01-31T25:00", "１２", "1.5", "x" * 99],
)
def test_what_is_no_time_is_refused_by_name(text):
    with pytest.raises(QueryError, match="is not a time"):
        moment(text, NOW)


@pytest.mark.parametrize(
    "text", ["now-999999999d", "now-99999999999999999999w", "9" * 18, "9" * 40, "0001-01-01T00:00+10:00"]
)
def test_a_time_no_calendar_has_is_refused_by_name(text):
    with pytest.raises(QueryError, match="lies outside the years 1 to 9999"):
        moment(text, NOW)


@settings(deadline=None, derandomize=True)
@given(st.one_of(st.text(max_size=80), st.from_regex(r"\A(now-)?[0-9T:.+-]{0,40}[a-zA-Z]{0,2}\Z")))
def test_any_text_is_a_time_or_refused(text):
    try:
        assert moment(text, NOW).tzinfo is UTC
    except QueryError as refused:
        assert str(refused)
