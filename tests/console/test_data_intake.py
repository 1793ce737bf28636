"""The page about the intake: what it takes, and where that goes on to."""

import pytest
from django.urls import reverse

from api.intake import requests, routes
from audit.models import AuditEvent
from console.organization import data_intake
from keys import upstreams
from keys.kinds import API_KEY, CLIENT_TOKEN

pytestmark = pytest.mark.django_db

HOME = "/data-intake/"
ADDRESS = "https://intake.example.com"


def text(answer):
    return answer.content.decode()


def test_everybody_reads_where_data_goes_and_only_managers_get_the_form(alice, bob, client_of):
    for member in (alice, bob):
        page = text(client_of(member).get(HOME))
        assert "Accepted and discarded: no upstream is set." in page
        assert "curl -s -X POST http://testserver/api/v2/logs" in page
        assert ('name="address"' in page) == (member is alice)
    assert 'href="/apis/' not in text(client_of(bob).get(HOME)).partition("<main")[2]


def test_an_address_is_set_and_taken_away_again(alice, acme, client_of):
    client = client_of(alice)

    answer = client.post(HOME, {"address": f" {ADDRESS}/ "})
    page = text(client.get(HOME))
    assert (answer.status_code, answer.headers["Location"]) == (303, HOME)
    assert upstreams.address_of(acme.pk) == ADDRESS
    assert f"To <code>{ADDRESS}</code>" in page
    assert f"Data goes on to {ADDRESS}." in page

    assert client.post(HOME, {"address": ""}).status_code == 303
    assert "Data is accepted and discarded." in text(client.get(HOME))
    assert AuditEvent.objects.filter(event="upstream.changed").count() == 2


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "https://10.0.0.1",
        "ftp://x.example",
        "nonsense",
        "https://a.example/?q=1",
        "x" * 3000,
        "a\0",
    ],
)
def test_a_bad_address_is_refused_at_its_field_and_kept_to_be_mended(address, alice, acme, client_of):
    answer = client_of(alice).post(HOME, {"address": address})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["address"]
    assert address[:20].partition("\0")[0] in text(answer)
    assert upstreams.address_of(acme.pk) == ""


def test_who_does_not_manage_the_organisation_changes_nothing(bob, camille, vera, acme, client_of):
    for member in (bob, camille, vera):
        assert client_of(member).post(HOME, {"address": ADDRESS}).status_code == 403
    assert upstreams.address_of(acme.pk) == ""


def test_the_addresses_of_another_organisation_are_its_own(alice, charlie, globex, client_of):
    client_of(charlie).post(HOME, {"address": "https://globex.example"})

    assert "globex.example" not in text(client_of(alice).get(HOME))


def test_the_page_names_what_the_intake_takes_and_from_whom():
    named = {path: way for way in data_intake.WAYS for path in way.paths}

    assert set(named) - {"/v1/input/<token>"} == set(routes.ROUTES) - {"/intake"}
    assert all(named[path].track is route.track for path, route in routes.ROUTES.items() if path != "/intake")
    assert named["/api/v2/logs"].kinds == [API_KEY, CLIENT_TOKEN]
    assert named["/api/v2/rum"].kinds == [CLIENT_TOKEN]
    assert not {header for header in requests.SENT_ON if header in {"authorization", "cookie", "dd-api-key"}}


def test_the_menu_leads_to_it(bob, client_of):
    assert f'href="{reverse("data-intake")}"' in text(client_of(bob).get("/members/"))
