"""GitHub's reports on the real server, with a real key whose public half a real server publishes."""

import base64
import contextlib
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.server.asking import Connection, call, question

pytestmark = pytest.mark.server

PROMISE = 1.0  # seconds after the report until every worker refuses the key
PATIENCE = 20.0
"""Seconds for 1,000 matches; 5 on a machine with nothing else to do. The figure is printed."""

MAKE = """
import json
from datetime import timedelta
from django.utils import timezone
from accounts.models import Member
from keys import minting
from keys.kinds import PERSONAL_ACCESS_TOKEN as KIND
from keys.models import Credential
owner, now, pepper = Member.objects.get(email="{email}"), timezone.now(), minting.current_pepper()
rows, texts = [], []
for n in range(1000):
    row = Credential(organization_id=owner.organization_id, kind=KIND, owner=owner, name=f"n{{n}}", name_key=f"n{{n}}")
    secret = minting.mint(KIND, row.pk)
    row.fingerprint, row.pepper, row.last4 = minting.fingerprint(KIND, secret.text, pepper=pepper), pepper, secret.hint
    row.created_at, row.expires_at, row.scopes = now, now + timedelta(days=9), ["dashboards_read"]
    rows.append(row)
    texts.append(secret.text)
Credential.objects.bulk_create(rows)
print(json.dumps(texts))
"""
"""A thousand tokens, without the ceremony; no quota holds for them."""


class Publisher:
    """GitHub's side: a key that signs, and a server that publishes its public half, by ETag."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = uuid.uuid4().hex
        self.asked = []
        public = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        entries = [{"key_identifier": self.id, "key": public, "is_current": True}]
        self.content = json.dumps({"public_keys": entries}).encode()

    def handler(self):
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                publisher.asked.append(self.path)
                self.send_response(200)
                self.send_header("ETag", '"one"')
                self.send_header("Content-Length", str(len(publisher.content)))
                self.end_headers()
                self.wfile.write(publisher.content)

            def log_message(self, *_arguments):
                pass

        return Handler

    def signed(self, body):
        signature = base64.b64encode(self.key.sign(body, ec.ECDSA(SHA256()))).decode()
        return {"Github-Public-Key-Identifier": self.id, "Github-Public-Key-Signature": signature}


@pytest.fixture(scope="module")
def github():
    publisher = Publisher()
    server = ThreadingHTTPServer(("127.0.0.1", 0), publisher.handler())
    publisher.url = f"http://127.0.0.1:{server.server_port}/meta/public_keys/secret_scanning"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield publisher
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def node(server, github, tmp_path_factory):
    """A node beside the demo's, that asks this GitHub for its keys."""
    other = server.beside(tmp_path_factory.mktemp("leaks"), GITHUB_KEYS_URL=github.url)
    other.start()
    yield other
    other.stop()


@pytest.fixture(scope="module")
def company(node):
    name = f"Leaky {uuid.uuid4().hex[:6]}"
    email = f"{name[-6:]}@leaky.example"
    return json.loads(node.manage("createorg", name, "--admin", email, "--keys")) | {"email": email}


@pytest.fixture
def leaky(node, company):
    """The text of a new application key."""
    data = {"type": "application_keys", "attributes": {"name": f"leaky {uuid.uuid4().hex[:6]}"}}
    return call(node, "POST", "/api/v2/current_user/application_keys", company, data)["attributes"]["key"]


def report(node, texts, github, **headers):
    """Send a report; status, body, and the seconds it took."""
    matches = [
        {
            "token": text,
            "type": "keyhouse_application_key",
            "url": f"https://github.com/octocat/Hello-World/blob/{'0' * 40}/some/folder/config{n}.py",
            "source": "content",
        }
        for n, text in enumerate(texts)
    ]
    body = json.dumps(matches).encode()
    sent = {"Content-Type": "application/json", "Content-Length": str(len(body))} | github.signed(body) | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    with Connection(node.url) as connection:
        began = time.monotonic()
        connection.send(f"POST /api/leaks/github HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n".encode() + body)
        status, _headers, answer = connection.answer()
        return status, answer, time.monotonic() - began, len(body)


def verified(node, text):
    """The status that a gateway gets for the key."""
    with Connection(node.url) as connection:
        connection.send(question("/verify", {"DD-APPLICATION-KEY": text}))
        return connection.answer()[0]


def test_a_signed_report_kills_the_key_on_every_node_within_a_second(node, server, github, leaky):
    assert (verified(node, leaky), verified(server, leaky)) == (200, 200)

    status, answer, _took, _size = report(node, [leaky], github)
    deadline = time.monotonic() + PROMISE
    while (found := (verified(node, leaky), verified(server, leaky))) != (401, 401) and time.monotonic() < deadline:
        time.sleep(0.02)

    assert (status, json.loads(answer)[0]["label"], found) == (200, "true_positive", (401, 401))
    assert github.asked[0] == "/meta/public_keys/secret_scanning"
    assert report(node, [leaky], github)[:2] == (status, answer)


def test_a_bad_signature_does_nothing(node, github, leaky):
    forged = github.signed(b"[]")

    status, answer, _took, _size = report(node, [leaky], github, **forged)

    assert (status, b"does not fit" in answer, verified(node, leaky)) == (403, True, 200)


def test_a_thousand_matches_fit_and_are_dealt_with_in_seconds(node, github, company):
    texts = json.loads(node.manage("shell", "-v", "0", "-c", MAKE.format(email=company["email"])))

    status, answer, took, size = report(node, texts, github)

    print(f"1,000 matches, {size / 1024:.0f} KiB, took {took:.2f} s")
    assert (status, {one["label"] for one in json.loads(answer)}) == (200, {"true_positive"})
    assert {verified(node, text) for text in (texts[0], texts[500], texts[-1])} == {401}
    assert took < PATIENCE


def test_what_was_reported_stands_in_no_file_and_no_answer(node, server, github, leaky):
    _status, answer, _took, _size = report(node, [leaky], github)

    files = [path for folder in (node.data_dir, server.data_dir) for path in folder.rglob("*") if path.is_file()]
    assert leaky.encode() not in answer
    for path in files:
        with contextlib.suppress(FileNotFoundError):
            assert leaky.encode() not in path.read_bytes(), path
