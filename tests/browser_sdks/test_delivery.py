"""Everything the SDKs send arrives as it was sent, is known for whose it is, and is counted once."""

from collections import Counter

import pytest

from tests.browser_sdks import visits

pytestmark = pytest.mark.parametrize(("major", "form"), visits.CASES)
PRODUCTS = ("rum", "logs")


@pytest.fixture
def visited(visits_of, major, form):
    return visits_of(major)[form]


def test_all_that_chromium_sent_is_taken_in_without_a_preflight(visited, wires):
    assert visited.settled
    assert visited.complaints == []
    for application in visited.applications.values():
        exchanges = visits.about(application, wires)
        assert {(one.request.method, one.answer.status) for one in exchanges} == {("POST", 202)}


@pytest.mark.parametrize("product", PRODUCTS)
def test_what_reaches_the_upstream_is_what_chromium_sent(product, visited, wires, upstream, house):
    application = visited.applications[product]
    sent = Counter(
        (visits.onward(one.request.target, application), one.request.headers.get("content-type"), one.request.body)
        for one in visits.about(application, wires)
    )
    arrived = [one for one in upstream.received if one.headers["x-application-id"] == application.id]

    assert Counter((one.target, one.headers.get("content-type"), one.body) for one in arrived) == sent
    assert {one.headers["x-organization-id"] for one in arrived} == {house.keys["org_id"]}
    assert {one.headers["x-credential-id"] for one in arrived} == {application.token_id}
    assert {one.headers["x-credential-kind"] for one in arrived} == {"client_token"}
    assert all("cookie" not in one.headers and "authorization" not in one.headers for one in arrived)
    assert all("127.0.0.1" in one.headers["x-forwarded-for"] for one in arrived)


def test_what_was_on_the_wire_is_what_the_page_sent_and_playwright_saw(visited, wires):
    """Of what a page sends while it ends, Playwright misses some; the page itself does not."""
    wire = [one.request for one in visits.sent(visited, wires)]
    addresses = Counter(f"https://{one.headers['host']}{one.target}" for one in wire)
    bodies = Counter(one.body for one in wire)
    texts = [one["text"].encode() for one in visited.ledger if one["text"] is not None]
    seen = [one for one in visited.seen if one[0] in addresses]

    assert Counter(one["url"] for one in visited.ledger) == addresses
    assert not Counter(texts) - bodies
    assert not Counter(url for url, _body in seen) - addresses
    assert not Counter(body for _url, body in seen if body) - bodies
    assert len(texts) > 2
    assert len(seen) > 2


@pytest.mark.parametrize("product", PRODUCTS)
def test_usage_counts_each_request_once(product, visited, major, wires, counts_of):
    application = visited.applications[product]
    sent = visits.about(application, wires)

    assert [counted.get(application.token_id) for counted in counts_of(major)] == [{"valid": len(sent)}] * 2
    assert len(sent) > 1
