"""An address that webhooks are delivered to."""

import ipaddress
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django.fixtures import Settings


class Listener(BaseHTTPRequestHandler):
    """Takes what is posted; how it answers follows from the path."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, dict(self.headers.items()), body.decode()))
        seen = Counter(path for path, *_ in self.server.taken)[self.path]
        if self.path == "/hangs":
            self.server.stopped.wait(20)
            return
        status = {"/moved": 302, "/gone": 410, "/broken": 500}.get(self.path, 200)
        if self.path == "/mended" and seen == 1:
            status = 500
        self.send_response(status)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/inside")
        self.end_headers()
        if self.path == "/chatty":
            self.talk()

    def do_GET(self):
        """Somebody follows a redirect."""
        self.server.taken.append((self.path, {}, ""))

    def talk(self):
        """Answer without an end."""
        while not self.server.stopped.is_set():
            self.wfile.write(b"x" * 65_536)

    def log_message(self, *_args):
        pass

    def log_error(self, *_args):
        pass


@pytest.fixture
def site(settings: Settings) -> Iterator[Any]:
    """A server that notes what it takes; how it answers follows from the path."""
    settings.EGRESS_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    server.taken, server.stopped = [], threading.Event()
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.stopped.set()
    server.shutdown()
    server.server_close()
