"""Who proves to be a visitor that signed in, and why others do not."""

import asyncio
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from keys import egress
from keys.rum_proxies import Terms
from keys.visitors import KEPT_SECONDS, PAUSE_SECONDS, STALE_SECONDS, KeySets, NotVerified, Reason, verified

KEY = "a shared key of more than thirty-two characters"
SHARED = Terms(jwks_url="", shared_key=KEY, issuer="https://shop.example", audience="keyhouse", cookie="visitor")
PUBLIC = SHARED._replace(jwks_url="https://shop.example/jwks.json", shared_key="")
RSA = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()


def claims(**other):
    standard = {"sub": "visitor-7", "exp": time.time() + 60, "iss": "https://shop.example", "aud": "keyhouse"}
    return {name: value for name, value in (standard | other).items() if value is not None}


def proof(key=KEY, algorithm="HS256", key_id=None, **other):
    return jwt.encode(claims(**other), key, algorithm, headers={"kid": key_id} if key_id else None)


def published(*keys):
    listed = []
    for key_id, key, algorithm in keys:
        entry = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key()))
        listed.append(entry | {"kid": key_id})
    return json.dumps({"keys": listed}).encode()


class Site:
    """Stands for the customer's site, which answers, or does not, when its keys are fetched."""

    def __init__(self, content):
        self.content, self.asked, self.now = content, 0, 1000.0

    async def fetch(self, _client, _address):
        self.asked += 1
        if self.content is None:
            raise egress.NotReached("it could not be reached")
        return self.content


@pytest.fixture
def site(monkeypatch):
    site = Site(published(("r", RSA, "RS256"), ("e", CURVE, "ES256"), ("d", EDWARDS, "EdDSA")))
    monkeypatch.setattr(egress, "fetch", site.fetch)
    site.sets = KeySets(None, clock=lambda: site.now)
    return site


def check(text, terms=SHARED, sets=None):
    return asyncio.run(verified(text, terms, sets))


def reason(text, terms=SHARED, sets=None):
    with pytest.raises(NotVerified) as refusal:
        check(text, terms, sets)
    return refusal.value.reason


def test_a_proof_by_the_shared_key_names_the_visitor():
    assert check(proof()).subject == "visitor-7"


BAD = {
    Reason.MISSING: lambda: "",
    Reason.UNREADABLE: lambda: "not.a.token",
    Reason.EXPIRED: lambda: proof(exp=time.time() - 60),
    Reason.NOT_YET: lambda: proof(nbf=time.time() + 600),
    Reason.BAD_SIGNATURE: lambda: proof("another key of more than thirty-two characters"),
    Reason.WRONG_ISSUER: lambda: proof(iss="https://evil.example"),
    Reason.WRONG_AUDIENCE: lambda: proof(aud="somebody"),
}


@pytest.mark.parametrize("why", BAD)
def test_everything_else_says_why(why):
    assert reason(BAD[why]()) is why


@pytest.mark.parametrize("missing", ["sub", "exp"])
def test_a_proof_names_a_visitor_and_an_end(missing):
    assert reason(proof(**{missing: None})) is Reason.INCOMPLETE


@pytest.mark.parametrize("missing", ["iss", "aud"])
def test_what_is_asked_for_has_to_be_there(missing):
    assert reason(proof(**{missing: None})) in {Reason.INCOMPLETE, Reason.WRONG_ISSUER, Reason.WRONG_AUDIENCE}


def test_what_is_not_asked_for_does_not():
    assert check(proof(iss=None, aud=None), SHARED._replace(issuer="", audience="")).subject == "visitor-7"


def test_an_unsigned_proof_is_none():
    assert reason(jwt.encode(claims(), None, "none")) is Reason.UNSIGNED


def test_a_public_key_is_no_shared_key(site):
    """The classic: sign with HMAC by the public key that everybody can fetch."""
    assert reason(proof(), PUBLIC, site.sets) is Reason.UNSIGNED
    assert reason(proof(RSA, "RS256", "r"), SHARED) is Reason.UNSIGNED


@pytest.mark.parametrize(
    ("key", "algorithm", "key_id"), [(RSA, "RS256", "r"), (CURVE, "ES256", "e"), (EDWARDS, "EdDSA", "d")]
)
def test_a_proof_by_a_published_key_is_good(key, algorithm, key_id, site):
    assert check(proof(key, algorithm, key_id), PUBLIC, site.sets).subject == "visitor-7"


