"""The pages of an authenticated proxy: instructions that work, a proof tried, and its terms."""

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from audit.models import AuditEvent
from console import rum_snippets
from keys import egress, rum_applications, rum_proxies, visitors
from keys.models import RumProxy

pytestmark = pytest.mark.django_db

KEY = "a key that only the site and we know"
TERMS = {"is_open": "on", "shared_key": KEY, "issuer": "https://shop.example", "audience": "shop", "cookie": "proof"}
CLAIMS = {"sub": "visitor-7", "iss": "https://shop.example", "aud": "shop"}


@pytest.fixture
def by(alice, actor_of):
    return actor_of(alice)


@pytest.fixture
def shop(by):
    return rum_applications.create(name="storefront-web", by=by)


@pytest.fixture
def proxy(shop, by):
    return rum_proxies.change(shop.pk, **TERMS | {"is_open": True}, by=by)


def text(answer):
    return answer.content.decode()


def url(shop, verb=""):
    return f"/rum-applications/{shop.pk}/proxy/{verb}"


def signed(key=KEY, algorithm="HS256", lasts=300, **claims):
    return jwt.encode(CLAIMS | {"exp": int(time.time()) + lasts} | claims, key, algorithm=algorithm)


def test_one_that_is_not_set_up_says_what_it_is_for(alice, bob, shop, client_of):
    page = text(client_of(alice).get(url(shop)))

    assert "Not set up yet" in page
    assert f'href="{url(shop, "edit/")}"' in page
    assert "Try a proof" not in page
    assert url(shop, "edit/") not in text(client_of(bob).get(url(shop)))


def test_the_instructions_carry_the_placeholder_and_never_the_token_or_the_key(alice, shop, proxy, client_of):
    page = text(client_of(alice).get(url(shop)))

    assert page.count(f"clientToken: &#x27;{proxy.placeholder}&#x27;") == 4
    assert f"proxy: &#x27;/rum-proxy/{shop.pk}/&#x27;," in page
    assert f"`http://testserver/rum-proxy/{shop.pk}/?ddforward=${{encodeURIComponent(`${{path}}?" in page
    assert "location /rum-proxy/ {\n    proxy_pass http://testserver;\n}" in page
    assert shop.tokens.get().credential.public_text not in page
    assert KEY not in page


def test_the_python_snippet_signs_what_the_proxy_accepts(alice, shop, proxy, client_of, monkeypatch):
    python, _node = rum_snippets.signing(proxy)
    made = {}
    monkeypatch.setenv("SHARED_KEY", KEY)
    exec(python.text, made)  # noqa: S102 - it is ours, and this is what readers do with it

    answer = client_of(alice).post(url(shop), {"proof": made["proof"]("visitor-7")})

    assert "Verified: this is visitor-7," in text(answer)


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        (lambda: signed(lasts=-300), visitors.Reason.EXPIRED),
        (lambda: signed(key="another key that is just as long as it"), visitors.Reason.BAD_SIGNATURE),
        (lambda: signed(iss="https://evil.example"), visitors.Reason.WRONG_ISSUER),
        (lambda: signed(aud="other"), visitors.Reason.WRONG_AUDIENCE),
        (lambda: signed(sub=None), visitors.Reason.INCOMPLETE),
        (lambda: jwt.encode(CLAIMS, None, algorithm="none"), visitors.Reason.UNSIGNED),
        (lambda: "a.b.c", visitors.Reason.UNREADABLE),
    ],
)
def test_a_bad_proof_is_refused_with_its_reason_and_not_echoed(proof, reason, alice, shop, proxy, client_of):
    proof, client = proof(), client_of(alice)

    answer = client.post(url(shop), {"proof": proof})

    assert answer.status_code == 200
    assert str(visitors.WORDS[reason]) in text(answer)
    assert proof not in text(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert proof not in str(dict(client.session))


def test_a_good_one_is_not_echoed_either_and_may_never_end(alice, shop, proxy, client_of):
    proof = signed(exp=10**15)

    answer = client_of(alice).post(url(shop), {"proof": proof})

    assert "visitor-7" in text(answer)
    assert proof not in text(answer)


def test_keys_are_fetched_from_the_site(alice, shop, by, client_of, monkeypatch):
    key = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())) | {"kid": "", "use": "sig"}

    async def fetch(_client, address):
        assert address == "https://shop.example/jwks.json"
        return json.dumps({"keys": [public]}).encode()

    monkeypatch.setattr(egress, "fetch", fetch)
    rum_proxies.change(shop.pk, is_open=True, jwks_url="https://shop.example/jwks.json", by=by)

    assert "visitor-7" in text(client_of(alice).post(url(shop), {"proof": signed(key, "ES256")}))


