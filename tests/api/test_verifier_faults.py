"""The verifier in its loop: what it answers while something is broken, and that nothing leaves uncounted."""

import asyncio

import pytest
from django.db import OperationalError

from api.verify.questions import Question
from keys.usage import spool
from tests.api.verifying import run


def test_one_whose_answer_cannot_be_delivered_keeps_nobody_from_theirs(database):
    text = database.add()

    def gone(_answer):
        raise ConnectionResetError

    async def scene(talk):
        talk.verifier.ask(Question("/verify", {"dd-api-key": text}, ""), gone)
        assert await talk.ask(text) == [200]

    run(scene)


class Riddle:
    """Something presented that cannot be judged once it is known."""

    def __init__(self, text):
        self.text, self.network, self.mark = text, "203.0.113.0/24", b""

    def of_unknown(self, _outcome):
        raise AssertionError

    def of_known(self, _entry, _now):
        raise ValueError("nobody thought of this")


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_what_cannot_be_judged_is_503_and_keeps_nobody_from_theirs(known, moved, database):
    text, other = database.add(), database.add()

    async def scene(talk):
        await talk.ask(*([text, other] if known else []))
        database.has_moved = moved
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in range(2)]
        for future in futures:
            talk.verifier.judge(Riddle(text), future.set_result)
        assert await talk.ask(other) == [200]
        assert [(await future).status for future in futures] == [503, 503]
        database.has_moved = True
        assert await talk.ask(text) == [200]

    run(scene)


def test_what_is_remembered_is_not_good_for_long_without_the_database(database, settings):
    text = database.add()
    settings.VERIFY_MAX_STALE = 0.5

    async def scene(talk):
        await talk.ask(text)
        database.is_down = True
        soon = await talk.ask(text)
        await asyncio.sleep(1)
        assert soon + await talk.ask(text) == [200, 503]

    run(scene)


def test_a_database_that_hangs_is_503_in_time(database):
    text = database.add()

    async def scene(talk):
        await talk.ask("")
        database.answers.clear()
        assert await asyncio.wait_for(talk.ask(text), 1) == [503]
        database.answers.set()

    run(scene)


def test_a_broken_connection_is_tried_once_more(database, monkeypatch):
    text = database.add()
    calls = iter([OperationalError])

    def once_broken(texts):
        for error in calls:
            raise error
        return database.find(texts)

    monkeypatch.setattr("keys.standings.find", once_broken)

    async def scene(talk):
        assert await talk.ask(text) == [200]

    run(scene)


def test_what_cannot_be_counted_is_not_answered(database, monkeypatch):
    text = database.add()

    def full(*_args, **_kwargs):
        raise spool.Full

    async def scene(talk):
        await talk.ask(text)
        monkeypatch.setattr(spool.Spool, "write", full)
        assert await talk.ask(text, "") == [503, 503]

    run(scene)
