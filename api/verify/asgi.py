"""The verifier's doors in the event loop: /verify and /verifications as ASGI has them, and its beginning and end.

What a gateway's connection carries is mostly answered by api.verify.wire before it comes to this.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from api.answers import ApiError
from api.verify import answers, bulk, wire
from api.verify.answers import Answer
from api.verify.judging import Presented
from api.verify.questions import Asked, Question, headers_of
from api.verify.verifier import Verifier
from keys.usage.background import Background

Send = Callable[[dict[str, Any]], Any]

_running: tuple[Verifier, Background] | None = None


async def start() -> None:
    """Begin to answer in this process, and to count what it answers."""
    global _running
    verifier, background = Verifier(), Background()
    background.start()
    await verifier.start()
    _running = verifier, background


async def stop() -> None:
    """Answer what was asked already, and end."""
    global _running
    if _running:
        verifier, background = _running
        _running = None
        await verifier.stop()
        background.stop()


def running() -> Verifier | None:
    """The verifier of this process."""
    return _running[0] if _running else None


async def judged(verifier: Verifier, presented: Presented) -> Answer:
    """What something presented comes to."""
    return await _delivered(lambda deliver: verifier.judge(presented, deliver))


async def counted(verifier: Verifier, found: Answer, line: bytes) -> Answer:
    """An answer that was found elsewhere, once the line is counted; or that it cannot be."""
    return await _delivered(lambda deliver: verifier.count(deliver, found, line))


def at_once(data: bytes, peer: str, deliver: Callable[[bytes], None]) -> bool:
    """Whether these bytes of a connection are a whole question; then its answer's bytes are delivered, now or later."""
    return _running is not None and ask(_running[0], data, peer, deliver)


def ask(verifier: Verifier, data: bytes, peer: str, deliver: Callable[[bytes], None]) -> bool:
    """The same of this verifier. What was asked before is recognised, everything else is read."""

    def respond(answer: Answer) -> None:
        deliver(wire.response(answer))

    mark = verifier.repeats.mark(data, peer)
    if verifier.ask_again(mark, respond):
        return True
    question = wire.question(data, peer, mark)
    if question is None:
        return False
    verifier.ask(question, respond)
    return True


def answers_at(path: str) -> bool:
    """Whether the address is one of these doors."""
    return path == bulk.PATH or (path.startswith("/verify") and path[7:8] in wire.NEXT)


async def answer(scope: Any, body: bytes, send: Send) -> None:
    """Answer a request whose body has been read."""
    headers = headers_of(scope["headers"])
    peer = scope["client"][0] if scope.get("client") else ""
    target = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    if scope["path"] == bulk.PATH:
        found = await _several(scope["method"], headers, body, peer)
    elif verifier := running():
        found = await _delivered(lambda deliver: verifier.ask(Question(target, headers, peer), deliver))
    else:
        found = answers.UNAVAILABLE
    await _send(found, send, has_body=scope["method"] != "HEAD")


async def _several(method: str, headers: dict[str, str], body: bytes, peer: str) -> Answer:
    try:
        asked = bulk.read(method, headers, body, peer)
    except ApiError as refusal:
        return answers.error(refusal)
    judged = await asyncio.gather(*(_judged(one) for one in asked.questions))
    return bulk.answered(asked, judged)


async def _judged(asked: Asked) -> Answer:
    return await judged(_running[0], asked) if _running else answers.UNAVAILABLE


async def _delivered(ask: Callable[[Callable[[Answer], None]], None]) -> Answer:
    """The answer to what is asked."""
    future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def deliver(found: Answer) -> None:
        if not future.done():  # whoever asked may have left
            future.set_result(found)

    ask(deliver)
    return await future


async def _send(found: Answer, send: Send, *, has_body: bool) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in found.all_headers]
    await send({"type": "http.response.start", "status": found.status, "headers": headers})
    await send({"type": "http.response.body", "body": found.body if has_body else b""})
