"""Clients that stop half-way through a request are let go in bounded time, and one refused can read why."""

import http.client
import json
import socket
import time
from urllib.parse import urlsplit

import pytest

from console.server import BODY_SECONDS
from console.worker import HEADER_SECONDS

pytestmark = pytest.mark.server

HEAD = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
LEEWAY = 5


@pytest.fixture
def connection(server):
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as opened:
        yield opened


def until_closed(connection):
    begun, heard = time.monotonic(), b""
    while piece := connection.recv(65536):
        heard += piece
    return heard, time.monotonic() - begun


@pytest.mark.patience
def test_headers_that_never_end_are_given_up(connection):
    connection.sendall(HEAD)

    heard, seconds = until_closed(connection)

    assert heard == b""
    assert seconds < HEADER_SECONDS + LEEWAY


@pytest.mark.patience
def test_a_body_that_never_ends_is_given_up_with_408(connection):
    connection.sendall(HEAD + b"Content-Length: 100\r\n\r\nlogin=")

    heard, seconds = until_closed(connection)

    assert heard.startswith(b"HTTP/1.1 408 ")
    assert seconds < BODY_SECONDS + LEEWAY


def test_who_sends_ten_megabytes_reads_413(server):
    client = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)

    client.request("POST", "/accounts/login/", body=b"a" * 10_000_000)
    answer = client.getresponse()

    assert answer.status == 413
    assert b"larger than 1024 KiB" in answer.read()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /api/v2/api_keys?filter=" + b"a" * 9000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"414"),
        (b"GET /api/v2/api_keys HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"a" * 9000 + b"\r\n\r\n", b"431"),
        (b"GET /api/v2/api_keys HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n", b""),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /api/ddpat_secret secret HTTP/1.1\r\n\r\n", b"400"),
    ],
    ids=["address", "header", "version", "line", "quoted"],
)
def test_what_the_server_itself_refuses_is_json_too_and_quotes_nothing(connection, head, status):
    connection.sendall(head)

    heard = connection.recv(65536)

    assert heard.split()[1].startswith(status)
    assert b"Content-Type: application/json" in heard
    assert set(json.loads(heard.rpartition(b"\r\n\r\n")[2])) == {"errors"}
    assert b"secret" not in heard
