"""Pages of the trail for programs: by number, in one query each, onwards by cursor."""

from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import search
from audit.language import condition
from audit.models import AuditEvent
from audit.refusals import QueryError
from keys.kinds import API_KEY

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail(alice, charlie, issue, actor_of, later):
    """Five events of Acme, a minute apart, and one of another organisation."""
    for number in range(5):
        issue(API_KEY, alice, name=f"key {number}", actor=later(actor_of(alice), timedelta(minutes=number)))
    issue(API_KEY, charlie, name="key of others")
    return alice.organization_id


def page(trail, now, query="", limit=10, **asked):
    found = search.events(organization_id=trail, condition=condition(query, now=now), limit=limit, **asked)
    return [event.sequence for event in found]


def test_a_page_goes_in_either_direction(trail, now):
    assert page(trail, now) == [1, 2, 3, 4, 5]
    assert page(trail, now, descending=True) == [5, 4, 3, 2, 1]


def test_a_page_has_one_more_where_another_follows(trail, now):
    assert page(trail, now, limit=2) == [1, 2, 3]
    assert page(trail, now, limit=5) == [1, 2, 3, 4, 5]


def test_a_page_goes_on_after_a_cursor(trail, now):
    cursor = search.cursor_of(AuditEvent.objects.of(trail).get(sequence=3))

    assert page(trail, now, after=search.position(cursor)) == [4, 5]
    assert page(trail, now, after=search.position(cursor), descending=True) == [2, 1]


def test_a_page_keeps_to_its_times_both_included(trail, now):
    since, until = now + timedelta(minutes=1), now + timedelta(minutes=3)

    assert page(trail, now, since=since, until=until) == [2, 3, 4]


def test_a_page_finds_what_its_query_asks_for_and_nothing_of_others(trail, now):
    assert page(trail, now, '@asset.name:("key 1" OR "key of others") OR NOT source:audit') == [2]


def test_a_page_costs_one_query(trail, now, django_assert_num_queries):
    with django_assert_num_queries(1):
        page(trail, now, "alice -@action:deleted @sequence:>1", since=now, until=now, after=1)


def test_a_cursor_says_nothing_to_whoever_reads_it():
    cursor = search.cursor_of(AuditEvent(sequence=123_456_789))

    assert "123456789" not in cursor
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert search.position(cursor) == 123_456_789


def encoded(text):
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "7",
        "é",
        "a" * 5,
        encoded("7"),
        encoded("sequence:"),
        encoded("sequence:0"),
        encoded("sequence:-1"),
        encoded("sequence:٣"),
        encoded("sequence:" + "9" * 19),
        encoded("sequence:7") + "=",
        encoded("sequence:7") + "!!!!",
    ],
)
def test_a_cursor_of_nobodys_making_is_refused(cursor):
    with pytest.raises(QueryError, match="belongs to no page"):
        search.position(cursor)


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=40))
def test_any_text_is_a_cursor_or_refused(cursor):
    try:
        assert search.cursor_of(AuditEvent(sequence=search.position(cursor))) == cursor
    except QueryError as refused:
        assert refused.position is None
