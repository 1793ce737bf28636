"""What is recognised byte for byte: the same question from the same address, while nothing about it has changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api.verify.answers import good
from api.verify.repeats import LONGEST, Repeat, Repeats
from keys.cache import Cache
from tests.keys.test_cache import standing

NOW = datetime(2026, 3, 4, tzinfo=UTC)
ASKED, PEER = b"GET /verify HTTP/1.1\r\nHost: a\r\nDD-API-KEY: nobody else says this\r\n\r\n", "192.0.2.1"


@pytest.fixture
def cache():
    return Cache(2)


@pytest.fixture
def repeats():
    return Repeats(2)


def remember(repeats, cache, text="a", data=ASKED, whose=None):
    entry = cache.put(text, whose or standing(), revision=cache.revision)
    repeat = Repeat(entry, good(entry.known), b"line")
    repeats.keep(repeats.mark(data, PEER), repeat)
    return repeat


def test_the_same_question_is_recognised_and_counts_as_a_use(repeats, cache):
    repeat = remember(repeats, cache)

    assert repeats.get(repeats.mark(ASKED, PEER), NOW) is repeat
    assert repeat.entry.used


@pytest.mark.parametrize(
    ("data", "peer"),
    [(ASKED + b" ", PEER), (ASKED.replace(b"this", b"that"), PEER), (ASKED, "192.0.2.2"), (b"1\n" + ASKED, PEER[:-1])],
)
def test_any_other_is_not(data, peer, repeats, cache):
    remember(repeats, cache)

    assert repeats.get(repeats.mark(data, peer), NOW) is None


def test_what_was_asked_is_not_kept(repeats, cache):
    remember(repeats, cache)

    assert "nobody else" not in repr(vars(repeats))


def test_one_about_a_standing_that_is_forgotten_is_not_answered(repeats, cache):
    repeat = remember(repeats, cache)
    cache.forget([repeat.entry.known.credential_id])

    assert repeats.get(repeats.mark(ASKED, PEER), NOW) is None


def test_nor_one_about_any_when_all_are_forgotten(repeats, cache):
    remember(repeats, cache)
    cache.clear()

    assert repeats.get(repeats.mark(ASKED, PEER), NOW) is None


def test_nor_one_about_a_standing_that_had_to_make_room_or_was_replaced(repeats, cache):
    first, second = ASKED, ASKED + b"second"
    remember(repeats, cache, "a", first)
    remember(repeats, cache, "b", second)
    for text in "bcd":
        cache.put(text, standing(), revision=cache.revision)

    assert [repeats.get(repeats.mark(data, PEER), NOW) for data in (first, second)] == [None, None]


def test_what_is_blocked_is_judged_each_time_for_that_ends_by_itself(repeats, cache):
    remember(repeats, cache, whose=replace(standing(), blocked_at=NOW))

    assert repeats.get(repeats.mark(ASKED, PEER), NOW) is None


def test_what_was_outdated_before_it_was_remembered_is_not_kept(repeats, cache):
    entry = cache.put("a", standing(), revision=cache.revision - 1)
    repeats.keep(repeats.mark(ASKED, PEER), Repeat(entry, good(entry.known), b"line"))

    assert repeats.get(repeats.mark(ASKED, PEER), NOW) is None


def test_it_ends_when_the_credential_expires(repeats, cache):
    remember(repeats, cache, whose=standing(expires_at=NOW))
    mark = repeats.mark(ASKED, PEER)

    assert repeats.get(mark, NOW - timedelta(microseconds=1))
    assert repeats.get(mark, NOW) is None


def test_it_never_holds_more_than_its_size(repeats, cache):
    for number in range(3):
        remember(repeats, cache, "a", b"%d" % number, whose=standing())
        cache.clear()

    assert len(repeats) == 2


@pytest.mark.parametrize(("size", "data"), [(0, ASKED), (2, b"a" * (LONGEST + 1))])
def test_nothing_is_kept_without_room_or_too_long(size, data, cache):
    repeats = Repeats(size)
    remember(repeats, cache, data=data)

    assert (repeats.mark(data, PEER), len(repeats)) == (b"", 0)
    assert repeats.get(b"", NOW) is None
