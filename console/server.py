"""What gunicorn's asgi worker serves: every request's body is read here, in the event loop, before a thread is taken.

What gateways ask is answered in the loop by the verifier's doors, and what browsers and Agents send is taken in there,
streamed; everything else is answered by Django.

Django answers on a fixed number of threads. A thread that waits for a slow client is a thread nobody else gets, so
three hundred clients dripping a form would stop every page. Here they cost a coroutine each: the body is read whole,
within a bound on its size and on its time, and only then handed to Django, which never waits for the network.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.utils.module_loading import import_string

from console.wsgi import application as django_application
from keys.ticker import Ticker

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_SECONDS = 10.0
"""How long a client may take to send its body."""

LINGER_SECONDS = 5.0
LINGER_BODY = 32 * settings.MAX_BODY
"""How long, and how much, a refused client may go on sending: one cut off at once never reads why it was refused."""

# The queue of an answer is unbounded (0): a thread that had to wait until a slow client took its answer would be held
# by that client, and for good by one that leaves half-way.
_pages = WSGIMiddleware(django_application, workers=settings.THREADS, send_queue_size=0)

_start, _stop, _is_question, _answer, asked_at_once = (
    import_string(f"api.verify.asgi.{name}") for name in ("start", "stop", "answers_at", "answer", "at_once")
)
_open_intake, _close_intake, _is_sent, _take_in = (
    import_string(f"api.intake.asgi.{name}") for name in ("start", "stop", "answers_at", "answer")
)


class Refused(Exception):
    """The body is too large or too slow; carries the status and its words."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Gone(Exception):
    """The client left before it had sent everything."""


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application: HTTP goes to Django's pages, the server's own start and stop are acknowledged."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        await _http(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    ticker = Ticker() if settings.TICK else None
    for steps, of_ticker in (((_start, _open_intake), Ticker.start), ((_close_intake, _stop), Ticker.stop)):
        message = await receive()
        for step in steps:
            await step()
        if ticker:
            await asyncio.to_thread(of_ticker, ticker)
        await send({"type": f"{message['type']}.complete"})


async def _http(scope: Scope, receive: Receive, send: Send) -> None:
    if _is_sent(scope["path"]):
        await _take_in(scope, receive, send)
        return
    try:
        body = await asyncio.wait_for(_whole_body(scope, receive), BODY_SECONDS)
    except Refused as refusal:
        await _refuse(scope, send, refusal)
        await _linger(receive)
    except TimeoutError:
        await _refuse(scope, send, Refused(408, "The request took too long to arrive. Send it again."))
    except Gone:
        return
    else:
        if _is_question(scope["path"]):
            await _answer(scope, body, send)
            return
        await _pages(_measured(scope, body), _replay(body), send)  # type: ignore[arg-type]


async def _whole_body(scope: Scope, receive: Receive) -> bytes:
    """All of the body. Raises Refused as soon as it is, or says it will be, larger than settings.MAX_BODY."""
    _check_size(_declared_length(scope))
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        _check_size(size)
        if not message.get("more_body"):
            return b"".join(chunks)


def _declared_length(scope: Scope) -> int:
    length = next((value for name, value in scope["headers"] if name.lower() == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0


def _check_size(size: int) -> None:
    if size > settings.MAX_BODY:
        raise Refused(413, f"The request is larger than {settings.MAX_BODY // 1024} KiB. Send less at once.")


def _measured(scope: Scope, body: bytes) -> Scope:
    """The request as one whose body has a length, which it now has: WSGI knows of no other."""
    framing = {b"transfer-encoding", b"content-length"}
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in framing]
    return {**scope, "headers": [*headers, (b"content-length", str(len(body)).encode())]}


def _replay(body: bytes) -> Receive:
    """A `receive` that gives the whole body at once."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _refuse(scope: Scope, send: Send, refusal: Refused) -> None:
    """Say why: to a program in the shape the API has it, to everybody else as plain text."""
    for_programs = scope["path"].startswith("/api/") or _is_question(scope["path"])
    text = (json.dumps({"errors": [refusal.text]}) if for_programs else f"{refusal.text}\n").encode()
    headers = [
        (b"content-type", b"application/json" if for_programs else b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


async def _linger(receive: Receive) -> None:
    """Take what the refused client still sends, and forget it."""
    left = LINGER_BODY
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body"):
                    return