def test_what_stands_in_the_way_of_the_keys_is_said(alice, shop, by, client_of, monkeypatch):
    async def fetch(_client, _address):
        raise egress.NotReached("it answered 404")

    monkeypatch.setattr(egress, "fetch", fetch)
    rum_proxies.change(shop.pk, is_open=True, jwks_url="https://shop.example/jwks.json", by=by)
    key = ec.generate_private_key(ec.SECP256R1())

    page = text(client_of(alice).post(url(shop), {"proof": signed(key, "ES256")}))

    assert "The keys of the site cannot be fetched." in page
    assert "(it answered 404)" in page


@pytest.mark.parametrize("proof", ["", "x" * 20_000, "nul\0"])
def test_what_is_no_proof_at_all_is_refused_at_the_field(proof, alice, shop, proxy, client_of):
    answer = client_of(alice).post(url(shop), {"proof": proof})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["proof"]


def test_its_terms_are_saved_and_the_key_is_never_shown(alice, shop, client_of):
    client = client_of(alice)

    answer = client.post(url(shop, "edit/"), TERMS)
    page = text(client.get(url(shop, "edit/")))

    saved = RumProxy.objects.get(pk=shop.pk)
    assert (answer.status_code, answer.headers["Location"]) == (303, url(shop))
    assert (saved.is_open, saved.issuer, saved.audience, saved.cookie) == (
        True,
        "https://shop.example",
        "shop",
        "proof",
    )
    assert "A key is set." in page
    assert KEY not in page
    assert KEY not in str(list(AuditEvent.objects.values_list("changes")))


def test_a_key_left_empty_stays_and_an_address_takes_its_place(alice, shop, proxy, client_of):
    client = client_of(alice)

    client.post(url(shop, "edit/"), TERMS | {"shared_key": "", "audience": "other"})
    assert rum_proxies.terms_of(RumProxy.objects.get(pk=shop.pk)).shared_key == KEY

    client.post(url(shop, "edit/"), TERMS | {"shared_key": "", "jwks_url": "https://shop.example/jwks.json"})
    assert rum_proxies.terms_of(RumProxy.objects.get(pk=shop.pk)).shared_key == ""


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"shared_key": "short"}, "shared_key"),
        ({"shared_key": "x" * 3000}, "shared_key"),
        ({"shared_key": "", "jwks_url": ""}, "jwks_url"),
        ({"jwks_url": "https://shop.example/jwks.json"}, "shared_key"),
        ({"shared_key": "", "jwks_url": "http://127.0.0.1/keys"}, "jwks_url"),
        ({"shared_key": "", "jwks_url": "nonsense"}, "jwks_url"),
        ({"issuer": "x" * 201}, "issuer"),
        ({"audience": "a\tb"}, "audience"),
        ({"cookie": "no cookie"}, "cookie"),
        ({"cookie": "nul\0"}, "cookie"),
    ],
)
def test_bad_terms_are_refused_at_their_field_and_nothing_is_lost_but_the_key(fields, field, alice, shop, client_of):
    answer = client_of(alice).post(url(shop, "edit/"), TERMS | fields)

    page = text(answer)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert field == "issuer" or 'value="https://shop.example"' in page
    assert 'name="is_open" aria-describedby="id_is_open_helptext" id="id_is_open" checked' in page
    assert KEY not in page
    assert not RumProxy.objects.exists()


def test_readers_read_the_instructions_and_neither_try_nor_change(bob, vera, shop, proxy, client_of):
    for member in (bob, vera):
        client = client_of(member)
        assert "Try a proof" not in text(client.get(url(shop)))
        assert client.post(url(shop), {"proof": signed()}).status_code == 403
        assert client.get(url(shop, "edit/")).status_code == client.post(url(shop, "edit/")).status_code == 403


def test_a_stranger_finds_nothing(charlie, shop, proxy, client_of):
    client = client_of(charlie)

    for path in (url(shop), url(shop, "edit/")):
        assert client.get(path).status_code == client.post(path, TERMS).status_code == 404
