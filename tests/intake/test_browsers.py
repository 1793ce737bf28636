"""What browsers may not send, who hears of it, and what is counted."""

import time

import pytest

from tests.server.intake import BROWSER, SHOP, company, forwarded, rum, run, send

pytestmark = pytest.mark.server


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
