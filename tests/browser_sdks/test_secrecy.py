"""Behind an authenticated proxy nobody who opens the page can find the token."""

import json

import pytest

from tests.browser_sdks import visits

CASES = pytest.mark.parametrize(("major", "form"), visits.PROXIED)


@CASES
def test_the_token_is_in_no_page_nor_in_anything_that_passed_the_browser(major, form, visits_of, wires):
    visit = visits_of(major)[form]
    har = visit.har.read_text()
    passed = wires[0].raw() + wires[1].raw()
    for application in visit.applications.values():
        assert application.placeholder in visit.source
        assert application.placeholder in har
        assert application.placeholder.encode() in passed
        for shape in (application.token, application.token[3:]):
            assert shape not in visit.source
            assert shape not in json.dumps([one["url"] for one in visit.ledger])
            assert not any(shape in url or shape.encode() in (body or b"") for url, body in visit.seen)
            assert shape not in har
            assert shape.encode() not in passed


@CASES
def test_the_upstream_is_told_the_token_and_not_the_proof(major, form, visits_of, upstream):
    visit = visits_of(major)[form]
    for application in visit.applications.values():
        arrived = [one for one in upstream.received if one.headers["x-application-id"] == application.id]
        assert arrived
        assert all(application.token in one.target for one in arrived)
        assert not any(application.placeholder in one.target or "visitor=" in one.target for one in arrived)
        assert not any("eyJ" in value for one in arrived for value in one.headers.values())


def test_a_visitor_who_did_not_sign_in_gets_nothing_through(pair, visit, wires, upstream):
    stranger = visits.Visit(7, "authenticated", *pair("stranger"), is_signed_in=False)
    visit(stranger)
    ids = {application.id for application in stranger.applications.values()}

    assert {one.answer.status for one in visits.sent(stranger, wires)} == {401}
    assert not [one for one in upstream.received if one.headers["x-application-id"] in ids]
