"""A running verifier to ask, and what stands for its database.

The database is replaced at its two questions, `find` and `since`, to make it slow, broken or changed at the right
moment. What it does against real ones is tested over the server, in tests/server.
"""

import asyncio
import dataclasses
import threading
import uuid

from django.db import OperationalError

from api.verify import asgi
from api.verify.verifier import Verifier
from keys import minting
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
