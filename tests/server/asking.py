"""Asking /verify over connections that stay open, as gateways do, byte for byte."""

import json
import socket
import urllib.error
import urllib.request
from urllib.parse import urlsplit

PATIENCE = 20.0


class Connection:
    """One open connection. `ask` sends bytes, in so many pieces, and reads one answer."""

    def __init__(self, url):
        address = urlsplit(url)
        self._socket = socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data)

    def answer(self, *, has_body=True):
        """Status, headers by lower-case name, body."""
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        length = int(headers.get("content-length", 0)) if has_body else 0
        while len(self._left) < length:
            self._receive()
        body, self._left = self._left[:length], self._left[length:]
        return int(head[0].split()[1]), headers, body

    def status(self, text, target="/verify"):
        """The status of a question about an API key, asked in one piece."""
        self.send(question(target, {"DD-API-KEY": text}))
        return self.answer()[0]

    def is_closed(self, *, within):
        """Whether the other side has closed it, or does so within so many seconds."""
        self._socket.settimeout(within)
        try:
            return not self._socket.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return False
        finally:
            self._socket.settimeout(PATIENCE)

    def _until(self, mark):
        while mark not in self._left:
            self._receive()
        head, _, self._left = self._left.partition(mark)
        return head

    def _receive(self):
        piece = self._socket.recv(65536)
        if not piece:
            raise ConnectionResetError
        self._left += piece


def question(target="/verify", headers=(), method="GET"):
    """A request as bytes. `headers` is a mapping, or pairs where one comes twice."""
    pairs = headers.items() if isinstance(headers, dict) else headers
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in pairs), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def call(server, method, path, keys, data=None):
    """A request to the API by an organisation's keys; the answer's `data`."""
    headers = {
        "DD-API-KEY": keys["api_key"],
        "DD-APPLICATION-KEY": keys["application_key"],
        "Content-Type": "application/json",
    }
    body = json.dumps({"data": data}).encode() if data is not None else None
    request = urllib.request.Request(server.url + path, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"{}").get("data")
