"""GitHub's reports: whose signature counts, where the public keys come from, and what is answered."""

import base64
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from api import leaks as door
from api.verify.throttle import Throttle
from audit.models import AuditEvent
from console import env
from keys import egress
from keys.egress import Fetched
from keys.kinds import APPLICATION_KEY, CLIENT_TOKEN, KINDS
from keys.models import Leak
from keys.safety import github, patterns
from keys.safety.matches import MOST
from keys.verification import Outcome, verify

KEY_ID = "f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d"
EXAMPLE_KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gP
HzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q==
-----END PUBLIC KEY-----
"""
EXAMPLE_BODY = b'[{"token":"some_token","type":"some_type","url":"some_url","source":"some_source"}]'
EXAMPLE_SIGNATURE = "MEUCIFLZzeK++IhS+y276SRk2Pe5LfDrfvTXu6iwKKcFGCrvAiEAhHN2kDOhy2I6eGkOFmxNkOJ+L2y8oQ9A2T9GGJo6WJY="
"""What GitHub's own documentation signs, with a key made for that."""

PATH = "/api/leaks/github"


def published(**keys):
    """The list of public keys, as GitHub publishes it."""
    entries = [{"key_identifier": name, "key": key, "is_current": True} for name, key in keys.items()]
    return json.dumps({"public_keys": entries}).encode()


def pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signature(key, body):
    return base64.b64encode(key.sign(body, ec.ECDSA(SHA256()))).decode()


class Site:
    """Where the public keys are: counts how often it is asked, and may be down."""

    def __init__(self, content):
        self.content = content
        self.asked = []
        self.is_down = False

    def fetch(self, etag):
        self.asked.append(etag)
        if self.is_down:
            raise egress.NotReached("it could not be reached")
        return None if etag and etag == f'"{hash(self.content)}"' else Fetched(self.content, f'"{hash(self.content)}"')


@pytest.fixture(scope="module")
def signing():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def site(signing):
    return Site(published(**{KEY_ID: pem(signing)}))


@pytest.fixture
def clock():
    """A clock that stands until it is set."""
    time = [0.0]

    def read():
        return time[0]

    read.set = lambda seconds: time.__setitem__(0, seconds)
    return read


@pytest.fixture
def keys(site, clock):
    return github.PublicKeys(site.fetch, clock)


@pytest.fixture
def send(signing, keys, monkeypatch, db):
    """Sends a report; signed, unless something else is given."""
    monkeypatch.setattr(github, "KEYS", keys)
    monkeypatch.setattr(door, "_refusals", Throttle(3))

    def sent(content, **headers):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        given = {"Github-Public-Key-Identifier": KEY_ID, "Github-Public-Key-Signature": signature(signing, body)}
        return Client().post(PATH, body, content_type="application/json", headers=given | headers)

    return sent


def match(text, **fields):
    return {
        "token": text,
        "type": "keyhouse_application_key",
        "url": "https://example.com",
        "source": "content",
    } | fields


def errors(answer):
    return " ".join(answer.json()["errors"])


def test_what_githubs_documentation_signs_is_githubs():
    keys = github.PublicKeys(Site(published(**{KEY_ID: EXAMPLE_KEY})).fetch)

    github.check(EXAMPLE_BODY, key_id=KEY_ID, signature=EXAMPLE_SIGNATURE, keys=keys)
    with pytest.raises(github.NotSigned, match="does not fit"):
        github.check(EXAMPLE_BODY + b"\n", key_id=KEY_ID, signature=EXAMPLE_SIGNATURE, keys=keys)


def test_a_report_kills_the_key_before_it_is_answered(send, issue, alice, now):
    made = issue(APPLICATION_KEY, alice)

    answer = send([match(made.secret.text), match("nonsense")])

    assert verify(made.secret.text, now=now).outcome is Outcome.REVOKED
    assert (answer.status_code, [one["label"] for one in answer.json()]) == (200, ["true_positive", "false_positive"])
    assert answer.json()[0] == {
        "token_hash": github.hash_of(made.secret.text),
        "token_type": "keyhouse_application_key",
        "label": "true_positive",
    }
    assert made.secret.text not in answer.content.decode() + str(AuditEvent.objects.values()) + str(
        Leak.objects.values()
    )


