"""The intake on the real server: what is let in reaches the upstream unchanged, and nothing else does."""

import contextlib
import gzip
import json
import re
import socket
import threading
import time
import uuid
import zlib

import pytest

from tests.recording import recording
from tests.server.asking import Connection, call
from tests.server.intake import KEY, SHOP, company, forwarded, proof, run, send

pytestmark = pytest.mark.server

BROWSER = {"Origin": SHOP, "Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain;charset=UTF-8"}
QUERY = "ddsource=browser&dd-api-key={}&dd-evp-origin-version=7.16.0&dd-evp-origin=browser&dd-request-id=1&x=%2F%20+a"


@pytest.fixture(scope="module")
def told():
    with recording() as told:
        yield told


@pytest.fixture(scope="module")
def acme(server, told):
    return company(server, told.url)


@pytest.fixture(scope="module")
def quiet(server):
    """A company without an upstream."""
    return company(server, "")


def half(acme):
    """A request of which half the body is missing."""
    head = f"POST /api/v2/logs?dd-api-key={acme.token} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    return head.encode() + b"half"


@pytest.fixture(scope="module", autouse=True)
def slow(server, acme):
    """A client that began to send when the first of these tests did, and never goes on."""
    with Connection(server.url) as slow:
        slow.send(half(acme))
        yield slow


@pytest.fixture(autouse=True)
def afresh(told):
    told.received.clear()
    told.status = 202
    told.wait.set()


def rum(acme, token, path="/api/v2/rum"):
    return f"{path}?{QUERY.format(token)}"


def test_what_a_page_sends_arrives_byte_for_byte_and_says_whose_it_is(server, acme, told):
    body = bytes(range(256)) * 50
    status, headers, answer = send(server, rum(acme, acme.token), body, BROWSER | {"Cookie": "session=secret"})

    (came,) = told.received
    assert (status, answer) == (202, b"{}")
    assert headers["access-control-allow-origin"] == "*"
    assert (came.target, came.body) == (rum(acme, acme.token), body)
    assert came.headers["content-type"] == BROWSER["Content-Type"]
    assert came.headers["x-application-id"] == acme.application
    assert came.headers["x-organization-id"] == acme.organization
    assert came.headers["x-credential-id"] == acme.token_id
    assert came.headers["x-credential-kind"] == "client_token"
    assert came.headers["x-forwarded-for"] == "127.0.0.1"
    assert not {"cookie", "authorization", "dd-api-key"} & came.headers.keys()


AGENT = {
    "/api/v2/series": (202, {"errors": []}),
    "/api/v1/series": (202, {"status": "ok"}),
    "/api/v1/check_run": (202, {"status": "ok"}),
    "/intake/": (202, {"status": "ok"}),
    "/api/v2/logs": (202, {}),
    "/v1/input": (202, {}),
}


@pytest.mark.parametrize("path", AGENT)
@pytest.mark.parametrize("place", ["header", "query"])
def test_what_programs_send_by_an_api_key_arrives_without_it(path, place, server, acme, told):
    target = f"{path}?api_key={acme.api_key}&x=1" if place == "query" else f"{path}?x=1"
    headers = {"DD-API-KEY": acme.api_key} if place == "header" else {}
    status, _, answer = send(server, target, b"[]", headers | {"Content-Type": "application/json"})

    assert (status, json.loads(answer)) == AGENT[path]
    assert told.last.target == f"{path}?x=1"
    assert acme.api_key not in str(told.received)


HIDDEN = {
    "beside an application key": ("/api/v2/logs?api_key={api_key}&application_key={application_key}&x=1", {}),
    "beside a token": ("/api/v2/logs?dd-api-key={token}&api_key={api_key}&x=1", {}),
    "a token first": ("/api/v2/logs?dd-api-key={token}&dd-api-key={api_key}&x=1", {}),
    "in capitals": ("/api/v2/logs?DD-API-KEY={api_key}&x=1", {"DD-API-KEY": "{api_key}"}),
    "behind a semicolon": ("/api/v2/logs?y=1;api_key={api_key}&x=1", {"DD-API-KEY": "{token}"}),
    "in the path": ("/v1/input/{api_key}?x=1", {"DD-API-KEY": "{token}"}),
    "in a header": (
        "/api/v2/logs?x=1",
        {"DD-API-KEY": "{api_key}", "User-Agent": "a/{api_key}", "DD-REQUEST-ID": "{api_key}"},
    ),
}


