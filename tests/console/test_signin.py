"""Signing in and out, passwords, landing, and switching organisations."""

import re

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts import members
from accounts.builtin_roles import READ_ONLY
from accounts.models import Member, MemberRole, Person
from audit.models import INSTALLATION, AuditEvent
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "a better horse battery staple"


def text(answer):
    return answer.content.decode()


@pytest.fixture(autouse=True)
def with_password(alice):
    alice.person.set_password(PASSWORD)
    alice.person.save(update_fields=["password"])


def sign_in(who, password=PASSWORD, **more):
    client = Client()
    return client, client.post("/accounts/login/", {"login": who.email, "password": password, **more})


def events(event):
    return AuditEvent.objects.filter(event=event)


def test_signing_in_begins_a_session_and_is_recorded(alice):
    client, answer = sign_in(alice)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/members/").status_code == 200
    recorded = events("person.signed_in").get()
    assert (recorded.organization_id, recorded.actor_id) == (alice.organization_id, str(alice.id))
    assert UserSession.objects.filter(user=alice.person).count() == 1


def test_the_address_counts_in_any_case(alice):
    alice.email = alice.email.upper()

    assert sign_in(alice)[1].status_code == 302


def test_a_sign_in_that_cannot_be_recorded_does_not_happen(alice, monkeypatch):
    monkeypatch.setattr("audit.log.record", lambda *_args, **_kwargs: 1 / 0)
    client = Client(raise_request_exception=False)

    answer = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})

    assert answer.status_code == 500
    assert client.get("/profile/").status_code == 302


def test_a_refused_sign_in_is_recorded_where_its_person_belongs(alice):
    _client, answer = sign_in(alice, password="wrong horse")

    assert answer.status_code == 200
    assert "not correct" in text(answer)
    assert events("person.refused").get().organization_id == alice.organization_id


def test_an_unknown_address_is_refused_in_the_same_words_and_recorded_on_the_installation(alice):
    unknown = Person(email="nobody@x.example")

    strange, wrong = sign_in(unknown)[1], sign_in(alice, password="wrong horse")[1]

    said = re.compile(r'<div class="callout bad".*?</div>', re.DOTALL)
    assert said.search(text(strange))[0] == said.search(text(wrong))[0]
    assert events("person.refused").get(organization_id=INSTALLATION).target_label == "nobody@x.example"


def test_the_password_reaches_no_record(alice):
    sign_in(alice, password="wrong horse of mine")

    assert "wrong horse" not in str(list(AuditEvent.objects.values()))


def test_somebody_disabled_is_refused_even_with_the_right_password(alice):
    Person.objects.filter(pk=alice.person_id).update(is_active=False)

    client, answer = sign_in(alice)

    assert answer.headers["Location"] == "/accounts/inactive/"
    assert client.get("/profile/").status_code == 302
    assert events("person.refused").count() == 1
    assert not events("person.signed_in").exists()


def test_guessing_is_throttled_even_for_the_right_password(alice):
    for _ in range(10):
        sign_in(alice, password="wrong horse")

    client, answer = sign_in(alice)

    assert answer.status_code in {200, 429}
    assert client.get("/profile/").status_code == 302


@pytest.mark.parametrize(
    "fields", [{}, {"login": "\0", "password": "\0"}, {"login": "a" * 10_000, "password": "b" * 10_000}]
)
def test_nonsense_at_sign_in_is_refused(fields, db):
    assert Client().post("/accounts/login/", fields).status_code == 200


def test_no_way_leads_to_another_site(alice):
    _client, answer = sign_in(alice, next="https://evil.example/")

    assert answer.headers["Location"] == "/"


def test_signing_out_ends_the_session_and_is_recorded(alice):
    client, _answer = sign_in(alice)

    answer = client.post("/accounts/logout/")

    assert answer.headers["Location"] == "/accounts/login/"
    assert client.get("/profile/").status_code == 302
    assert events("person.signed_out").get().actor_id == str(alice.id)


def test_nothing_flashes_when_signing_in_and_out(alice):
    client, _answer = sign_in(alice)

    assert not list(client.get("/members/").context["messages"])
    client.post("/accounts/logout/")
    assert not list(client.get("/accounts/login/").context["messages"])


def test_changing_the_password_keeps_this_session_and_ends_the_others(alice):
    here, elsewhere = sign_in(alice)[0], sign_in(alice)[0]

    fields = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    answer = here.post("/accounts/password/change/", fields)

    assert answer.headers["Location"] == "/profile/"
    assert text(here.get("/profile/")).count("This one") == 1
    assert elsewhere.get("/profile/").status_code == 302
    assert events("person.password_changed").get().actor_id == str(alice.id)
    assert sign_in(alice, NEW_PASSWORD)[1].status_code == 302


