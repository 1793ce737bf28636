"""The ASGI application itself: what it does with clients that send too much, leave, or never read."""

import asyncio
import threading

import pytest
from django.conf import settings

from console import server

SCOPE = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/", "query_string": b"", "headers": []}


class Conversation:
    """One request: what the client sends, and what it got."""

    def __init__(self, *messages):
        self.messages = list(messages)
        self.answer = []

    async def receive(self):
        return self.messages.pop(0) if self.messages else {"type": "http.disconnect"}

    async def send(self, message):
        self.answer.append(message)

    def run(self, headers=()):
        asyncio.run(server.application(SCOPE | {"headers": list(headers)}, self.receive, self.send))
        return self.answer[0]["status"] if self.answer else None


def chunk(body, more_body=False):
    return {"type": "http.request", "body": body, "more_body": more_body}


@pytest.fixture
def echo(monkeypatch):
    """Django replaced by an application that answers with the body it got."""

    def application(environ, start_response):
        start_response("200 OK", [])
        return [environ["wsgi.input"].read()]

    monkeypatch.setattr(server._pages, "app", application)


def test_a_body_in_pieces_reaches_the_application_whole(echo):
    talk = Conversation(chunk(b"one ", True), chunk(b"two", False))

    assert talk.run() == 200
    assert b"".join(message.get("body", b"") for message in talk.answer) == b"one two"


@pytest.mark.parametrize("size", [0, settings.MAX_BODY])
def test_a_body_up_to_the_bound_is_taken(echo, size):
    assert Conversation(chunk(b"a" * size)).run() == 200


def test_a_body_that_grows_past_the_bound_is_refused_and_what_follows_is_read_away(echo):
    pieces = [chunk(b"a" * settings.MAX_BODY, True), chunk(b"a", True), chunk(b"a", True), chunk(b"a")]
    talk = Conversation(*pieces)

    assert talk.run() == 413
    assert talk.messages == []


def test_a_body_declared_too_large_is_refused_before_it_is_read(echo):
    talk = Conversation(chunk(b""))

    assert talk.run([(b"content-length", str(settings.MAX_BODY + 1).encode())]) == 413


def test_a_body_that_does_not_arrive_in_time_is_refused(echo, monkeypatch):
    monkeypatch.setattr(server, "BODY_SECONDS", 0.05)
    talk = Conversation()

    async def silence():
        await asyncio.sleep(10)

    monkeypatch.setattr(talk, "receive", silence)
    assert talk.run() == 408


def test_a_client_that_leaves_half_way_gets_nothing(echo):
    assert Conversation(chunk(b"one", True)).run() is None


def test_a_client_that_never_reads_its_answer_holds_no_thread(monkeypatch):
    done = threading.Event()

    def endless(environ, start_response):
        start_response("200 OK", [])
        try:
            for _ in range(1000):
                yield b"a" * 1024
        finally:
            done.set()

    async def stuck(message):
        await asyncio.Event().wait()

    async def scenario():
        talk = Conversation(chunk(b""))
        request = asyncio.create_task(server.application(SCOPE, talk.receive, stuck))
        finished = await asyncio.to_thread(done.wait, 5)
        request.cancel()
        return finished

    monkeypatch.setattr(server._pages, "app", endless)
    assert asyncio.run(scenario())