def test_the_same_report_again_changes_nothing_and_says_the_same(send, issue, alice):
    report = [match(issue(APPLICATION_KEY, alice).secret.text)]

    first, before = send(report), AuditEvent.objects.count()

    assert send(report).json() == first.json()
    assert (AuditEvent.objects.count(), Leak.objects.count()) == (before, 1)


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({"Github-Public-Key-Signature": ""}, "must be sent"),
        ({"Github-Public-Key-Identifier": ""}, "must be sent"),
        ({"Github-Public-Key-Signature": "!!!"}, "not Base64"),
        ({"Github-Public-Key-Signature": "é"}, "not Base64"),
        ({"Github-Public-Key-Signature": "AAAA"}, "does not fit"),
        ({"Github-Public-Key-Signature": EXAMPLE_SIGNATURE}, "does not fit"),
        ({"Github-Public-Key-Identifier": "other"}, "none of GitHub's"),
        ({"Github-Public-Key-Identifier": "x" * 5000}, "none of GitHub's"),
    ],
)
def test_without_a_good_signature_nothing_happens(headers, problem, send, issue, alice, now):
    made = issue(APPLICATION_KEY, alice)

    answer = send([match(made.secret.text)], **headers)

    assert (answer.status_code, problem in errors(answer)) == (403, True), errors(answer)
    assert verify(made.secret.text, now=now).outcome is Outcome.VALID
    assert not Leak.objects.exists()


def test_what_is_not_signed_is_not_even_read(send):
    assert "JSON" not in errors(send(b"{", **{"Github-Public-Key-Signature": EXAMPLE_SIGNATURE}))


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "truncated"),
        (b"[{", "truncated"),
        (b"{}", "Expected `array`"),
        (b'[{"token": 1}]', "$[0].token"),
        (b'[{"token": "x"}, {"type": "y"}]', "$[1]"),
        (b"[1]", "$[0]"),
        (b'["\xff"]', ""),
        (b"[" * 100_000, ""),
        (json.dumps([match("x")] * (MOST + 1)).encode(), str(MOST)),
    ],
)
def test_what_github_would_not_say_is_refused_with_its_place(body, place, send):
    answer = send(body)

    assert (answer.status_code, place in errors(answer)) == (400, True), errors(answer)


@pytest.mark.parametrize("url", [None, "", "\0", "not an address", "x" * 5000, "\ud800"])
def test_whatever_the_place_is_the_key_ends(url, send, issue, alice, now):
    made = issue(APPLICATION_KEY, alice)

    answer = send([match(made.secret.text, url=url, source=None)])

    if url == "\ud800":  # no text at all
        assert answer.status_code == 400
    else:
        assert answer.status_code == 200
        assert verify(made.secret.text, now=now).outcome is Outcome.REVOKED


def test_only_a_post_is_a_report(send):
    answer = Client().get(PATH)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_whoever_tries_signatures_out_waits_and_github_is_not_counted(send):
    for _good in range(5):
        assert send([]).status_code == 200
    for _bad in range(3):
        assert send([], **{"Github-Public-Key-Signature": "AAAA"}).status_code == 403
    assert send([]).status_code == 429


def test_the_public_keys_are_kept_and_asked_for_again_by_their_etag(keys, site, clock):
    for seconds, asked in ((0, 1), (1799, 1), (1801, 2), (3600, 2)):
        clock.set(seconds)
        keys.find(KEY_ID)
        assert len(site.asked) == asked
    assert site.asked[1] == f'"{hash(site.content)}"'


def test_an_unknown_key_is_asked_for_at_most_once_a_minute(keys, site, clock, signing):
    keys.find(KEY_ID)
    for seconds, asked in ((1, 1), (59, 1), (61, 2), (62, 2), (122, 3)):
        clock.set(seconds)
        with pytest.raises(github.NotSigned):
            keys.find("new")
        assert len(site.asked) == asked
    site.content = published(new=pem(signing))
    clock.set(200)
    assert keys.find("new").public_numbers() == signing.public_key().public_numbers()
    with pytest.raises(github.NotSigned):
        keys.find(KEY_ID)


