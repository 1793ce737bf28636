"""What a process knows of authenticated proxies: one look-up for all who ask, and none that a change has outdated."""

import asyncio
import uuid

import pytest

from api.answers import ApiError
from api.intake.proxies import Proxies
from api.intake.requests import Request
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
