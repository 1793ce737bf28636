"""Accepting an invitation: somebody new, somebody known, and links that no longer work."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts import invitations, members
from accounts.builtin_roles import READ_ONLY, STANDARD
from accounts.models import Invitation, Member, Person, Status
from audit.models import AuditEvent
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

JOIN = {"name": "Nina New", "password": PASSWORD}


def text(answer):
    return answer.content.decode()


@pytest.fixture
def invited(alice, actor_of):
    return members.invite(email="nina@x.example", role_ids=frozenset({STANDARD.id}), by=actor_of(alice))


@pytest.fixture
def link(invited, now):
    return f"/invitations/{invitations.make(invited, now=now)}/"


@pytest.fixture
def known(now):
    """Somebody with an account and the invited address."""
    person = Person(name="Nina Known", email="nina@x.example", created_at=now)
    person.set_password(PASSWORD)
    person.save()
    return person


def test_a_new_person_chooses_a_name_and_a_password_and_is_in(invited, link):
    client = Client()

    shown = text(client.get(link))
    answer = client.post(link, JOIN)

    assert "Join Acme" in shown
    assert invited.email in shown
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert client.get("/members/").status_code == 200
    member = Member.objects.get(pk=invited.pk)
    assert (member.status, member.name) == (Status.ACTIVE, "Nina New")


def test_joining_and_the_sign_in_it_brings_are_recorded_and_listed(invited, link):
    Client().post(link, JOIN)

    events = list(AuditEvent.objects.of(invited.organization_id).values_list("event", flat=True))
    assert {"member.joined", "person.signed_in"} <= set(events)
    assert UserSession.objects.filter(user__email=invited.email).count() == 1


def test_the_link_works_once(link):
    Client().post(link, JOIN)

    assert Client().get(link).status_code == 410
    assert Client().post(link, JOIN).status_code == 410


@pytest.mark.parametrize("token", ["nonsense", "a" * 5000, "%00", "%F0%9F%94%91", "%ff"])
def test_an_unknown_link_says_how_to_get_a_new_one(token, db):
    answer = Client().get(f"/invitations/{token}/")

    assert answer.status_code == 410
    assert "can send you another" in text(answer)


def test_an_old_link_and_one_of_somebody_disabled_no_longer_work(invited, alice, actor_of, now):
    old = invitations.make(invited, now=now - timedelta(hours=48, minutes=1))
    assert Client().get(f"/invitations/{old}/").status_code == 410

    fresh = invitations.make(invited, now=now)
    members.disable(invited.pk, by=actor_of(alice))
    assert Client().get(f"/invitations/{fresh}/").status_code == 410


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "nul\0"),
        ("name", "a" * 200),
        ("name", "\u2066"),
        ("password", ""),
        ("password", "short"),
        ("password", "1" * 20),
        ("password", "nina@x.example!"),
        ("password", "a" * 129),
        ("password", "a" * 10_000),
    ],
)
def test_a_bad_name_or_weak_password_is_refused_at_its_field(field, value, link):
    answer = Client().post(link, JOIN | {field: value})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Person.objects.filter(email="nina@x.example").exists()
    assert Client().get(link).status_code == 200


def test_somebody_with_an_account_signs_in_first_and_comes_back(known, link):
    client = Client()

    shown = text(client.get(link))
    refused = client.post(link, JOIN)
    answer = client.post("/accounts/login/", {"login": known.email, "password": PASSWORD, "next": link})

    assert f"/accounts/login/?next={link}" in shown
    assert refused.status_code == 409
    assert answer.headers["Location"] == link


def test_somebody_signed_in_joins_with_one_click(known, invited, link, client_of):
    client = client_of(known)

    assert 'name="password"' not in text(client.get(link))
    answer = client.post(link)

    assert answer.status_code == 303
    assert Member.objects.get(pk=invited.pk).person == known
    assert known.check_password(PASSWORD)


def test_joining_a_second_organization_acts_in_it(charlie, alice, actor_of, now, client_of):
    charlie.person.set_password(PASSWORD)
    charlie.person.save()
    second = members.invite(email=charlie.email, role_ids=frozenset({READ_ONLY.id}), by=actor_of(alice))
    client = client_of(charlie)

    client.post(f"/invitations/{invitations.make(second, now=now)}/")

    shown = text(client.get("/members/"))
    assert alice.email in shown
    assert "Switch organization" in shown


def test_somebody_else_who_is_signed_in_signs_out_first(bob, link, client_of):
    client = client_of(bob)

    shown = text(client.get(link))
    answer = client.post(link, JOIN)
    left = client.post("/accounts/logout/", {"next": link})

    assert f"You are signed in as {bob.email}." in shown
    assert answer.status_code == 409
    assert not Person.objects.filter(email="nina@x.example").exists()
    assert left.headers["Location"] == link


def test_nothing_about_the_page_is_kept(link):
    answer = Client().get(link)

    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_the_token_is_stored_nowhere(link):
    token = link.split("/")[2]

    Client().post(link, JOIN)

    kept = str(list(Invitation.objects.values())) + str(list(AuditEvent.objects.values()))
    assert token not in kept


def test_a_sign_in_that_cannot_be_recorded_does_not_happen(link, monkeypatch):
    monkeypatch.setattr("accounts.people.signed_in", lambda *_args, **_kwargs: 1 / 0)
    client = Client(raise_request_exception=False)

    client.post(link, JOIN)

    assert client.get("/profile/").status_code == 302