def test_a_wrong_old_password_or_a_weak_new_one_changes_nothing(alice):
    client, _answer = sign_in(alice)

    wrong = {"oldpassword": "wrong horse", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    weak = {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}

    assert client.post("/accounts/password/change/", wrong).status_code == 200
    assert client.post("/accounts/password/change/", weak).status_code == 200
    assert not events("person.password_changed").exists()


def test_a_reset_mail_is_in_our_words_and_leads_to_our_address(alice, mailoutbox):
    Client().post("/accounts/password/reset/", {"email": alice.email})

    mail = mailoutbox[0]

    assert mail.subject == "Set a new password for Keyhouse"
    assert "works once" in mail.body
    assert "testserver!" not in mail.body


def test_a_reset_mail_never_follows_the_host_that_was_asked(alice, mailoutbox):
    Client(headers={"Host": "localhost"}).post("/accounts/password/reset/", {"email": alice.email})

    assert "http://testserver/accounts/password/reset/key/" in mailoutbox[0].body


def test_a_reset_mail_speaks_the_persons_language(alice, mailoutbox):
    Person.objects.filter(pk=alice.person_id).update(language="fr")

    answer = Client().post("/accounts/password/reset/", {"email": alice.email})

    assert answer.headers["Location"] == "/accounts/password/reset/done/"
    assert len(mailoutbox) == 1


def test_an_unknown_address_gets_no_mail_and_the_same_page(db, mailoutbox):
    answer = Client().post("/accounts/password/reset/", {"email": "nobody@x.example"})

    assert answer.headers["Location"] == "/accounts/password/reset/done/"
    assert not mailoutbox


@pytest.fixture
def reset(alice, mailoutbox):
    """Asks for the mail and follows its link in this browser; the last page's answer, and the link."""

    def followed(client):
        Client().post("/accounts/password/reset/", {"email": alice.email})
        link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mailoutbox[-1].body)[1]
        form = client.get(link).headers["Location"]
        return client.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}), link

    return followed


def test_a_reset_sets_the_password_ends_every_session_and_is_recorded(alice, reset):
    elsewhere, _answer = sign_in(alice)

    answer, _link = reset(Client())

    assert answer.headers["Location"] == "/accounts/password/reset/key/done/"
    assert elsewhere.get("/profile/").status_code == 302
    assert events("person.password_changed").count() == 1
    assert sign_in(alice, NEW_PASSWORD)[1].status_code == 302


def test_a_reset_in_a_browser_that_is_signed_in_signs_it_out_too(alice, reset):
    client, _answer = sign_in(alice)

    answer, _link = reset(client)

    assert answer.headers["Location"] == "/accounts/password/reset/key/done/"
    assert client.cookies["keyhouse_session"].value == ""
    assert client.get("/profile/").status_code == 302


def test_a_reset_link_works_once(reset):
    _answer, link = reset(Client())

    again = Client().get(link)

    assert again.status_code == 200
    assert 'name="password1"' not in text(again)


def test_members_land_on_the_apis_or_where_they_see_nothing_of_keys_on_members(alice, bob, client_of):
    assert client_of(alice).get("/").headers["Location"] == "/apis/"
    assert client_of(bob).get("/").headers["Location"] in {"/apis/", "/members/"}


def test_support_staff_land_on_the_organizations(sam, client_of):
    assert client_of(sam).get("/").headers["Location"] == "/support/organizations/"


def test_a_member_of_nothing_is_told_so_and_can_sign_out(alice, bob, actor_of, client_of):
    members.disable(bob.pk, by=actor_of(alice))

    answer = client_of(bob).get("/")

    assert answer.status_code == 200
    assert "not an active member of any organization" in text(answer)
    assert "/accounts/logout/" in text(answer)


def test_switching_acts_in_the_other_organization_with_its_roles(alice, second, client_of):
    MemberRole.objects.create(member=second, role_id=READ_ONLY.id)
    client = client_of(alice)
    assert client.get("/members/invite/").status_code == 200

    answer = client.post("/organizations/switch/", {"member": str(second.id)})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert client.get("/members/invite/").status_code == 403


def test_one_switches_only_to_an_active_membership_of_ones_own(alice, second, bob, charlie, now, client_of):
    client = client_of(alice)

    for member in (str(bob.id), str(charlie.id), "", "nonsense", "\0"):
        assert client.post("/organizations/switch/", {"member": member}).status_code == 404
    Member.objects.filter(pk=second.pk).update(disabled_at=now)
    assert client.post("/organizations/switch/", {"member": str(second.id)}).status_code == 404
    lost = client.get("/organizations/switch/", headers={"Accept": "text/html"})
    assert (lost.status_code, "Only forms are sent to this address." in text(lost)) == (405, True)


@pytest.mark.parametrize(("referer", "place"), [("https://testserver/hygiene/?q=1", "/hygiene/"), ("", "/")])
def test_a_form_sent_after_the_session_ended_leads_back_to_the_page_it_was_on(referer, place):
    answer = Client().post("/hygiene/scan/", headers={"Referer": referer})

    assert answer.headers["Location"] == f"/accounts/login/?next={place}"


def test_there_is_no_signing_up(db):
    assert Client().get("/accounts/signup/").status_code == 404
