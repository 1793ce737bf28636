"""What must not be sent from a page, and what may not be sent any more, is refused while the page is open."""

from tests.browser_sdks import visits


def test_an_api_key_in_a_page_is_refused_noted_and_told(house, pair, visit, wires, upstream):
    key = house.keys["api_key"]
    mistaken = visits.Visit(7, "direct", *(application._replace(token=key) for application in pair("key")))
    before = len(upstream.received)
    visit(mistaken)
    known = house.seen_in_browser()
    told = [mail for mail in house.mails() if "https://shop.example" in mail]

    assert {one.answer.status for one in visits.sent(mistaken, wires)} == {403}
    assert len(upstream.received) == before
    assert known["sightings"] == [[key[-4:], "https://shop.example"]]
    assert len(known["events"]) == 1
    assert len(told) == 1
    assert "came from a browser" in told[0]
    assert key not in told[0] + known["events"][0] + house.log()


def test_the_next_request_after_a_token_was_revoked_is_refused(house, pair, browser, shop, wires, upstream, tmp_path):
    visit = visits.Visit(7, "direct", *pair("revoked"))
    page = visits.opened(visit, browser, shop, tmp_path)
    page.wait_for_selector("html[data-visited]", state="attached")
    visits.settle([visit], wires)
    before = visits.about(visit.logs, wires)
    total = len(visits.sent(visit, wires))

    house.revoke(visit.logs)
    page.evaluate("more(60)")  # so many lines are sent at once
    visits.settle([visit], wires, lambda _visit, exchanges: len(exchanges) > total)
    after = [one for one in visits.about(visit.logs, wires) if one not in before]
    page.context.close()

    assert {one.answer.status for one in before} == {202}
    assert {one.answer.status for one in after} == {403}
    arrived = [one for one in upstream.received if one.headers["x-application-id"] == visit.logs.id]
    assert len(arrived) == len(before)
