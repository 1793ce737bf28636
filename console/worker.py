"""gunicorn's asgi worker, with a bound on how long a client may take to send its first request's headers.

gunicorn bounds the size of headers, and between two requests of one connection their time (`keepalive`). A new
connection may stay silent for ever; each costs a file descriptor, and when those run out nobody is let in any more.
"""

import asyncio

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

HEADER_SECONDS = 10.0
"""How long a client may take to send its headers."""


class PunctualProtocol(ASGIProtocol):
    """Closes a connection that has not asked for anything in time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.worker.loop.call_later(HEADER_SECONDS, self._close_unless_asked)

    def _close_unless_asked(self) -> None:
        if self.req_count <= 1 and self._current_request is None and not self._closed:
            self._keepalive_timeout()


class Worker(gasgi.ASGIWorker):
    """The asgi worker with the punctual protocol, which gunicorn looks up by this name and no other way."""

    def init_process(self) -> None:
        gasgi.ASGIProtocol = PunctualProtocol
        super().init_process()
