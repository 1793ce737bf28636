"""One's own page: name, language, look, time zone, sessions."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.builtin_roles import ADMIN
from accounts.models import Member, Person
from audit.models import AuditEvent
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

FIELDS = {"name": "Alice A.", "language": "", "theme": "auto", "density": "comfortable", "time_zone": "UTC"}


def text(answer):
    return answer.content.decode()


@pytest.fixture
def signed_in(alice):
    """Browsers in which Alice signed in with her password."""
    alice.person.set_password(PASSWORD)
    alice.person.save(update_fields=["password"])

    def browser():
        client = Client(headers={"User-Agent": "Mozilla/5.0 Firefox/140.0"})
        answer = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return browser


def test_saving_changes_the_person_and_their_memberships(alice, client_of):
    answer = client_of(alice).post("/profile/", FIELDS | {"theme": "dark", "time_zone": "Asia/Tokyo"})

    person = Person.objects.get(pk=alice.person_id)
    assert answer.status_code == 303
    assert (person.name, person.theme, person.time_zone) == ("Alice A.", "dark", "Asia/Tokyo")
    assert Member.objects.get(pk=alice.pk).name == "Alice A."
    assert AuditEvent.objects.get(event="person.profile_changed").changes["theme"] == ["auto", "dark"]


def test_a_new_language_speaks_at_once(alice, client_of):
    client = client_of(alice)

    client.post("/profile/", FIELDS | {"language": "fr"})

    assert '<html lang="fr"' in text(client.get("/profile/"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a" * 10_000),
        ("name", "nul\0"),
        ("name", "\u202ebidi"),
        ("language", "tlh"),
        ("theme", "neon"),
        ("theme", ""),
        ("density", "\0"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
    ],
)
def test_bad_input_is_refused_at_its_field_and_changes_nothing(field, value, alice, client_of):
    answer = client_of(alice).post("/profile/", FIELDS | {field: value})

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert Person.objects.get(pk=alice.person_id).name == "Alice Admin"


def test_support_staff_and_members_of_nothing_have_a_profile_too(sam, now, client_of, db):
    nobody = Person.objects.create(name="Nora", email="nora@x.example", created_at=now, password="!")

    for person in (sam, nobody):
        client = client_of(person)
        assert client.get("/profile/").status_code == 200
        assert client.post("/profile/", FIELDS | {"name": "New"}).status_code == 303


def test_sessions_are_listed_and_the_others_ended(alice, signed_in):
    here, elsewhere = signed_in(), signed_in()

    shown = text(here.get("/profile/"))
    answer = here.post("/profile/sessions/end/")

    assert shown.count("Firefox 140") == 2
    assert shown.count("This one") == 1
    assert answer.status_code == 303
    assert here.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302
    assert AuditEvent.objects.get(event="person.sessions_ended").changes == {"sessions": 1}


def test_with_one_session_there_is_nothing_to_end(signed_in):
    assert "End all other sessions" not in text(signed_in().get("/profile/"))


def test_disabling_a_member_ends_their_sessions(alice, bob, signed_in, client_of):
    bob.assignments.create(role_id=ADMIN.id)
    theirs = signed_in()

    client_of(bob).post(f"/members/{alice.pk}/disable/")

    assert theirs.get("/profile/").status_code == 302
    assert not UserSession.objects.filter(user=alice.person).exists()


def test_a_stranger_has_no_profile(db):
    assert Client().get("/profile/").status_code == 302
    assert Client().post("/profile/sessions/end/").status_code == 302
    assert Client().get("/profile/sessions/end/").status_code == 405