@pytest.mark.parametrize("how", HIDDEN)
def test_no_secret_goes_on_wherever_it_was_put(how, server, acme, told):
    target, headers = HIDDEN[how]
    headers = {name: value.format(**vars(acme)) for name, value in headers.items()}
    assert send(server, target.format(**vars(acme)), b"{}", headers)[0] in {200, 202}

    (came,) = told.received
    assert not {acme.api_key, acme.application_key} & set(re.findall(r"\w+", f"{came.target} {came.headers}"))
    assert came.target.endswith("x=1")


def test_an_api_key_in_the_path_goes_no_further(server, acme, told):
    assert send(server, f"/v1/input/{acme.api_key}?x=1")[0] == 202
    assert told.last.target == "/v1/input?x=1"


def test_version_3_has_the_token_in_the_path(server, acme, told):
    assert send(server, f"/v1/input/{acme.token}?ddsource=browser", b"{}", BROWSER)[0] == 202
    assert told.last.target == f"/v1/input/{acme.token}?ddsource=browser"


@pytest.mark.parametrize(("said", "expected"), [("ddhost=rum-http-intake.logs.datadoghq.com", 202), ("x=1", 403)])
def test_version_3_names_what_it_sends_in_the_host(said, expected, server, acme):
    assert send(server, f"/v1/input/{acme.strict}?{said}", b"{}", BROWSER)[0] == expected


