"""Many of a gateway's connections at once, driven by one thread: each asks, waits for the answer, and asks again."""

import itertools
import re
import selectors
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.server.asking import question

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
RECONNECT_SECONDS = 0.05
LAST_ANSWERS = 5.0
"""How long, when the load ends, what was asked last may still be answered."""
_blocks = itertools.count(1)


@dataclass(frozen=True)
class Expected:
    """A question, how it is answered and counted while nothing is wrong, and as what once it is refused by 401."""

    status: int
    outcome: str
    target: str
    text: str = field(repr=False)
    refused: str = ""


class Answer(NamedTuple):
    """What came back: when it was asked for, when it was read whole, and its status."""

    asked_at: float
    at: float
    status: int

    @property
    def seconds(self):
        """How long it took."""
        return self.at - self.asked_at


@dataclass
class Client:
    """A connection with a network of its own, so that what it asked can be found in what was counted."""

    url: str
    network: str
    asks: itertools.cycle
    connection: socket.socket | None = None
    received: bytes = b""
    asked: Expected | None = None
    asked_at: float = 0.0
    due: float = 0.0


class Load:
    """Asks from the beginning to the end of a `with` block; `pause` seconds lie between an answer and what is next."""

    def __init__(self, urls, questions, *, clients=20, pause=0.0):
        block = next(_blocks)
        self.clients = [
            Client(urls[number % len(urls)], f"10.{block}.{number}.0/24", itertools.cycle(questions))
            for number in range(clients)
        ]
        self.answers = []
        self.answered = Counter()  # by network and outcome: answered as expected, hence counted
        self.doubtful = Counter()  # the same: asked, and the connection broke before the answer
        self.surprises = Counter()  # statuses that were neither expected nor 503
        self.without_retry_after = 0
        self.broken = Counter()  # what became of connections
        self._pause = pause
        self._selector = selectors.DefaultSelector()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ask no more, and wait for the answers to what was asked."""
        self._stopping.set()
        self._thread.join()

    def statuses(self, since=0.0, until=float("inf")):
        """How often each status came for what was asked between two moments."""
        return Counter(one.status for one in self.answers if since <= one.asked_at < until)

    def latencies(self, since=0.0, until=float("inf")):
        """Milliseconds of the answers to what was asked between two moments, in order of size."""
        return sorted(one.seconds * 1000 for one in self.answers if since <= one.asked_at < until)

    def first(self, status, since):
        """Seconds from a moment to the first answer of this status to what was asked after it; None without one."""
        return next((one.at - since for one in self.answers if one.asked_at >= since and one.status == status), None)

    def last(self, status, since, until=float("inf")):
        """Seconds from a moment to the last answer of this status to what was asked after it; 0.0 if there is none."""
        found = (one.at - since for one in self.answers if since <= one.asked_at < until and one.status == status)
        return max(found, default=0.0)

    def _run(self):
        while not self._stopping.is_set():
            now = time.perf_counter()
            resting = [client for client in self.clients if client.asked is None]
            for client in resting:
                if client.due <= now:
                    self._ask(client)
            self._read_ready(0.001 if resting else 0.05)
        deadline = time.perf_counter() + LAST_ANSWERS
        while any(client.asked for client in self.clients) and time.perf_counter() < deadline:
            self._read_ready(0.05)
        for client in self.clients:
            self._leave(client, "ended")

    def _read_ready(self, patience):
        for key, _ in self._selector.select(patience):
            self._read(key.data)

    def _ask(self, client):
        try:
            if client.connection is None:
                self._connect(client)
        except OSError:
            self._leave(client, "refused")
            return
        client.asked, client.asked_at = next(client.asks), time.perf_counter()
        sender = client.network.replace(".0/24", ".7")
        try:
            headers = {"X-Forwarded-For": sender, "DD-API-KEY": client.asked.text}
            client.connection.sendall(question(client.asked.target, headers))
        except OSError:
            self._leave(client, "reset")

    def _connect(self, client):
        address = urlsplit(client.url)
        client.connection = socket.create_connection((address.hostname, address.port), timeout=5)
        client.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.received = b""
        self._selector.register(client.connection, selectors.EVENT_READ, client)

    def _leave(self, client, why):
        """The connection is over; what was asked by it, and not answered, may or may not have been counted."""
        self.broken[why, "asked" if client.asked else "idle"] += 1
        if client.asked:
            for outcome in {client.asked.outcome, client.asked.refused or client.asked.outcome}:
                self.doubtful[client.network, outcome] += 1
        if client.connection:
            self._selector.unregister(client.connection)
            client.connection.close()
        client.connection, client.asked, client.due = None, None, time.perf_counter() + RECONNECT_SECONDS

    def _read(self, client):
        try:
            piece = client.connection.recv(65536)
        except OSError:
            self._leave(client, "reset")
            return
        if not piece:
            self._leave(client, "closed")
            return
        client.received += piece
        head, _, body = client.received.partition(b"\r\n\r\n")
        if (length := LENGTH.search(head)) and len(body) >= int(length[1]):
            self._conclude(client, head)

    def _conclude(self, client, head):
        status, at, asked = int(head[9:12]), time.perf_counter(), client.asked
        self.answers.append(Answer(client.asked_at, at, status))
        client.asked, client.received, client.due = None, b"", at + self._pause
        if status == asked.status:
            self.answered[client.network, asked.outcome] += 1
        elif status == 401 and asked.refused:
            self.answered[client.network, asked.refused] += 1
        elif status != 503:
            self.surprises[status] += 1
        self.without_retry_after += status == 503 and b"Retry-After" not in head
        if b"\r\nconnection: close" in head.lower():
            self._leave(client, "said")


def percentile(sizes, percent):
    """The size that so many percent are not above, of sizes in order, with two decimals; None of none."""
    return round(sizes[min(len(sizes) - 1, len(sizes) * percent // 100)], 2) if sizes else None
