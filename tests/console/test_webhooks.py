"""The pages of webhooks."""

from datetime import timedelta

import pytest

from keys.models import Delivery, Webhook
from keys.telling import webhooks

pytestmark = pytest.mark.django_db

HOME = "/webhooks/"
FORM = {"name": "security-channel", "address": "https://hooks.example.com/keyhouse", "topics": ["leaks", "expiry"]}


def text(answer):
    return answer.content.decode()


@pytest.fixture
def admin(alice, client_of):
    return client_of(alice)


@pytest.fixture
def hook(alice, actor_of):
    return webhooks.create(**FORM, by=actor_of(alice)).webhook


@pytest.fixture
def reachable(site, hook):
    """The webhook leads to the site; to the path that is given."""

    def lead(path="/ok"):
        Webhook.objects.update(address=site.url + path)

    lead()
    return lead


def test_without_any_the_page_says_what_they_are_for(admin):
    assert "No webhook yet" in text(admin.get(HOME))


def test_a_new_one_shows_its_secret_once(admin):
    answer = admin.post(f"{HOME}new/", FORM)
    secret = answer.context["secret"]
    hook = Webhook.objects.get()

    assert answer.status_code == 200
    assert secret.startswith("whsec_")
    assert secret in text(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    assert secret not in text(admin.get(f"{HOME}{hook.pk}/"))
    assert "security-channel" in text(admin.get(HOME))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("address", "http://127.0.0.1/"),
        ("address", "https://10.0.0.1"),
        ("topics", []),
        ("topics", ["x"]),
    ],
)
def test_bad_input_is_refused_at_its_field(field, value, admin):
    answer = admin.post(f"{HOME}new/", FORM | {field: value})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Webhook.objects.exists()


def test_it_is_edited(admin, hook):
    answer = admin.post(f"{HOME}{hook.pk}/edit/", FORM | {"name": "renamed", "topics": ["rotation"]})

    assert answer.headers["Location"] == f"{HOME}{hook.pk}/"
    hook.refresh_from_db()
    assert (hook.name, hook.topics) == ("renamed", ["rotation"])


def test_a_test_says_at_once_whether_it_was_taken(admin, hook, reachable):
    admin.post(f"{HOME}{hook.pk}/test/")
    assert "It was taken." in text(admin.get(f"{HOME}{hook.pk}/"))

    reachable("/broken")
    admin.post(f"{HOME}{hook.pk}/test/")
    page = text(admin.get(f"{HOME}{hook.pk}/"))
    assert "It was not taken: it answered 500." in page
    assert "It has taken nothing since" in page


@pytest.fixture
def dead(hook, now):
    """So many deliveries that were given up."""

    def made(count):
        rows = [
            Delivery(
                webhook=hook,
                news="credential.leaked",
                key=f"k{n}",
                body="{}",
                told_at=now - timedelta(days=3),
                due_at=now - timedelta(days=1),
                dead_at=now - timedelta(days=1),
                attempts=9,
                error="it answered 503",
            )
            for n in range(count)
        ]
        return Delivery.objects.bulk_create(rows)

    return made


def test_what_was_given_up_is_listed_and_can_be_sent_again(admin, hook, reachable, dead):
    (one,) = dead(1)
    page = text(admin.get(f"{HOME}{hook.pk}/?show=dead"))
    assert "it answered 503" in page
    assert 'aria-label="Send credential.leaked again"' in page

    for _ in range(2):
        admin.post(f"{HOME}{hook.pk}/deliveries/{one.pk}/send/")
        assert "It was taken." in text(admin.get(f"{HOME}{hook.pk}/"))
    assert "Nothing was given up" in text(admin.get(f"{HOME}{hook.pk}/?show=dead"))


def test_a_thousand_that_were_given_up_are_sent_again_by_one_button(admin, hook, dead, django_assert_max_num_queries):
    dead(1_000)
    with django_assert_max_num_queries(20):
        admin.post(f"{HOME}{hook.pk}/deliveries/send/")

    assert Delivery.objects.waiting().count() == 1_000
    assert "1000 are sent again within a minute." in text(admin.get(f"{HOME}{hook.pk}/"))
    admin.post(f"{HOME}{hook.pk}/deliveries/send/")
    assert "Nothing was left to be sent again." in text(admin.get(f"{HOME}{hook.pk}/"))


def test_it_is_disabled_and_enabled_again(admin, hook):
    admin.post(f"{HOME}{hook.pk}/switch/", {"to": "off"})
    assert "Send a test" not in text(admin.get(f"{HOME}{hook.pk}/")).partition("Deliveries")[0]
    admin.post(f"{HOME}{hook.pk}/switch/", {"to": "on"})

    assert not Webhook.objects.get().disabled_at


def test_a_new_secret_is_shown_once_and_the_old_one_signs_on(admin, hook):
    answer = admin.post(f"{HOME}{hook.pk}/rotate/")

    assert answer.context["secret"] in text(answer)
    assert "signs too until" in text(answer)


def test_a_form_sent_twice_makes_one_and_shows_the_same_secret(admin):
    answers = [admin.post(f"{HOME}new/", FORM | {"nonce": "a" * 32}) for _ in range(2)]

    assert answers[0].context["secret"] == answers[1].context["secret"]
    assert Webhook.objects.count() == 1
    other = admin.post(f"{HOME}new/", FORM | {"nonce": "a" * 32, "name": "another"})
    assert other.status_code == 422


@pytest.mark.parametrize("nonce", ["\0", "b" * 65])
def test_a_nonce_that_no_form_sends_rotates_nothing(nonce, admin, hook):
    before = bytes(hook.secret)

    assert admin.post(f"{HOME}{hook.pk}/rotate/", {"nonce": nonce}).status_code == 303

    hook.refresh_from_db()
    assert bytes(hook.secret) == before


def test_a_button_pressed_twice_replaces_the_secret_once(admin, hook):
    before = bytes(hook.secret)
    answers = [admin.post(f"{HOME}{hook.pk}/rotate/", {"nonce": "b" * 32}) for _ in range(2)]

    assert answers[0].context["secret"] == answers[1].context["secret"]
    assert bytes(Webhook.objects.get().previous_secret) == before


def test_it_is_deleted_with_what_waits(admin, hook, alice, actor_of):
    webhooks.test(hook.pk, by=actor_of(alice))
    assert "1 delivery that waits is never sent." in text(admin.get(f"{HOME}{hook.pk}/delete/"))
    assert admin.post(f"{HOME}{hook.pk}/delete/").headers["Location"] == HOME

    assert not Webhook.objects.exists()


def test_the_list_asks_no_more_for_more(admin, alice, actor_of, hook, django_assert_max_num_queries):
    for n in range(5):
        webhooks.create(**(FORM | {"name": f"w{n}"}), by=actor_of(alice))
    admin.get(HOME)
    with django_assert_max_num_queries(8):
        admin.get(HOME)


def test_a_delivery_of_another_webhook_is_not_found(admin, hook, alice, actor_of):
    other = webhooks.create(**(FORM | {"name": "other"}), by=actor_of(alice)).webhook
    delivery = webhooks.test(other.pk, by=actor_of(alice))

    assert admin.post(f"{HOME}{hook.pk}/deliveries/{delivery.pk}/send/").status_code == 404


def test_the_menu_leads_there_for_those_who_may(admin, bob, client_of):
    assert f'href="{HOME}"' in text(admin.get("/members/"))
    assert f'href="{HOME}"' not in text(client_of(bob).get("/members/"))
