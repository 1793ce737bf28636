"""The verifier in its loop: what it remembers, when it does not trust that, and that nothing leaves uncounted.

The database is replaced at its two questions, `find` and `since`, to make it slow, broken or changed at the right
moment. What it does against real ones is tested over the server, in tests/server.
"""

import asyncio
import dataclasses
import threading
import uuid

import pytest
from django.db import OperationalError

from api.verify import asgi, verifier
from api.verify.questions import Question
from api.verify.throttle import Throttle
from api.verify.verifier import Verifier
from keys import minting, revisions
from keys.kinds import API_KEY
from keys.revisions import Changes
from keys.usage import spool
from tests.keys.test_cache import standing


class Database:
    """What there is, and what is asked of it."""

    def __init__(self):
        self.known, self.asked, self.changes = {}, [], set()
        self.has_moved = self.is_down = False
        self.is_whole = True
        self.answers = threading.Event()
        self.answers.set()

    def add(self):
        row = uuid.uuid4()
        text = minting.mint(API_KEY, row).text
        self.known[text] = standing()
        return text

    def revoke(self, text):
        self.known[text] = dataclasses.replace(self.known[text], is_revoked=True)
        self.changes.add(self.known[text].credential_id)
        self.has_moved = True

    def find(self, texts):
        found = {text: self.known[text] for text in texts if text in self.known}
        self.asked.append(set(texts))
        self._answer()
        return found

    def since(self, position):
        changes = frozenset(self.changes)
        self._answer()
        return Changes(changes, position, is_whole=self.is_whole)

    def _answer(self):
        self.answers.wait(5)
        if self.is_down:
            raise OperationalError

    def moved(self):
        moved, self.has_moved = self.has_moved, False
        return moved


@pytest.fixture
def database(monkeypatch, settings, tmp_path):
    found = Database()
    settings.USAGE_DIR = tmp_path / "usage"
    monkeypatch.setattr("keys.standings.find", found.find)
    monkeypatch.setattr("keys.revisions.since", found.since)
    monkeypatch.setattr("keys.revisions.position", revisions.Position)
    monkeypatch.setattr("keys.revisions.sign", lambda: found)
    monkeypatch.setattr("keys.revisions.listen", lambda *_: None)
    monkeypatch.setattr("api.verify.verifier.connection", type("Connection", (), {"close": lambda _: None})())
    monkeypatch.setattr(verifier, "PATIENCE", 0.2)
    return found


class Talk:
    """A running verifier and a way to ask it."""

    def __init__(self):
        self.verifier = Verifier()

    async def ask(self, *texts):
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in texts]
        for text, future in zip(texts, futures, strict=True):
            header = f"DD-API-KEY: {text}\r\n" if text else ""
            data = f"GET /verify HTTP/1.1\r\nHost: a\r\n{header}\r\n".encode()
            assert asgi.ask(self.verifier, data, "203.0.113.9", future.set_result)
        return [int(answer.split()[1]) for answer in await asyncio.gather(*futures)]

    async def __aenter__(self):
        await self.verifier.start()
        return self

    async def __aexit__(self, *_):
        await self.verifier.stop()


def run(scene):
    async def play():
        async with Talk() as talk:
            await scene(talk)

    asyncio.run(play())


def counted():
    folder = spool.current().folder
    files = sorted((folder / "spool").glob("*.seg"))
    return [frame.lines.split(b"\n") for file in files for frame in spool.frames(file.read_bytes())]


def test_many_questions_of_one_turn_are_one_query_and_one_write(database):
    texts = [database.add() for _ in range(20)]

    async def scene(talk):
        assert await talk.ask(*texts) == [200] * 20

    run(scene)
    assert (database.asked, [len(lines) for lines in counted()]) == ([set(texts)], [20])


def test_what_is_remembered_is_not_looked_up_again(database):
    text = database.add()

    async def scene(talk):
        assert await talk.ask(text) + await talk.ask(text, text) == [200, 200, 200]

    run(scene)
    assert len(database.asked) == 1


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


def test_every_verdict_is_counted_with_its_outcome(database):
    good, revoked = database.add(), database.add()
    database.revoke(revoked)

    async def scene(talk):
        assert await talk.ask(good, revoked, "0" * 32, "nonsense", "") == [200, 401, 401, 401, 401]

    run(scene)
    outcomes = [line.split(b"\t")[2].decode() for lines in counted() for line in lines]
    assert sorted(outcomes) == ["absent", "revoked", "unknown", "unknown", "valid"]


def test_a_network_that_tries_out_credentials_gets_no_more_look_ups(database, settings):
    settings.VERIFY_UNKNOWN = 3
    good, fresh = database.add(), database.add()

    async def scene(talk):
        await talk.ask(good)
        for digit in "1234":
            await talk.ask(digit * 32)
        assert await talk.ask(fresh, good, "5" * 32) == [429, 200, 429]

    run(scene)
    assert len(database.asked) == 4


def test_networks_beyond_number_share_one_count():
    throttle = Throttle(2, networks=2)
    for network in "abcd":
        throttle.allows(network, minute=1)
        throttle.count(network)

    assert [throttle.allows(network, minute=1) for network in "abcde"] == [True, True, False, False, False]
    assert throttle.allows("e", minute=2)


def test_what_is_known_is_forgiven(database, settings):
    settings.VERIFY_UNKNOWN = 2
    texts = [database.add() for _ in range(6)]

    async def scene(talk):
        for text in texts:
            assert await talk.ask(text) == [200]

    run(scene)


def test_what_is_not_spelled_like_a_credential_is_never_looked_up(database):
    async def scene(talk):
        assert await talk.ask("a" * 10_000, "é" * 32, "ddpat_" + "!" * 59) == [401] * 3

    run(scene)
    assert not database.asked


def test_whoever_asked_before_the_end_is_answered(database):
    text = database.add()
    given = []

    async def scene(talk):
        await talk.ask("")
        talk.verifier.ask(Question("/verify", {"dd-api-key": text}, "203.0.113.9"), given.append)

    run(scene)
    assert [answer.status for answer in given] == [200]
