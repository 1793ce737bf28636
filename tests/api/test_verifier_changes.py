"""The verifier in its loop: when it does not trust what it remembers."""

import asyncio
import dataclasses
import uuid

from keys import revisions
from tests.api.verifying import run


def test_after_a_sign_of_changes_they_are_read_before_anything_is_answered(database):
    text, other = database.add(), database.add()

    async def scene(talk):
        await talk.ask(text, other)
        database.revoke(text)
        assert await talk.ask(text, other) == [401, 200]

    run(scene)
    assert database.asked[1:] == [{text}]


def test_a_sign_that_comes_while_changes_are_read_has_them_read_again(database):
    first, second = database.add(), database.add()

    async def scene(talk):
        await talk.ask(first, second)
        database.answers.clear()
        database.revoke(first)
        asking = asyncio.ensure_future(talk.ask(first))
        await asyncio.sleep(0.05)
        database.revoke(second)
        also = asyncio.ensure_future(talk.ask(second))
        await asyncio.sleep(0.05)
        database.answers.set()
        assert await asking + await also == [401, 401]

    run(scene)


def test_when_more_may_have_changed_than_can_be_told_all_is_looked_up_again(database):
    text = database.add()

    async def scene(talk):
        await talk.ask(text)
        database.known[text] = dataclasses.replace(database.known[text], is_revoked=True)
        database.has_moved, database.is_whole = True, False
        assert await talk.ask(text) == [401]

    run(scene)


def test_a_sign_that_cannot_be_read_is_taken_for_one(database, monkeypatch):
    text = database.add()

    def unreadable():
        raise OSError

    async def scene(talk):
        await talk.ask(text)
        database.revoke(text)
        monkeypatch.setattr(database, "moved", unreadable)
        talk.verifier._sign = database
        assert await talk.ask(text) == [401]

    run(scene)


def test_whatever_goes_wrong_while_changes_are_read_they_are_read_again(database, monkeypatch):
    text = database.add()

    async def scene(talk):
        assert await talk.ask(text) == [200]
        with monkeypatch.context() as broken:
            broken.setattr(talk.verifier.cache, "forget", lambda _subjects: 1 / 0)
            database.revoke(text)
            assert await talk.ask(text) == [503]
        assert await talk.ask(text) == [401]

    run(scene)


def test_without_a_sign_changes_are_read_at_the_next_pulse(database):
    text = database.add()

    async def scene(talk):
        await talk.ask(text)
        database.revoke(text)
        database.has_moved = False
        await asyncio.sleep(revisions.PULSE * 1.5)
        assert await talk.ask(text) == [401]

    run(scene)


def test_what_was_looked_up_while_something_changed_is_not_kept(database):
    text = database.add()

    async def scene(talk):
        await talk.ask("f" * 31)
        database.answers.clear()
        asking = asyncio.ensure_future(talk.ask(text))
        await asyncio.sleep(0.05)
        talk.verifier.cache.forget([uuid.uuid4()])
        database.answers.set()
        assert await asking + await talk.ask(text) == [200, 200]

    run(scene)
    assert database.asked == [{text}, {text}]


def test_changes_that_cannot_be_read_are_503_and_heal(database):
    text = database.add()

    async def scene(talk):
        await talk.ask(text)
        database.is_down = database.has_moved = True
        refused = await talk.ask(text)
        database.is_down = False
        await asyncio.sleep(revisions.PULSE * 1.5)
        assert refused + await talk.ask(text) == [503, 200]

    run(scene)
