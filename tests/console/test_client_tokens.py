"""What a client token may be used for, and what stops with it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from keys import client_tokens, rum_applications
from keys.kinds import API_KEY, CLIENT_TOKEN, Track
from keys.models import ClientTokenUse

pytestmark = pytest.mark.django_db

HOME = "/apis/client-tokens/"
SENDING = {"sends": ["logs"], "origins": ""}


@pytest.fixture
def by(alice, actor_of):
    return actor_of(alice)


@pytest.fixture
def token(alice, issue):
    return issue(CLIENT_TOKEN, alice, name="storefront-web").credential


@pytest.fixture
def shop(by):
    return rum_applications.create(name="Shop", by=by)


def text(answer):
    return answer.content.decode()


def url(token, verb=""):
    return f"{HOME}{token.pk}/{verb}"


def test_lists_and_detail_say_whose_pages_carry_it_and_what_it_may_send(alice, shop, by, client_of):
    token = shop.tokens.get().credential
    client_tokens.set_use(token.pk, application_id=shop.pk, sends=[Track.RUM], origins=["https://a.example"], by=by)
    client = client_of(alice)

    for path in ("/apis/", HOME):
        row = text(client.get(path)).partition(f'id="row-{token.pk}"')[2].partition("</tr>")[0]
        assert "RUM events" in row
        assert '<div class="sub">Shop' in row.replace("\n", "")
    detail = text(client.get(url(token)))
    assert f'<a href="/rum-applications/{shop.pk}/">Shop</a>' in detail
    assert "<code>https://a.example</code>" in detail


def test_one_that_stands_alone_says_so(alice, token, client_of):
    detail = text(client_of(alice).get(url(token)))

    assert "No application" in detail
    assert "it may be used from everywhere" in detail


@pytest.mark.parametrize("path", ["/apis/", HOME])
def test_many_cost_the_queries_of_one(path, alice, shop, by, client_of):
    client = client_of(alice)
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for number in range(4):
        rum_applications.create(name=f"app {number}", by=by)
    with CaptureQueriesContext(connection) as many:
        client.get(path)

    assert len(many) == len(few)


def test_its_use_is_changed_and_recorded(alice, token, shop, client_of):
    client = client_of(alice)
    fields = {"application": str(shop.pk), "sends": ["rum"], "origins": "https://A.example/\r\n\r\nhttps://*.b.example"}

    answer = client.post(url(token, "use/"), fields)
    form = text(client.get(url(token, "use/")))

    use = ClientTokenUse.objects.get(pk=token.pk)
    assert (answer.status_code, answer.headers["Location"]) == (303, url(token))
    assert (use.application_id, use.sends, use.origins) == (
        shop.pk,
        ["rum"],
        ["https://a.example", "https://*.b.example"],
    )
    assert f'<option value="{shop.pk}" selected>Shop</option>' in form
    assert "https://a.example\nhttps://*.b.example</textarea>" in form
    assert AuditEvent.objects.filter(event="client_token.use_changed").exists()


def test_it_can_leave_its_application(alice, shop, client_of):
    token = shop.tokens.get().credential

    client_of(alice).post(url(token, "use/"), SENDING | {"application": ""})

    assert ClientTokenUse.objects.get(pk=token.pk).application is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sends", []),
        ("sends", ["agent"]),
        ("sends", ["everything"]),
        ("origins", "shop.example.com"),
        ("origins", "https://shop.example.com/path"),
        ("origins", "javascript:alert(1)"),
        ("origins", "https://a.example\0"),
        ("origins", "\n".join(f"https://{number}.example" for number in range(51))),
        ("origins", "x" * 30_000),
        ("application", "unicorn"),
        ("application", "11111111-1111-1111-1111-111111111111"),
    ],
)
def test_bad_input_is_refused_at_its_field_and_nothing_is_lost(field, value, alice, token, client_of):
    fields = SENDING | {"sends": ["logs", "rum"], "origins": "https://kept.example"}

    answer = client_of(alice).post(url(token, "use/"), fields | {field: value})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert field == "origins" or "https://kept.example</textarea>" in text(answer)
    assert field == "sends" or text(answer).count(" checked") == 2
    assert not ClientTokenUse.objects.filter(pk=token.pk).exists()


def test_another_organisations_application_cannot_carry_it(alice, charlie, token, actor_of, client_of):
    theirs = rum_applications.create(name="theirs", by=actor_of(charlie))

    answer = client_of(alice).post(url(token, "use/"), SENDING | {"application": str(theirs.pk)})

    assert answer.status_code == 422
    assert "Choose an application from the list." in text(answer)


def test_the_use_of_a_revoked_one_is_not_changed(alice, token, client_of):
    client = client_of(alice)
    client.post(url(token, "revoke/"))

    answer = client.post(url(token, "use/"), SENDING)

    assert answer.status_code == 422
    assert "was revoked already" in text(answer)


def test_revoking_names_what_stops(alice, token, shop, used, client_of):
    used(token, 30, ago=timedelta(hours=3))
    used(shop.tokens.get().credential, 24_000)
    used(token, 900, ago=timedelta(hours=30))
    client = client_of(alice)
    headers = {"HX-Request": "true", "HX-Target": "revoke-dialog"}

    alone = text(client.get(url(token, "revoke/"), headers=headers))
    carried = text(client.get(url(shop.tokens.get().credential, "revoke/")))

    assert "This stops about 2 requests an hour from curl, 192.0.2.0/24." in alone
    assert "This stops about 1,000 requests an hour from Shop." in carried


def test_revoking_an_api_key_names_no_pages(alice, issue, client_of):
    issue(API_KEY, alice, name="stays")
    key = issue(API_KEY, alice).credential

    assert "requests an hour" not in text(client_of(alice).get(f"/apis/api-keys/{key.pk}/revoke/"))


def test_readers_see_its_use_and_do_not_change_it(vera, bob, charlie, token, client_of):
    assert url(token, "use/") not in text(client_of(vera).get(url(token)))
    place = url(token, "use/")
    for member, status in ((vera, 403), (bob, 404), (charlie, 404)):
        client = client_of(member)
        assert (client.get(place).status_code, client.post(place).status_code) == (status, status)


def test_other_kinds_have_no_such_page(alice, issue, client_of):
    key, client = issue(API_KEY, alice).credential, client_of(alice)

    assert client.post(f"/apis/api-keys/{key.pk}/use/").status_code == 404
    assert client.get(f"/apis/api-keys/{key.pk}/use/").status_code == 404


def test_the_snippet_of_a_new_one_reaches_the_intake(alice, client_of):
    page = text(client_of(alice).post(HOME + "new/", {"name": "web"}))

    assert "proxy: ({path, parameters}) =&gt; `http://testserver${path}?${parameters}`" in page
