"""Which bytes are answered without the server's own machinery: whole plain questions, and nothing that could be read
in two ways."""

import pytest

from api.verify import wire
from api.verify.answers import good, refusal
from keys.verification import Outcome
from tests.keys.test_cache import standing

HEAD = b"GET /verify HTTP/1.1\r\nHost: a\r\n"


def test_a_plain_question_is_read():
    found = wire.question(
        b"POST /verify;accept=api_key/x?y=1 HTTP/1.1\r\nHost: a\r\nDD-API-KEY: b\r\n\r\n", "192.0.2.1", b"m"
    )

    assert found == ("/verify;accept=api_key/x?y=1", {"host": "a", "dd-api-key": "b"}, "192.0.2.1", b"m")


def test_several_headers_of_one_name_are_one_list():
    assert wire.question(HEAD + b"DD-API-KEY: b\r\ndd-api-key: c\r\n\r\n", "").headers["dd-api-key"] == "b,c"


@pytest.mark.parametrize("header", [b"Content-Length: 0", b"Connection: Keep-Alive"])
def test_what_changes_nothing_is_allowed(header):
    assert wire.question(HEAD + header + b"\r\n\r\n", "")


NOT_HERE = {
    "half": b"GET /verify HTTP/1.1\r\nHost: a",
    "two": (HEAD + b"\r\n") * 2,
    "two by bare line feeds": b"GET /verify HTTP/1.1\nHost: a\n\n" + HEAD + b"\r\n",
    "a bare line feed": b"GET /verify HTTP/1.1\nHost: a\r\n\r\n",
    "a folded header": HEAD + b"X: a\r\n b\r\n\r\n",
    "a space before the colon": HEAD + b"DD-API-KEY : a\r\n\r\n",
    "a NUL": HEAD + b"DD-API-KEY: a\0b\r\n\r\n",
    "a length twice": HEAD + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "a body": HEAD + b"Content-Length: 4\r\n\r\n",
    "a chunked body": HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
    "length and chunks": HEAD + b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "an upgrade": HEAD + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    "an end": HEAD + b"Connection: close\r\n\r\n",
    "an expectation": HEAD + b"Expect: 100-continue\r\n\r\n",
    "an old version": b"GET /verify HTTP/1.0\r\nHost: a\r\n\r\n",
    "no host": b"GET /verify HTTP/1.1\r\n\r\n",
    "another method": b"PUT /verify HTTP/1.1\r\nHost: a\r\n\r\n",
    "another address": b"GET /verifyx HTTP/1.1\r\nHost: a\r\n\r\n",
    "an address in capitals": b"GET /VERIFY HTTP/1.1\r\nHost: a\r\n\r\n",
    "an absolute address": b"GET http://a/verify HTTP/1.1\r\nHost: a\r\n\r\n",
    "an address not in ASCII": b"GET /verify/\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "too long an address": b"GET /verify/" + b"a" * 8000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "too many headers": HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(60)) + b"\r\n",
    "too much": HEAD + b"X: " + b"a" * wire.LONGEST + b"\r\n\r\n",
}


@pytest.mark.parametrize("data", NOT_HERE.values(), ids=NOT_HERE)
def test_everything_else_is_left_to_the_server(data):
    assert wire.question(data, "") is None


def test_an_answer_is_whole_and_says_its_length_and_date():
    head, _, body = wire.response(good(standing())).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"\r\nContent-Length: {len(body)}\r\n".encode() in head
    assert b"\r\nDate: " in head
    assert b"\r\nCache-Control: no-store\r\n" in head


def test_a_refusal_names_its_status():
    assert wire.response(refusal(Outcome.REVOKED)).startswith(b"HTTP/1.1 401 Unauthorized\r\n")
