"""The help page, and the page of components."""

import pytest
from django.template.loader import get_template

from keys.kinds import KINDS

pytestmark = pytest.mark.django_db


def test_help_names_every_kind_and_leads_to_those_one_may_see(alice, client_of):
    page = client_of(alice).get("/help/").content.decode()

    for kind in KINDS:
        assert str(kind.label) in page.lower() or str(kind.label) in page
        assert f"/apis/{kind.slug}/" in page


@pytest.mark.parametrize("who", ["bob", "sam"])
def test_help_leads_nobody_where_they_may_not_go(who, request, client_of):
    client = client_of(request.getfixturevalue(who))

    page = client.get("/help/").content.decode()

    assert not any(f"/apis/{kind.slug}/" in page for kind in KINDS)


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("keys@acme.example", 'href="mailto:keys@acme.example"'),
        ("https://help.acme.example", 'href="https://help.acme.example"'),
        ("Room 4, ask for Sam", "Room 4, ask for Sam"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("", "admins can help"),
    ],
)
def test_help_says_whom_to_ask(contact, shown, settings, alice, client_of):
    settings.SUPPORT_CONTACT = contact

    page = client_of(alice).get("/help/").content.decode()

    assert shown in page
    assert 'href="javascript' not in page


def test_the_page_of_components_is_only_there_in_debug(client):
    assert client.get("/styleguide/").status_code == 404
    assert get_template("styleguide.html")
