"""The bell, what is behind it, and what rings it."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.log import Target
from keys import telling
from keys.kinds import API_KEY
from keys.models import MailChoice, Notification
from keys.telling import News, Topic, choices, reading

pytestmark = pytest.mark.django_db

HOME = "/notifications/"


def text(answer):
    return answer.content.decode()


@pytest.fixture
def tell(acme, now):
    def told(*to, times=1, label="ci", about=None, ago=timedelta(0)):
        with transaction.atomic():
            for n in range(times):
                telling.tell(
                    News.CREDENTIAL_LEAKED,
                    organization_id=acme.pk,
                    to=to,
                    about=about or Target("planet", "mars", label),
                    words={"last4": "abcd", "where": "github.com/acme"},
                    key=f"{label}:{n}",
                    now=now - ago,
                )

    return told


def test_without_news_the_page_says_what_it_is_for(bob, client_of):
    page = text(client_of(bob).get(HOME))

    assert "Nothing yet" in page
    assert "Mark all as read" not in page


def test_the_bell_counts_and_leads_to_what_was_told(tell, alice, issue, client_of):
    key = issue(API_KEY, alice).credential
    tell(alice, about=Target("api_key", str(key.pk), key.name))
    client = client_of(alice)

    assert 'aria-label="1 unread notification"' in text(client.get("/members/"))
    page = text(client.get(HOME))
    assert f'<a href="/apis/api-keys/{key.pk}/">{key.name} (…abcd) leaked' in page


def test_the_bell_costs_a_page_one_query_and_a_fragment_none(alice, client_of):
    client = client_of(alice)
    client.get("/members/")
    with CaptureQueriesContext(connection) as page:
        client.get("/members/")
    with CaptureQueriesContext(connection) as fragment:
        client.get("/members/", headers={"hx-request": "true", "hx-target": "member-table"})

    asked = [sum('"keys_notification"' in query["sql"] for query in found) for found in (page, fragment)]
    assert asked == [1, 0]


@pytest.mark.parametrize(("told", "shown"), [(99, "99"), (100, "99+"), (120, "99+")])
def test_the_bell_counts_no_further_than_it_shows(told, shown, tell, alice, client_of):
    tell(alice, times=told)

    assert f'<span class="tag info" aria-hidden="true">{shown}</span>' in text(client_of(alice).get("/help/"))


def test_one_is_read_and_the_list_of_unread_is_what_is_left(tell, alice, client_of):
    tell(alice, label="first")
    tell(alice, label="second")
    client, row = client_of(alice), Notification.objects.get(key="first:0")

    answer = client.post(f"{HOME}{row.pk}/read/", {"show": "unread"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{HOME}?show=unread")
    page = text(client.get(f"{HOME}?show=unread"))
    assert "second (…abcd) leaked" in page
    assert "first (…abcd) leaked" not in page
    assert "first (…abcd) leaked" in text(client.get(HOME))


def test_all_are_read_at_once(tell, alice, client_of):
    tell(alice, times=3)
    client = client_of(alice)

    assert client.post(f"{HOME}read/").headers["Location"] == HOME
    assert "Nothing unread" in text(client.get(f"{HOME}?show=unread"))


def test_another_members_is_nobody_elses(tell, alice, bob, client_of):
    tell(alice)
    row = Notification.objects.get()

    assert client_of(bob).post(f"{HOME}{row.pk}/read/").status_code == 404
    assert "github.com" not in text(client_of(bob).get(HOME))
    assert reading.unread(alice) == 1


def test_a_long_list_comes_in_pages_of_the_same_cost(tell, alice, client_of, django_assert_max_num_queries):
    tell(alice, times=120)
    client = client_of(alice)
    client.get(HOME)
    with django_assert_max_num_queries(8):
        page = text(client.get(HOME))

    assert page.count("(…abcd) leaked") == 50
    assert 'rel="next"' in page


def test_what_is_said_is_text_and_never_markup(tell, alice, client_of):
    tell(alice, label="<script>alert(1)</script>")

    assert "<script>alert(1)" not in text(client_of(alice).get(HOME))


def test_choices_start_with_the_defaults_and_are_kept(alice, client_of):
    client = client_of(alice)
    page = client.get(f"{HOME}choices/")
    assert page.context["form"]["leaks_mail"].value() == MailChoice.AT_ONCE
    assert page.context["form"]["expiry_mail"].value() == MailChoice.DAILY

    chosen = {f"{topic}_mail": "never" for topic in Topic} | {"leaks_bell": "on"}
    assert client.post(f"{HOME}choices/", chosen).status_code == 303
    kept = choices.of(alice)
    assert kept[Topic.LEAKS] == choices.Choice(bell=True, mail=MailChoice.NEVER)
    assert kept[Topic.EXPIRY] == choices.Choice(bell=False, mail=MailChoice.NEVER)


def test_when_the_days_mail_leaves_is_told_in_the_readers_time_zone(alice, client_of):
    alice.person.time_zone = "Asia/Tokyo"
    alice.person.save(update_fields=["time_zone"])

    assert "leaves at 16:00 JST in one mail" in text(client_of(alice).get(f"{HOME}choices/"))


def test_a_bad_choice_is_refused_at_its_field(alice, client_of):
    chosen = {f"{topic}_mail": "daily" for topic in Topic} | {"leaks_mail": "hourly"}
    answer = client_of(alice).post(f"{HOME}choices/", chosen)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["leaks_mail"]


def test_the_profile_leads_to_the_choices(bob, client_of):
    assert f'href="{HOME}choices/"' in text(client_of(bob).get("/profile/"))


def test_who_is_no_member_has_no_bell(sam, client_of):
    assert HOME not in text(client_of(sam).get("/help/"))
