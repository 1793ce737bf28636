"""What is sent, packed, in pieces or without an end, is passed on as it comes, or refused."""

import contextlib
import gzip
import time
import zlib

import pytest

from tests.server.asking import Connection
from tests.server.intake import BROWSER, half, rum, send

pytestmark = pytest.mark.server


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
def test_what_is_packed_stays_packed(pack, server, acme, told):
    body = pack(b'{"message": "hello"}' * 1000)
    name = "gzip" if pack is gzip.compress else "deflate"

    assert send(server, f"/api/v2/logs?dd-api-key={acme.token}", body, {"Content-Encoding": name})[0] == 202
    assert (told.last.body, told.last.headers["content-encoding"]) == (body, name)
    assert send(server, f"/api/v2/logs?dd-api-key={acme.token}", body[:-6], {"Content-Encoding": name})[0] == 400


def test_gzip_may_come_in_several_parts_and_nothing_else_may_follow(server, acme, told):
    target, headers = f"/api/v2/logs?dd-api-key={acme.token}", {"Content-Encoding": "gzip"}
    several = gzip.compress(b"[]") + gzip.compress(b"[]")

    assert send(server, target, several, headers)[0] == 202
    assert send(server, target, several + b"rubbish", headers)[0] == 400
    assert send(server, target, gzip.compress(b"") + gzip.compress(bytes(64 * 1024 * 1024)), headers)[0] == 413
    assert send(server, target, zlib.compress(b"[]") + b"x", {"Content-Encoding": "deflate"})[0] == 400
    assert send(server, f"{target}&dd-evp-encoding=deflate", b"x", {"Content-Encoding": "identity"})[0] == 400


def test_a_small_body_that_unpacks_to_very_much_is_refused(server, acme, told):
    bomb = zlib.compress(b"\0" * 64 * 1024 * 1024, 9)

    assert send(server, f"/api/v2/logs?dd-api-key={acme.token}", bomb, {"Content-Encoding": "deflate"})[0] == 413
    assert told.received == []


def test_a_large_body_is_streamed_and_one_too_large_is_not(server, acme, told):
    large = bytes(5 * 1024 * 1024)
    assert send(server, f"/api/v2/logs?dd-api-key={acme.token}", large)[0] == 202
    assert told.last.body == large
    told.received.clear()
    status, _, body = send(server, f"/api/v2/logs?dd-api-key={acme.token}", bytes(20 * 1024 * 1024))
    assert (status, told.received) == (413, [])
    assert "5 MiB" in body.decode()


def chunked(server, target, chunks, pause=0.0):
    """The status of an answer to a body that comes in pieces and does not say how long it is."""
    with Connection(server.url) as connection:
        connection.send(f"POST {target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for chunk in chunks:
            connection.send(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            time.sleep(pause)
        connection.send(b"0\r\n\r\n")
        return connection.answer()[0]


def test_a_body_of_unknown_length_is_streamed_too(server, acme, told):
    pieces = [bytes([n]) * 70_000 for n in range(20)]

    assert chunked(server, f"/api/v2/logs?dd-api-key={acme.token}", pieces, 0.005) == 202
    assert told.last.body == b"".join(pieces)


def test_one_that_turns_out_too_large_on_the_way_never_arrives_whole(server, acme, told):
    with Connection(server.url) as connection:
        connection.send(f"POST /api/v2/logs?dd-api-key={acme.token} HTTP/1.1\r\nHost: x\r\n".encode())
        connection.send(b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(6):
            connection.send(b"100000\r\n" + bytes(1024 * 1024) + b"\r\n")
        assert connection.answer()[0] == 413
    assert told.received == []


def test_one_that_is_cut_short_never_arrives_whole(server, acme, told):
    with Connection(server.url) as gone:
        gone.send(half(acme))
    time.sleep(0.2)
    assert told.received == []


def test_what_comes_in_tiny_pieces_is_refused(server, acme, told):
    assert chunked(server, f"/api/v2/logs?dd-api-key={acme.token}", [b"a"] * 21_000) == 400
    assert told.received == []


def test_slow_senders_take_no_place_at_the_upstream(server, acme, told):
    with contextlib.ExitStack() as stack:
        for _ in range(150):
            stack.enter_context(Connection(server.url)).send(half(acme))
        assert {send(server, rum(acme, acme.token), b"{}", BROWSER)[0] for _ in range(20)} == {202}


@pytest.mark.patience
def test_a_client_that_never_goes_on_is_told_so(slow, told):
    assert slow.answer()[0] == 408
    assert told.received == []
