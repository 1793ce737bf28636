"""gunicorn's asgi worker, with a bound on how long a client may take to send its first request's headers, with
refusals that programs can read, and with gateways' questions answered before anything else sees them.

gunicorn bounds the size of headers, and between two requests of one connection their time (`keepalive`). A new
connection may stay silent for ever; each costs a file descriptor, and when those run out nobody is let in any more.
"""

import asyncio
import functools
import json
from collections.abc import Iterable
from http import HTTPStatus

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

from console import server

IDLE_CHECK = 1.0
"""Seconds between two looks at whether a gateway's connection has anything left to ask; and, when the worker ends, of
silence after which it is closed. One that asks more often hears with its next answer that it is the last."""

HEADER_SECONDS = 10.0
"""How long a client may take to send its headers."""

REFUSALS = {
    414: "The address is longer than 8,190 bytes. Ask for less at once.",
    431: "The headers are too many or too large.",
    501: "This transfer coding is not supported. Send the body plain or chunked.",
}
"""What is said where gunicorn refuses before there is a request."""


class PunctualProtocol(ASGIProtocol):
    """Closes a connection that has not asked for anything in time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.worker.loop.call_later(HEADER_SECONDS, self._close_unless_asked)
        self._peer = (transport.get_extra_info("peername") or ("",))[0]
        self._asks_only = True  # until something else than a whole question arrives
        self._asked_at = 0.0
        self._is_waiting = False
        self._is_full = False
        self._held = b""

    def data_received(self, data: bytes) -> None:
        """Questions of gateways are answered at once; everything else, and all that follows it, goes to gunicorn."""
        if self._is_waiting or (self._asks_only and self._is_full):
            self._hold(data)
        elif not (self._asks_only and self._ask(data)):
            self._hand_over()
            super().data_received(data)

    def _ask(self, data: bytes) -> bool:
        """Whether the data is a question that is being answered."""
        self._is_waiting = True  # the answer may come before the next line
        if not self.worker.alive or not server.asked_at_once(data, self._peer, self._deliver):
            self._is_waiting = False
            return False
        if not self._asked_at:
            self.worker.loop.call_later(IDLE_CHECK, self._close_when_idle)
        self._asked_at = self.worker.loop.time()
        return True

    def _hand_over(self) -> None:
        """From now on the connection is gunicorn's, as if it had just been made."""
        if self._asks_only and self._asked_at:
            self._asked_at = 0.0
            self.worker.loop.call_later(HEADER_SECONDS, self._close_unless_asked)
        self._asks_only = False

    def _deliver(self, answer: bytes) -> None:
        self._is_waiting = False
        self._safe_write(answer)
        self._go_on()

    def _go_on(self) -> None:
        """Take up what was held, unless the client has yet to read what it was answered."""
        if not self._held or self._is_full:
            return
        data, self._held = self._held, b""
        self.transport.resume_reading()
        self.data_received(data)

    def _hold(self, data: bytes) -> None:
        """Keep what a client sends before it has its answer, or while it does not read them."""
        if not self._held:
            self.transport.pause_reading()
        self._held += data

    def pause_writing(self) -> None:
        super().pause_writing()
        self._is_full = True

    def resume_writing(self) -> None:
        super().resume_writing()
        self._is_full = False
        self._go_on()

    def _close_when_idle(self) -> None:
        """gunicorn does not know of these requests, so it would neither end their connection nor let it live."""
        if not self._asks_only or self._closed:
            return
        idle = self.worker.loop.time() - self._asked_at
        if idle > self.cfg.keepalive and self._is_full:
            self.transport.abort()
        elif not self._is_waiting and idle > (self.cfg.keepalive if self.worker.alive else IDLE_CHECK):
            self._close_transport()
        else:
            self.worker.loop.call_later(IDLE_CHECK, self._close_when_idle)

    def _send_error_response(self, status: int, message: str, extra_headers: Iterable[tuple[str, str]] = ()) -> None:
        """Refuse in the shape that programs read. `message` may quote the request: it is dropped."""
        body = json.dumps({"errors": [REFUSALS.get(status, "The request cannot be read.")]})
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Content-Type: application/json"]
        lines += [f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in extra_headers)]
        lines += ["Cache-Control: no-store", "Connection: close", "", body]
        self._safe_write("\r\n".join(lines).encode("latin-1"))

    def _close_unless_asked(self) -> None:
        if self.req_count <= 1 and self._current_request is None and not self._closed and not self._asked_at:
            self._keepalive_timeout()


class Worker(gasgi.ASGIWorker):
    """The asgi worker with the punctual protocol, which gunicorn looks up by this name and no other way."""

    def init_process(self) -> None:
        gasgi.ASGIProtocol = PunctualProtocol
        super().init_process()

    def _setup_event_loop(self) -> None:
        """gunicorn would have each worker tell the kernel, after it did, that a hundred may wait to be let in."""
        super()._setup_event_loop()
        self.loop.create_server = functools.partial(self.loop.create_server, backlog=self.cfg.backlog)

    async def _shutdown(self) -> None:
        """Take leave of all clients, also where nobody told this worker to end but it outlived its parent: gunicorn
        would let them go on asking for `graceful_timeout`, and then cut them off in the middle of a question."""
        self.alive = False
        await super()._shutdown()
