"""The pages of RUM applications: list, create, detail, edit, delete."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.organizations import in_organization
from console import rum_snippets
from console.forms.rum_applications import TYPES
from keys import client_tokens, limits, rotation, rum_applications
from keys.kinds import CLIENT_TOKEN, Track
from keys.models import ApplicationType, Credential, RumApplication
from keys.rotation import Overlap

pytestmark = pytest.mark.django_db

HOME = "/rum-applications/"


@pytest.fixture
def by(alice, actor_of):
    return actor_of(alice)


@pytest.fixture
def shop(by):
    return rum_applications.create(name="storefront-web", by=by)


@pytest.fixture
def token(shop):
    return shop.tokens.get().credential


def text(answer):
    return answer.content.decode()


def url(application, verb=""):
    return f"{HOME}{application.pk}/{verb}"


def test_the_list_shows_each_with_its_token_and_its_traffic(alice, shop, token, used, now, client_of):
    used(token, 12, ago=timedelta(hours=1))

    page = text(client_of(alice).get(HOME))

    assert f'href="{url(shop)}"' in page
    assert f'data-copy="{token.public_text}"' in page
    assert f"{token.public_text[:7]}…{token.last4}" in page
    assert 'aria-label="12 uses in 28 days, last' in page
    assert "Browser" in page


def test_an_empty_list_says_what_they_are_for(alice, bob, client_of):
    assert "No RUM application yet" in text(client_of(alice).get(HOME))
    assert "/rum-applications/new/" not in text(client_of(bob).get(HOME))


def test_search_finds_by_name_and_by_id_and_htmx_gets_the_table_alone(alice, shop, by, client_of):
    rum_applications.create(name="support-widget", by=by)
    client, headers = client_of(alice), {"HX-Request": "true", "HX-Target": "rum-application-table"}

    assert "support-widget" not in text(client.get(HOME + "?q=FRONT"))
    assert "storefront-web" in text(client.get(f"{HOME}?q={shop.pk}"))
    assert "Nothing matches." in text(client.get(HOME + "?q=%00unicorn"))
    assert text(client.get(HOME, headers=headers)).strip().startswith('<div class="card" id="rum-application-table">')


def test_many_cost_the_queries_of_one_and_come_page_by_page(alice, shop, by, later, client_of):
    client = client_of(alice)
    client.get(HOME)
    with CaptureQueriesContext(connection) as few:
        client.get(HOME)
    for number in range(55):
        rum_applications.create(name=f"app {number}", by=later(by, timedelta(minutes=1)))
    with CaptureQueriesContext(connection) as many:
        page = text(client.get(HOME))

    assert len(many) == len(few)
    assert "storefront-web" not in page
    following = re.search(r'rel="next" href="(\?after=[^"]+)"', page)[1]
    assert "storefront-web" in text(client.get(HOME + following))


def test_a_new_one_lands_on_its_page_with_the_lines_to_copy(alice, client_of):
    client = client_of(alice)
    answer = client.post(HOME + "new/", {"name": "shop", "type": "ios", "nonce": "n"})

    made = RumApplication.objects.with_tokens().get()
    page = text(client.get(answer.headers["Location"]))
    assert (answer.status_code, answer.headers["Location"]) == (303, url(made))
    assert (made.name, made.type) == ("shop", "ios")
    assert "shop is ready" in page
    assert page.count(f"clientToken: &#x27;{made.token.public_text}&#x27;") == 4
    assert f"applicationId: &#x27;{made.pk}&#x27;" in page
    assert "proxy: ({path, parameters}) =&gt; `http://testserver${path}?${parameters}`" in page


def test_the_form_begins_with_a_browser(alice, client_of):
    assert '<option value="browser" selected>Browser</option>' in text(client_of(alice).get(HOME + "new/"))


def test_sending_the_form_twice_makes_one(alice, client_of):
    client, fields = client_of(alice), {"name": "shop", "type": "browser", "nonce": "twice"}

    answers = [client.post(HOME + "new/", fields) for _ in range(2)]
    other = client.post(HOME + "new/", fields | {"name": "another"})

    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert other.status_code == 422
    assert "was sent before" in text(other)
    assert RumApplication.objects.count() == 1


def test_where_client_tokens_are_switched_off_the_form_says_so_and_makes_none(alice, acme, sam, actor_of, client_of):
    limits.switch(CLIENT_TOKEN, on=False, reason="the trial is over", by=in_organization(actor_of(sam), acme))
    client = client_of(alice)

    answer = client.post(HOME + "new/", {"name": "shop", "type": "browser"})

    assert "switched off for this organization." in text(client.get(HOME + "new/"))
    assert (answer.status_code, RumApplication.objects.count()) == (422, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " "),
        ("name", "a" * 129),
        ("name", "a" * 10_000),
        ("name", "nul\0"),
        ("name", "bidi\u202e"),
        ("type", "toaster"),
        ("type", ""),
    ],
)
@pytest.mark.parametrize("verb", ["new/", "{pk}/edit/"])
def test_bad_input_is_refused_at_its_field_and_nothing_is_lost(verb, field, value, alice, shop, client_of):
    fields = {"name": "kept as typed", "type": "roku"}

    answer = client_of(alice).post(HOME + verb.format(pk=shop.pk), fields | {field: value})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert ("kept as typed" if field == "type" else 'value="roku" selected') in text(answer)
    assert list(RumApplication.objects.values_list("name", flat=True)) == ["storefront-web"]


def test_detail_lists_its_tokens_and_what_each_may(alice, shop, token, by, client_of):
    origins = ["https://shop.example.com", "https://help.example.com"]
    client_tokens.set_use(token.pk, application_id=shop.pk, sends=[Track.RUM], origins=origins, by=by)

    page = text(client_of(alice).get(url(shop)))

    assert f'href="/apis/client-tokens/{token.pk}/"' in page
    assert "from https://shop.example.com +1" in page
    assert "RUM events" in page
    assert "created the RUM application" in page


def test_many_tokens_cost_the_queries_of_one(alice, shop, token, by, client_of):
    client = client_of(alice)
    client.get(url(shop))
    with CaptureQueriesContext(connection) as few:
        client.get(url(shop))
    for _ in range(20):
        token = rotation.rotate(token.pk, overlap=Overlap.NOW, by=by).credential
    with CaptureQueriesContext(connection) as many:
        client.get(url(shop))

    assert len(many) == len(few)


def test_the_newest_token_is_the_one_to_copy_and_without_one_it_says_so(alice, shop, token, by, client_of):
    client = client_of(alice)
    client.post(f"/apis/client-tokens/{token.pk}/revoke/")

    page = text(client.get(url(shop)))

    assert "Every client token of it is revoked" in page
    assert "clientToken: &#x27;\\u003cclient token&gt;&#x27;" in page or "client token&gt;&#x27;" in page


def test_a_name_cannot_leave_its_place_in_a_snippet(shop):
    pages = rum_snippets.Pages(shop.pk, "pub", "a'</script>\\\"b", "x")

    assert "service: 'a\\'\\u003c/script>\\\\\"b'," in pages.rum()


def test_editing_changes_name_and_type(alice, shop, client_of):
    client = client_of(alice)
    assert 'value="storefront-web"' in text(client.get(url(shop, "edit/")))

    answer = client.post(url(shop, "edit/"), {"name": "shop", "type": "electron"})

    shop.refresh_from_db()
    assert (answer.status_code, shop.name, shop.type) == (303, "shop", "electron")


def test_deleting_names_what_ends_and_what_that_stops(alice, shop, token, used, client_of):
    used(token, 48, ago=timedelta(hours=2))
    client = client_of(alice)

    page = text(client.get(url(shop, "delete/")))
    answer = client.post(url(shop, "delete/"))

    assert "This stops about 2 requests an hour from storefront-web." in page
    assert f"<b>storefront-web</b> <code>••••{token.last4}</code>" in page
    assert (answer.status_code, answer.headers["Location"]) == (303, HOME)
    assert not Credential.objects.live().exists()
    assert client.get(url(shop)).status_code == 404
    assert client.post(url(shop, "delete/")).status_code == 303


def test_deleting_what_nobody_uses_says_that_nothing_stops(alice, shop, client_of):
    assert "Nothing was sent with it in the last 24 hours." in text(client_of(alice).get(url(shop, "delete/")))


def test_readers_see_and_do_not_change(bob, vera, shop, token, client_of):
    for member in (bob, vera):
        client = client_of(member)
        page = text(client.get(url(shop)))
        assert "You can view, not change." in page
        assert (f"/apis/client-tokens/{token.pk}/" in page) == (member is vera)
        for path in (HOME + "new/", url(shop, "edit/"), url(shop, "delete/")):
            assert (client.get(path).status_code, client.post(path).status_code) == (403, 403)


@pytest.mark.parametrize("verb", ["", "edit/", "delete/"])
def test_a_strangers_and_a_forged_one_do_not_exist(verb, alice, charlie, shop, client_of):
    assert client_of(charlie).get(url(shop, verb)).status_code == 404
    assert client_of(alice).get(f"{HOME}{uuid.uuid4()}/{verb}").status_code == 404
    if verb:
        assert client_of(charlie).post(url(shop, verb), {"name": "x", "type": "ios"}).status_code == 404


def test_every_type_has_its_word():
    assert set(TYPES) == set(ApplicationType)