def test_a_key_is_used_for_its_own_algorithm_only(site):
    assert reason(proof(CURVE, "ES256", "r"), PUBLIC, site.sets) in {
        Reason.UNSIGNED,
        Reason.BAD_SIGNATURE,
        Reason.UNREADABLE,
    }


@pytest.mark.parametrize("text", ["x" * 9000, "a.b.c", "\u00e9.b.c", "e30.e30.e30", "." * 5, "{}" * 10])
def test_rubbish_is_unreadable_or_unsigned(text):
    assert reason(text) in {Reason.UNREADABLE, Reason.UNSIGNED}


def test_keys_are_fetched_once_and_again_beside_after_a_while(site):
    async def scene():
        for _ in range(3):
            await verified(proof(RSA, "RS256", "r"), PUBLIC, site.sets)
        assert site.asked == 1
        site.now += KEPT_SECONDS + 1
        site.content = published(("e", CURVE, "ES256"))
        assert await verified(proof(RSA, "RS256", "r"), PUBLIC, site.sets)  # nobody waits
        await asyncio.sleep(0.01)
        assert site.asked == 2
        with pytest.raises(NotVerified):
            await verified(proof(RSA, "RS256", "r"), PUBLIC, site.sets)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "RS256"), (RSA, "RS512"), (RSA, "PS256"), (RSA, "PS512"), (CURVE, "ES256")]
)
def test_a_key_that_names_no_algorithm_is_good_for_all_of_its_sort(key, algorithm, site):
    listed = json.loads(published(("k", key, algorithm)))["keys"][0]
    listed.pop("alg", None)
    site.content = json.dumps({"keys": [listed]}).encode()
    other = "ES256" if key is RSA else "RS256"

    assert check(proof(key, algorithm), PUBLIC, site.sets)
    assert reason(proof(CURVE if key is RSA else RSA, other), PUBLIC, site.sets) is Reason.UNSIGNED


def test_a_key_that_names_one_is_good_for_no_other(site):
    listed = json.loads(published(("k", RSA, "RS256")))["keys"][0] | {"alg": "RS512"}
    site.content = json.dumps({"keys": [listed]}).encode()

    assert reason(proof(RSA, "RS256", "k"), PUBLIC, site.sets) is Reason.UNSIGNED


@pytest.mark.parametrize("strange", [{"exp": 10**400}, {"exp": "soon"}, {"exp": None}, {"sub": ""}, {"sub": 7}])
def test_strange_claims_are_refused(strange):
    assert reason(proof(**strange)) in {Reason.INCOMPLETE, Reason.UNREADABLE}


def test_a_new_key_is_found_and_an_unknown_one_is_not_asked_for_all_the_time(site):
    check(proof(RSA, "RS256", "r"), PUBLIC, site.sets)
    site.content = published(("new", RSA, "RS256"))
    assert reason(proof(RSA, "RS256", "new"), PUBLIC, site.sets) is Reason.UNKNOWN_KEY
    site.now += PAUSE_SECONDS
    assert check(proof(RSA, "RS256", "new"), PUBLIC, site.sets)
    for _ in range(5):
        assert reason(proof(RSA, "RS256", "x"), PUBLIC, site.sets) is Reason.UNKNOWN_KEY
    assert site.asked == 2


def test_the_last_keys_are_good_for_a_while_when_the_site_is_down(site):
    check(proof(RSA, "RS256", "r"), PUBLIC, site.sets)
    site.content = None
    site.now += STALE_SECONDS - 1
    assert check(proof(RSA, "RS256", "r"), PUBLIC, site.sets)
    site.now += 2 + PAUSE_SECONDS
    assert reason(proof(RSA, "RS256", "r"), PUBLIC, site.sets) is Reason.NO_KEYS


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{}", b'{"keys": 3}', b"\xff", b"[" * 5000])
def test_a_site_without_keys_lets_nobody_in(content, site):
    site.content = content

    assert reason(proof(RSA, "RS256", "r"), PUBLIC, site.sets) in {Reason.NO_KEYS, Reason.UNKNOWN_KEY}


def test_a_secret_in_a_public_set_is_not_used(site):
    site.content = json.dumps({"keys": [{"kty": "oct", "k": "AAAA", "kid": "o"}]}).encode()

    assert reason(proof(RSA, "RS256", "o"), PUBLIC, site.sets) is Reason.UNKNOWN_KEY