REFUSED = {
    "nothing": ("/api/v2/rum", {}, 401),
    "unknown": (f"/api/v2/rum?dd-api-key=pub{'0' * 32}", {}, 403),
    "rubbish": ("/api/v2/rum?dd-api-key=%00%ff", {}, 403),
    "logs by a token for RUM": ("/api/v2/logs?dd-api-key={strict}", {"Origin": SHOP}, 403),
    "RUM by a token for logs": ("/api/v2/rum?dd-api-key={alone}", {}, 403),
    "another origin": ("/api/v2/rum?dd-api-key={strict}", {"Origin": "https://evil.example"}, 403),
    "no origin that can be read": ("/api/v2/rum?dd-api-key={strict}", {"Origin": "http://["}, 403),
    "no origin": ("/api/v2/rum?dd-api-key={strict}", {}, 403),
    "RUM by an API key": ("/api/v2/rum?dd-api-key={api_key}", {}, 403),
    "metrics by a token": ("/api/v2/series?dd-api-key={token}", {}, 403),
    "checks by a token": ("/api/v1/check_run?api_key={token}", {}, 403),
    "an application key": ("/api/v2/logs?dd-api-key={application_key}", {}, 403),
    "a packing nobody knows": ("/api/v2/rum?dd-api-key={token}", {"Content-Encoding": "br"}, 415),
    "what is not packed": ("/api/v2/rum?dd-api-key={token}", {"Content-Encoding": "gzip"}, 400),
    "what is not deflated": ("/api/v2/rum?dd-api-key={token}&dd-evp-encoding=deflate", {}, 400),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_may_not_be_sent_does_not_arrive(what, server, acme, told):
    target, headers, expected = REFUSED[what]
    status, answered, body = send(server, target.format(**vars(acme)), b"{}", headers)

    assert (status, told.received) == (expected, [])
    assert answered["access-control-allow-origin"] in {"*", SHOP}
    assert all(json.loads(body)["errors"])
    assert acme.api_key not in body.decode()


def test_an_expected_origin_is_told_so(server, acme, told):
    status, headers, _ = send(server, f"/api/v2/rum?dd-api-key={acme.strict}", b"{}", BROWSER)

    assert (status, headers["access-control-allow-origin"], headers["vary"]) == (202, SHOP, "Origin")


def test_errors_about_logs_have_the_shape_of_logs(server, acme):
    _, _, body = send(server, "/api/v2/logs")

    assert json.loads(body)["errors"][0].keys() == {"status", "title", "detail"}


def test_a_browser_may_ask_first(server):
    status, headers, body = send(server, "/api/v2/rum", None, {"Origin": SHOP}, "OPTIONS")

    assert (status, body, headers["access-control-allow-methods"]) == (204, b"", "GET, POST")


@pytest.mark.parametrize("place", ["direct", "proxy"])
def test_whoever_asks_whether_it_may_profile_may(place, server, acme):
    question = "/api/v2/profiling/quota?session_id=1"
    target = question if place == "direct" else f"/rum-proxy/{acme.application}/?{forwarded(question)}"
    status, headers, body = send(server, target, None, {"DD-CLIENT-TOKEN": acme.token, "Origin": SHOP}, "GET")

    assert (status, headers["access-control-allow-origin"]) == (200, "*")
    assert json.loads(body)["data"]["attributes"]["admitted"] is True


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/api/v2/rum", "/rum-proxy", "/intake/"])
def test_other_methods_are_refused_as_json(method, path, server):
    status, headers, body = send(server, path, None, (), method)

    assert (status, headers["allow"]) == (405, "POST")
    assert json.loads(body)["errors"]


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


def test_without_an_upstream_it_is_taken_and_forgotten(server, quiet, told):
    assert send(server, rum(quiet, quiet.token), b"{}", BROWSER)[0] == 202
    assert send(server, rum(quiet, quiet.token), bytes(6 * 1024 * 1024), BROWSER)[0] == 413
    assert told.received == []


@pytest.mark.parametrize(
    ("status", "expected"), [(200, 200), (400, 400), (403, 403), (429, 429), (503, 503), (302, 502)]
)
def test_the_upstreams_status_comes_back_and_nothing_it_says(status, expected, server, acme, told):
    told.status = status
    found, headers, body = send(server, rum(acme, acme.token), b"{}", BROWSER)

    assert found == expected
    assert b"told" not in body
    assert "location" not in headers


def test_an_upstream_that_is_not_there_is_a_502(server):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    lonely = company(server, f"http://127.0.0.1:{port}")

    assert send(server, rum(lonely, lonely.token), b"{}", BROWSER)[0] == 502


def test_one_that_hangs_does_not_hold_up_others(server, acme, quiet, told):
    told.wait.clear()
    waiting = [threading.Thread(target=send, args=(server, rum(acme, acme.token))) for _ in range(200)]
    for thread in waiting:
        thread.start()
    time.sleep(1)
    began = time.monotonic()
    found = {send(server, rum(quiet, quiet.token), b"{}", BROWSER)[0] for _ in range(20)}
    took = time.monotonic() - began
    told.wait.set()
    for thread in waiting:
        thread.join()

    assert found == {202}
    assert took < 2
    assert len(told.received) <= 2 * 64


def test_a_revoked_token_is_refused_by_the_next_request(server, acme, told):
    script = """
import json
from django.utils import timezone
from accounts.models import Member
from keys import bootstrap, lifecycle
from keys.kinds import CLIENT_TOKEN
by = bootstrap.as_member(Member.objects.get(organization_id={!r}), now=timezone.now())
made = lifecycle.issue(CLIENT_TOKEN, name="short-lived {}", by=by).credential
print(json.dumps([str(made.pk), made.public_text]))
"""
    pk, token = run(server, script.format(acme.organization, uuid.uuid4().hex))
    statuses = [send(server, f"/api/v2/logs?dd-api-key={token}")[0] for _ in range(20)]
    revoke = f"""
from django.utils import timezone
from accounts.models import Member
from keys import bootstrap, lifecycle
by = bootstrap.as_member(Member.objects.get(organization_id={acme.organization!r}), now=timezone.now())
lifecycle.revoke({pk!r}, by=by)
print(1)
"""
    run(server, revoke)
    assert set(statuses) == {202}
    assert {send(server, f"/api/v2/logs?dd-api-key={token}")[0] for _ in range(20)} == {403}


def sighting(server, acme):
    script = f"""
import json
from audit.models import AuditEvent
from keys.models import BrowserSighting
seen = BrowserSighting.objects.filter(credential__organization_id={acme.organization!r}).first()
told = AuditEvent.objects.filter(organization_id={acme.organization!r}, event="credential.seen_in_browser").count()
print(json.dumps([seen and seen.origin, told]))
"""
    return run(server, script)


@pytest.mark.parametrize("mark", [{"Origin": SHOP}, {"Sec-Fetch-Site": "same-origin"}, "dd-evp-origin=browser"])
def test_an_api_key_in_a_browser_is_refused_on_every_path(mark, server, acme, told):
    headers, query = ({}, f"&{mark}") if isinstance(mark, str) else (mark, "")
    for path in ("/api/v2/logs", "/api/v2/rum", "/api/v2/series", "/v1/input", "/intake/"):
        status, _, body = send(server, f"{path}?api_key={acme.api_key}{query}", b"{}", headers)
        assert (status, told.received) == (403, [])
        assert "client token" in body.decode()
    assert send(server, f"/rum-proxy?{forwarded(f'/api/v2/logs?dd-api-key={acme.api_key}')}")[0] == 403


def test_a_key_that_a_page_sent_to_the_intake_is_noted(server, acme):
    assert send(server, f"/api/v2/logs?dd-api-key={acme.api_key}", b"{}", BROWSER)[0] == 403
    deadline = time.monotonic() + 10
    while (noted := sighting(server, acme))[0] is None and time.monotonic() < deadline:
        time.sleep(0.2)

    assert noted[1] == 1


def test_programs_of_node_are_no_browsers(server, acme, told):
    assert send(server, "/api/v2/logs", b"[]", {"DD-API-KEY": acme.api_key, "Sec-Fetch-Mode": "cors"})[0] == 202


def mails_about(server, shop):
    mails = [path.read_text() for path in (server.data_dir / "outbox").glob("*")]
    return [mail for mail in mails if SHOP in mail and "bootstrap" in mail and f"{shop.api_key[-4:]})" in mail]


def test_the_api_refuses_it_too_and_its_owner_is_told_once(server):
    shop = company(server, "")
    headers = {"DD-API-KEY": shop.api_key, "Origin": SHOP}
    assert send(server, "/api/v1/validate", None, headers, "GET")[0] == 403
    headers["DD-APPLICATION-KEY"] = shop.application_key
    assert send(server, "/api/v2/api_keys", None, headers, "GET")[0] == 403
    assert send(server, f"/api/v2/logs?dd-api-key={shop.api_key}", b"{}", BROWSER)[0] == 403
    deadline = time.monotonic() + 10
    while not mails_about(server, shop) and time.monotonic() < deadline:
        server.manage("tick")
    server.manage("tick")  # another would be sent now

    assert sighting(server, shop) == [SHOP, 1]
    (mail,) = mails_about(server, shop)
    assert shop.api_key not in mail
    assert shop.api_key not in server.log()


def test_what_was_sent_is_counted_for_its_token(server):
    shop = company(server, "")
    for _ in range(7):
        send(server, rum(shop, shop.token), b"{}", BROWSER)
    for _ in range(3):
        send(server, f"/rum-proxy/{shop.application}/?{forwarded(rum(shop, shop.placeholder))}", b"{}", BROWSER)
    script = f"""
import json, time
from keys.models import UsageDay
for _ in range(100):
    found = dict(UsageDay.objects.filter(credential_id={shop.token_id!r}).values_list("outcome", "count"))
    if sum(found.values()) >= 10:
        break
    time.sleep(0.1)
print(json.dumps(found))
"""
    assert run(server, script) == {"valid": 7, "wrong_visitor": 3}


# The proxy -----------------------------------------------------------------------------------------------------


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


@pytest.mark.patience
def test_a_client_that_never_goes_on_is_told_so(slow, told):
    assert slow.answer()[0] == 408
    assert told.received == []
