"""The authenticated proxy on the real server: visitors send by the real token, and never see it."""

import json
import time
import uuid
import zlib

import pytest

from tests.server.asking import call
from tests.server.intake import BROWSER, KEY, company, forwarded, proof, rum, run, send

pytestmark = pytest.mark.server


@pytest.mark.parametrize("place", ["bearer", "cookie", "query"])
@pytest.mark.parametrize("path", ["/api/v2/rum", "/api/v2/logs", "/api/v2/replay", "/api/v2/profile"])
def test_the_proxy_puts_the_token_in_for_a_visitor(path, place, server, acme, told):
    headers, more = dict(BROWSER), ""
    if place == "bearer":
        headers["Authorization"] = f"Bearer {proof()}"
    elif place == "cookie":
        headers |= {"Cookie": f"_dd_s=a=1&b; visitor={proof()}; x=y", "Sec-Fetch-Site": "same-origin"}
    else:
        more = f"&visitor={proof()}"
    target = rum(acme, acme.placeholder, path)
    status, _, body = send(server, f"/rum-proxy/{acme.application}/?{forwarded(target)}{more}", b"\x00\xff", headers)

    assert (status, body) == (202, b"{}")
    assert (told.last.target, told.last.body) == (rum(acme, acme.token, path), b"\x00\xff")
    assert told.last.headers["x-application-id"] == acme.application
    assert "visitor" not in str(told.last.headers)
    assert acme.token not in body.decode()


def test_an_elder_sdk_names_a_host_and_nothing_is_fetched_from_it(server, acme, told):
    target = f"https://rum-http-intake.logs.datadoghq.com/v1/input/{acme.placeholder}?ddsource=browser"
    headers = BROWSER | {"Authorization": f"Bearer {proof()}"}

    assert send(server, f"/rum-proxy/{acme.application}?{forwarded(target)}", b"{}", headers)[0] == 202
    assert told.last.target == f"/v1/input/{acme.token}?ddsource=browser"


STRANGERS = {
    "nobody": ({}, 401),
    "an expired proof": ({"Authorization": "Bearer {expired}"}, 401),
    "one of another site": ({"Authorization": "Bearer {forged}"}, 401),
    "rubbish": ({"Authorization": "Bearer x.y.z"}, 401),
    "another scheme": ({"Authorization": "Basic eDp5"}, 401),
    "another cookie": ({"Cookie": "session={good}"}, 401),
    "another site's page": ({"Cookie": "visitor={good}", "Sec-Fetch-Site": "cross-site"}, 401),
}


@pytest.mark.parametrize("who", STRANGERS)
def test_strangers_are_told_why_and_nothing_is_sent_on(who, server, acme, told):
    headers, expected = STRANGERS[who]
    proofs = {"expired": proof(exp=time.time() - 600), "forged": proof()[:-6] + "AAAAAA", "good": proof()}
    headers = {name: value.format(**proofs) for name, value in headers.items()}
    url = f"/rum-proxy/{acme.application}/?{forwarded(rum(acme, acme.placeholder))}"
    status, _, body = send(server, url, b"{}", BROWSER | headers)

    assert (status, told.received) == (expected, [])
    assert json.loads(body)["errors"][0]
    assert acme.token not in body.decode()
    assert KEY not in body.decode()


@pytest.mark.parametrize("token", ["placeholder-of-another", "{token}", "{alone}"])
def test_a_foreign_placeholder_is_refused_and_so_is_a_real_token(token, server, acme, told):
    url = f"/rum-proxy/{acme.application}/?{forwarded(rum(acme, token.format(**vars(acme))))}&visitor={proof()}"

    assert send(server, url, b"{}", BROWSER)[0] == 403
    assert told.received == []


@pytest.mark.parametrize("application", [str(uuid.UUID(int=7)), "nonsense", "a/b", "%2e%2e"])
def test_there_is_no_proxy_where_none_is_open(application, server, acme, told):
    url = f"/rum-proxy/{application}?{forwarded(rum(acme, acme.placeholder))}&visitor={proof()}"

    assert send(server, url, b"{}", BROWSER)[0] == 404
    assert told.received == []


def test_broken_deflate_is_refused_by_the_proxy_too(server, acme, told):
    target = rum(acme, acme.placeholder) + "&dd-evp-encoding=deflate"
    url = f"/rum-proxy/{acme.application}/?{forwarded(target)}&visitor={proof()}"

    assert send(server, url, b"not deflate", BROWSER)[0] == 400
    assert send(server, url, zlib.compress(b"{}"), BROWSER)[0] == 202
    assert len(told.received) == 1


def test_the_plain_proxy_forwards_by_the_real_token(server, acme, told):
    assert send(server, f"/rum-proxy?{forwarded(rum(acme, acme.token))}", b"{}", BROWSER)[0] == 202
    assert told.last.target == rum(acme, acme.token)
    assert send(server, f"/rum-proxy?{forwarded(rum(acme, acme.placeholder))}", b"{}", BROWSER)[0] == 403


def test_a_closed_proxy_is_closed_at_once(server, told):
    shop = company(server, told.url)
    url = f"/rum-proxy/{shop.application}/?{forwarded(rum(shop, shop.placeholder))}&visitor={proof()}"
    assert send(server, url, b"{}", BROWSER)[0] == 202
    run(
        server,
        f"""
from django.utils import timezone
from accounts.models import Member
from keys import bootstrap, rum_proxies
by = bootstrap.as_member(Member.objects.get(organization_id={shop.organization!r}), now=timezone.now())
rum_proxies.change({shop.application!r}, is_open=False, cookie="visitor", by=by)
print(1)
""",
    )
    assert {send(server, url, b"{}", BROWSER)[0] for _ in range(10)} == {404}


def test_deleting_the_application_by_the_api_ends_it_at_once(server, told):
    shop = company(server, told.url)
    url = f"/rum-proxy/{shop.application}/?{forwarded(rum(shop, shop.placeholder))}&visitor={proof()}"
    assert send(server, url, b"{}", BROWSER)[0] == 202
    call(
        server,
        "DELETE",
        f"/api/v2/rum/applications/{shop.application}",
        {"api_key": shop.api_key, "application_key": shop.application_key},
    )
    assert send(server, url, b"{}", BROWSER)[0] == 404
    assert send(server, rum(shop, shop.token), b"{}", BROWSER)[0] == 403
