"""What a process knows of authenticated proxies: one look-up for all who ask, and none that a change has outdated."""

import asyncio
import dataclasses
import time
import uuid
from typing import NamedTuple

import jwt
import pytest

from api.answers import ApiError
from api.intake.proxies import Proxies, WrongVisitor
from api.intake.requests import Request
from keys import visitors
from keys.rum_proxies import Proxy, Terms

APPLICATION = uuid.uuid4()
REQUEST = Request("POST", "/", "", {}, ("203.0.113.9",))


def proxy():
    terms = Terms("", "k" * 32, "", "", "")
    return Proxy(APPLICATION, uuid.uuid4(), "placeholder-1", uuid.uuid4(), "pub" + "0" * 32, terms, (APPLICATION,))


class Verifier:
    """Stands for the process's verifier: nothing is behind, and the database answers when it is told to."""

    def __init__(self, found):
        self.found, self.asked, self.answers = found, 0, asyncio.Event()

    def keep_in_step(self, cache):
        self.cache = cache

    async def in_step(self):
        pass

    async def in_database(self, _function, _key):
        self.asked, found = self.asked + 1, self.found
        await self.answers.wait()
        return found


def play(scene, found=None):
    async def played():
        verifier = Verifier(found)
        proxies = Proxies(verifier)
        try:
            await scene(verifier, proxies)
        finally:
            await proxies.close()

    asyncio.run(played())


def test_all_who_ask_at_once_share_one_look_up():
    async def scene(verifier, proxies):
        asking = [asyncio.ensure_future(proxies.find(str(APPLICATION), REQUEST)) for _ in range(900)]
        await asyncio.sleep(0)
        verifier.answers.set()
        assert set(await asyncio.gather(*asking)) == {verifier.found}
        assert await proxies.find(str(APPLICATION), REQUEST) is verifier.found
        assert verifier.asked == 1

    play(scene, proxy())


def test_who_asks_after_a_change_gets_nothing_that_was_read_before_it():
    async def scene(verifier, proxies):
        early = asyncio.ensure_future(proxies.find(str(APPLICATION), REQUEST))
        await asyncio.sleep(0.01)  # it has begun to read
        verifier.found = proxy()
        verifier.cache.forget([APPLICATION])
        late = asyncio.ensure_future(proxies.find(str(APPLICATION), REQUEST))
        await asyncio.sleep(0)
        verifier.answers.set()
        assert await late is verifier.found
        assert await early is not verifier.found
        assert await proxies.find(str(APPLICATION), REQUEST) is verifier.found

    play(scene, proxy())


def test_a_network_that_asks_for_what_there_is_not_is_asked_to_wait(settings):
    settings.VERIFY_UNKNOWN = 2

    async def scene(verifier, proxies):
        verifier.answers.set()
        statuses = []
        for _ in range(4):
            with pytest.raises(ApiError) as refusal:
                await proxies.find(str(uuid.uuid4()), REQUEST)
            statuses.append(refusal.value.status)
        assert statuses == [404, 404, 429, 429]

    play(scene)


KEY = "k" * 32


class Asked(NamedTuple):
    """What a page asks to forward, as far as it is looked at."""

    token: str = "placeholder-1"


def proof(subject="visitor-7", seconds=60.0, key=KEY):
    return jwt.encode({"sub": subject, "exp": time.time() + seconds}, key, "HS256")


def checked(proxies, known, text):
    return proxies.check(known, Asked(), REQUEST._replace(headers={"authorization": f"Bearer {text}"}))


def test_a_proof_that_was_good_is_looked_at_again_once_it_has_ended(monkeypatch):
    known, text = proxy(), proof(seconds=1)

    async def scene(_verifier, proxies):
        await checked(proxies, known, text)
        monkeypatch.setattr(visitors, "LEEWAY", 0)
        monkeypatch.setattr("api.intake.proxies.time.time", lambda clock=time.time: clock() + 3)
        monkeypatch.setattr(visitors, "_decoded", refuse)
        with pytest.raises(WrongVisitor):
            await checked(proxies, known, text)

    def refuse(*_):
        raise visitors.NotVerified(visitors.Reason.EXPIRED)

    play(scene)


def test_a_proof_that_was_good_is_not_under_other_terms():
    known, text = proxy(), proof()
    changed = dataclasses.replace(known, terms=known.terms._replace(shared_key="another" * 6))

    async def scene(_verifier, proxies):
        await checked(proxies, known, text)
        with pytest.raises(WrongVisitor):
            await checked(proxies, changed, text)

    play(scene)


def test_a_visitor_who_sends_too_much_is_asked_to_wait_and_nobody_else_is(settings):
    settings.PROXY_VISITS = 3
    known, other = proxy(), dataclasses.replace(proxy(), application_id=uuid.uuid4())

    async def scene(_verifier, proxies):
        for _ in range(3):
            await checked(proxies, known, proof())
        with pytest.raises(ApiError) as refusal:
            await checked(proxies, known, proof())
        assert (refusal.value.status, refusal.value.headers["Retry-After"]) == (429, "60")
        await checked(proxies, known, proof("somebody else"))
        await checked(proxies, other, proof())

    play(scene)