def test_while_github_is_down_the_last_keys_count_for_a_day(keys, site, clock):
    keys.find(KEY_ID)
    site.is_down = True
    clock.set(timedelta(hours=23).total_seconds())
    keys.find(KEY_ID)
    clock.set(timedelta(hours=25).total_seconds())
    with pytest.raises(github.KeysUnavailable):
        keys.find(KEY_ID)


def test_before_the_first_keys_a_report_is_to_come_again_and_the_log_says_why(send, site, caplog):
    site.is_down = True

    answer = send([])

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "GitHub's public keys cannot be fetched: it could not be reached" in caplog.text


@pytest.mark.parametrize("content", [b"", b"[]", b'{"public_keys": [1]}', b'{"public_keys": {"a": "b"}}', b"<html>"])
def test_what_is_no_list_of_keys_is_no_key(content, clock):
    with pytest.raises(github.KeysUnavailable):
        github.PublicKeys(Site(content).fetch, clock).find(KEY_ID)


def test_only_keys_on_the_curve_of_the_protocol_count(signing, clock):
    other = pem(ec.generate_private_key(ec.SECP384R1()))
    rsa_key = pem(rsa.generate_private_key(65537, 2048))
    found = published(curve=other, rsa=rsa_key, text="x", good=pem(signing))
    keys = github.PublicKeys(Site(found).fetch, clock)

    keys.find("good")
    for name in ("curve", "rsa", "text"):
        with pytest.raises(github.NotSigned):
            keys.find(name)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_published_pattern_finds_what_is_made_and_its_example_is_nothing(kind, issue, alice, robot):
    document = Client().get("/.well-known/secret-scanning.json").json()
    pattern = next(one for one in document["patterns"] if one["kind"] == kind.value)
    text = issue(kind, alice).secret.text

    assert patterns.re.fullmatch(pattern["regex"], text)
    assert text.startswith(pattern["prefix"])
    assert patterns.re.fullmatch(pattern["regex"], pattern["example"])
    assert bool(patterns.found_in(pattern["example"])) == (not pattern["checksum"])
    assert patterns.found_in(f"DD_KEY='{text}', {text}; x{text}") == [text]


def test_random_text_matches_no_pattern(random_texts):
    assert [text for text in random_texts if patterns.found_in(text)] == []


@pytest.fixture
def random_texts():
    """Words, hashes of other lengths, identifiers and other people's keys."""
    words = ["hello", "d41d8cd98f00b204e9800998ecf8427", "d41d8cd98f00b204e9800998ecf8427ee", "a" * 40, "0" * 64]
    words += ["ghp_" + "a" * 36, "ddapp_" + "a" * 33, "ddpat_" + "a" * 59, "pub" + "g" * 32, "AKIAIOSFODNN7EXAMPLE"]
    return [*words, "ddapp_" + "a" * 34, "6f1c9a52-70f6-4b5e-9f4b-0d6a2f6f6e11", "x" * 50_000]


def test_the_patterns_say_where_to_report(settings):
    settings.SITE_URL = "https://keys.example.com"
    document = Client().get("/.well-known/secret-scanning.json").json()

    assert document["report"]["github"] == "https://keys.example.com" + PATH
    assert len({one["type"] for one in document["patterns"]}) == len(KINDS)
    assert [one["kind"] for one in document["patterns"] if one["is_public"]] == [CLIENT_TOKEN.value]


@pytest.mark.parametrize(
    "said", ["", "github", "ftp://github.example/keys", "https://me@github.example/", "https://#x"]
)
def test_the_address_of_the_keys_is_an_address_or_nothing_starts(said, monkeypatch):
    monkeypatch.setenv("GITHUB_KEYS_URL", said)
    with pytest.raises(env.ImproperlyConfigured, match="GITHUB_KEYS_URL"):
        env.address("GITHUB_KEYS_URL", "https://api.github.com/keys")
