"""What a process remembers of credentials: bounded, forgotten by subject, and never filled with what is outdated."""

import uuid

import pytest

from keys.cache import Cache
from keys.kinds import API_KEY, APPLICATION_KEY
from keys.standings import Standing


def standing(kind=API_KEY, organization=None, owner=None, roles=(), expires_at=None):
    ids = (uuid.uuid4(), organization or uuid.uuid4(), owner)
    return Standing(
        kind=kind,
        credential_id=ids[0],
        organization_id=ids[1],
        owner_id=owner,
        permissions=frozenset(),
        scopes=None,
        expires_at=expires_at,
        is_revoked=False,
        is_owner_disabled=False,
        is_switched_off=False,
        subjects=(*filter(None, ids), *roles),
    )


@pytest.fixture
def cache():
    return Cache(3)


def fill(cache, *texts, **fields):
    return {text: cache.put(text, standing(**fields), revision=cache.revision) for text in texts}


def test_what_is_put_is_found_by_its_text_and_by_no_other(cache):
    entry = fill(cache, "a")["a"]

    assert cache.get("a") is entry
    assert cache.get("b") is None


def test_the_text_itself_is_not_kept(cache):
    fill(cache, "a text that nobody else would write")

    assert "nobody else" not in repr(vars(cache))


def test_it_never_holds_more_than_its_size(cache):
    fill(cache, *"abcdefg")

    assert len(cache) == 3
    assert cache.get("a") is None


def test_what_is_used_outlives_what_is_not(cache):
    fill(cache, *"abc")
    cache.get("a")
    fill(cache, "d")

    assert [text for text in "abcd" if cache.get(text)] == ["a", "c", "d"]


def test_one_that_is_put_twice_counts_once(cache):
    fill(cache, "a", "a", "b", "c")

    assert len(cache) == 3


@pytest.mark.parametrize("subject", ["credential", "organization", "owner", "role"])
def test_it_is_forgotten_with_any_of_its_subjects(cache, subject):
    ids = {name: uuid.uuid4() for name in ("organization", "owner", "role")}
    one = standing(APPLICATION_KEY, ids["organization"], ids["owner"], (ids["role"],))
    cache.put("a", one, revision=cache.revision)
    fill(cache, "b")

    cache.forget([(ids | {"credential": one.credential_id})[subject]])

    assert (cache.get("a"), bool(cache.get("b"))) == (None, True)


def test_what_was_read_before_something_was_forgotten_is_given_back_but_not_kept(cache):
    revision = cache.revision
    cache.forget([uuid.uuid4()])

    assert cache.put("a", standing(), revision=revision).known
    assert cache.get("a") is None


def test_nothing_is_left_of_what_is_forgotten(cache):
    entries = fill(cache, *"abc")
    for entry in entries.values():
        cache.forget(entry.known.subjects)

    assert (len(cache), cache._digests) == (0, {})


def test_clearing_forgets_all_and_what_was_under_way(cache):
    fill(cache, *"ab")
    revision = cache.revision
    cache.clear()
    cache.put("c", standing(), revision=revision)

    assert len(cache) == 0


def test_a_cache_of_no_size_keeps_nothing():
    assert fill(Cache(0), "a")["a"].known
