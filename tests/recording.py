"""A small upstream on 127.0.0.1 that keeps every request as it came, and answers what it is told to."""

import contextlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Received:
    """One request. `target` is path and query as sent, `headers` have lower-case names."""

    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Recording:
    """What came, and what is answered from now on."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    status: int = 202
    body: bytes = b'{"told": "by the upstream"}'
    wait: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self):
        self.wait.set()

    @property
    def last(self):
        return self.received[-1]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        recording = self.server.recording
        body = self._chunked() if self.headers.get("Transfer-Encoding") else self._plain()
        if body is None:
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        recording.received.append(Received(self.path, headers, body))
        recording.wait.wait(30)
        self.send_response(recording.status)
        self.send_header("Content-Length", str(len(recording.body)))
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(recording.body)

    def _plain(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        return body if len(body) == length else None

    def _chunked(self):
        body = b""
        while line := self.rfile.readline().strip():
            size = int(line, 16)
            body += self.rfile.read(size)
            self.rfile.readline()
            if not size:
                return body
        return None

    def log_message(self, *_args):
        pass


@contextlib.contextmanager
def recording():
    """A running one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.recording = Recording(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.recording
    server.recording.wait.set()
    server.shutdown()
    server.server_close()
