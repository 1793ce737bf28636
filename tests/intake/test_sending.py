"""The intake on the real server: what is let in reaches the upstream unchanged, and nothing else does."""

import json
import re
import socket
import threading
import time
import uuid

import pytest

from tests.server.intake import BROWSER, SHOP, company, forwarded, rum, run, send

pytestmark = pytest.mark.server


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
