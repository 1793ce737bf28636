"""gunicorn's asgi worker, with a bound on how long a client may take to send its first request's headers, and with
refusals that programs can read.

gunicorn bounds the size of headers, and between two requests of one connection their time (`keepalive`). A new
connection may stay silent for ever; each costs a file descriptor, and when those run out nobody is let in any more.
"""

import asyncio
import json
from collections.abc import Iterable
from http import HTTPStatus

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

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

    def _send_error_response(self, status: int, message: str, extra_headers: Iterable[tuple[str, str]] = ()) -> None:
        """Refuse in the shape that programs read. `message` may quote the request: it is dropped."""
        body = json.dumps({"errors": [REFUSALS.get(status, "The request cannot be read.")]})
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Content-Type: application/json"]
        lines += [f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in extra_headers)]
        lines += ["Cache-Control: no-store", "Connection: close", "", body]
        self._safe_write("\r\n".join(lines).encode("latin-1"))

    def _close_unless_asked(self) -> None:
        if self.req_count <= 1 and self._current_request is None and not self._closed:
            self._keepalive_timeout()


class Worker(gasgi.ASGIWorker):
    """The asgi worker with the punctual protocol, which gunicorn looks up by this name and no other way."""

    def init_process(self) -> None:
        gasgi.ASGIProtocol = PunctualProtocol
        super().init_process()
