"""Three hundred clients that drip their requests stop neither the sign-in page nor a gateway's question."""

import contextlib
import os
import signal
import socket
import threading
import time
import urllib.request
from urllib.parse import urlsplit

import pytest

from tests.server.asking import Connection

pytestmark = pytest.mark.server

SLOW = 300
PINGS = 20
BOUND = 0.1
HEAD = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
OPENINGS = {"headers": HEAD + b"X-Slow: ", "body": HEAD + b"Content-Length: 2000\r\n\r\nlogin="}


def drip(connections, stop):
    while not stop.wait(0.5):
        for connection in connections:
            try:
                connection.send(b"a")
            except OSError:
                continue


def ping(url):
    begun = time.perf_counter()
    with urllib.request.urlopen(f"{url}/accounts/login/", timeout=5) as answer:
        assert answer.status == 200
        answer.read()
    return time.perf_counter() - begun


def question(url):
    begun = time.perf_counter()
    with Connection(url) as connection:
        assert connection.status("0" * 32) == 401
    return time.perf_counter() - begun


@pytest.mark.parametrize("opening", OPENINGS)
def test_twenty_of_twenty_are_answered_within_100_ms(opening, server):
    address = urlsplit(server.url)
    for _ in range(10):
        ping(server.url)
    connections = [socket.create_connection((address.hostname, address.port)) for _ in range(SLOW)]
    stop = threading.Event()
    dripping = threading.Thread(target=drip, args=(connections, stop))
    for connection in connections:
        connection.send(OPENINGS[opening])
    dripping.start()
    try:
        time.sleep(1)
        took = [ping(server.url) for _ in range(PINGS)]
        asked = [question(server.url) for _ in range(PINGS)]
    finally:
        stop.set()
        dripping.join()
        for connection in connections:
            connection.close()

    assert sum(1 for seconds in took if seconds < BOUND) == PINGS, sorted(took)
    assert sum(1 for seconds in asked if seconds < BOUND) == PINGS, sorted(asked)


def test_three_hundred_who_come_while_nobody_can_let_them_in_wait_their_turn(server):
    address = urlsplit(server.url)
    with contextlib.ExitStack() as leaving:
        for worker in server.workers():
            os.kill(worker, signal.SIGSTOP)
            leaving.callback(os.kill, worker, signal.SIGCONT)
        for _ in range(SLOW):
            leaving.enter_context(socket.create_connection((address.hostname, address.port), timeout=2))
