"""The pages of Integration → APIs, for all five kinds at once where they share it."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.organizations import in_organization
from audit.models import AuditEvent
from keys import limits
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS, PERSONAL_ACCESS_TOKEN, Owner, Rule
from keys.models import Credential, Limit
from tests.copies import multiply

pytestmark = pytest.mark.django_db


@pytest.fixture(params=KINDS, ids=str)
def kind(request, robot):
    return request.param


def fields_for(kind, alice, robot, **more):
    """A form that creates one of the kind."""
    fields = {"name": "payments", "nonce": "a nonce nobody guesses"}
    if not kind.belongs_to_organization:
        fields["owner"] = str(alice.pk if Owner.MEMBER in kind.owners else robot.pk)
    if kind.scopes is not Rule.NONE:
        fields["scopes"] = ["dashboards_read"]
    if kind.expiry is not Rule.NONE:
        fields["expires"] = "30"
    return fields | more


def create(client, kind, fields):
    return client.post(f"/apis/{kind.slug}/new/", fields)


def test_creating_shows_the_secret_once_and_is_never_stored_on_the_way(kind, alice, robot, client_of):
    client = client_of(alice)

    answer = create(client, kind, fields_for(kind, alice, robot))

    text = re.search(r'id="issued-text"[^>]*>([^<]+)<', answer.content.decode())[1]
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert text.endswith(Credential.objects.get().last4)
    shown_later = client.get("/apis/").content.decode() + client.get(f"/apis/{kind.slug}/").content.decode()
    assert (text in shown_later) == (kind is CLIENT_TOKEN)
    assert text not in str(dict(client.session))


def test_sending_the_form_again_creates_nothing_and_shows_the_same_secret(kind, alice, robot, client_of):
    client, fields = client_of(alice), fields_for(kind, alice, robot)

    texts = {
        re.search(r'id="issued-text"[^>]*>([^<]+)<', create(client, kind, fields).content.decode())[1] for _ in range(2)
    }

    assert len(texts) == 1
    assert Credential.objects.count() == 1


@pytest.mark.parametrize("name", ["", " ", "x" * 129, "x" * 200_000, "a\0b", "a\u202eb", "\ud800"])
def test_a_bad_name_is_refused_at_the_field_and_nothing_is_lost(kind, name, alice, robot, client_of):
    fields = fields_for(kind, alice, robot, name=name.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    if name == "\ud800":
        fields["name"] = "\ufffe"

    answer = create(client_of(alice), kind, fields)

    assert answer.status_code == 422
    assert "name-error" in answer.content.decode()
    assert not Credential.objects.exists()


def test_a_taken_name_is_refused_with_one_that_is_free(kind, alice, robot, client_of, issue):
    issue(kind, alice, name="Payments")

    answer = create(client_of(alice), kind, fields_for(kind, alice, robot))

    assert answer.status_code == 422
    assert "payments-2" in answer.content.decode()


@pytest.mark.parametrize("scope", ["dashboards_fly", "admin", "' OR 1=1", "dashboards_read\0"])
def test_an_unknown_scope_is_refused_at_the_field(scope, alice, robot, client_of):
    answer = create(client_of(alice), APPLICATION_KEY, fields_for(APPLICATION_KEY, alice, robot, scopes=[scope]))

    assert answer.status_code == 422
    assert "scopes-error" in answer.content.decode()


@pytest.mark.parametrize("day", ["1999-01-01", "9999-12-31", "0001-01-01", "tomorrow", ""])
def test_an_impossible_date_is_refused_at_the_field(day, alice, robot, client_of):
    fields = fields_for(PERSONAL_ACCESS_TOKEN, alice, robot, expires="date", expires_on=day)

    answer = create(client_of(alice), PERSONAL_ACCESS_TOKEN, fields)

    assert answer.status_code == 422
    assert 'id="expires-error"' in answer.content.decode()


def test_somebody_elses_organisation_cannot_own_it(alice, charlie, robot, client_of):
    fields = fields_for(APPLICATION_KEY, alice, robot, owner=str(charlie.pk))

    answer = create(client_of(alice), APPLICATION_KEY, fields)

    assert answer.status_code == 422
    assert not Credential.objects.exists()


def test_the_form_can_be_filled_in_by_a_link(alice, client_of):
    page = client_of(alice).get("/apis/application-keys/new/?name=ci&scopes=monitors_read,monitors_write")

    assert 'value="ci"' in page.content.decode()
    assert page.content.decode().count(" checked") >= 3


def test_a_preset_ticks_what_the_owner_has_and_creates_nothing(camille, client_of):
    fields = {"name": "ci", "owner": str(camille.pk), "preset": "ci"}

    page = client_of(camille).post("/apis/application-keys/new/", fields)

    assert page.status_code == 200
    assert re.search(r'value="monitors_write"[^>]* checked', page.content.decode())
    assert not Credential.objects.exists()


def test_renaming_and_revoking_go_back_to_where_they_show(kind, alice, client_of, issue):
    issue(API_KEY, alice, name="the one that stays")
    row, client = issue(kind, alice).credential, client_of(alice)
    place = f"/apis/{kind.slug}/{row.pk}/"

    renamed = client.post(f"{place}rename/", {"name": "renamed"})
    revoked = client.post(f"{place}revoke/", {"reason": "no longer needed"})

    assert renamed.status_code == revoked.status_code == 303
    row.refresh_from_db()
    assert row.name == "renamed"
    assert row.revoked_at
    assert AuditEvent.objects.filter(reason="no longer needed").exists()


def test_revoking_twice_says_so_and_changes_nothing(kind, alice, client_of, issue):
    issue(API_KEY, alice, name="the one that stays")
    row, client = issue(kind, alice).credential, client_of(alice)
    place = f"/apis/{kind.slug}/{row.pk}/revoke/"
    client.post(place)

    answer = client.post(place)

    assert answer.status_code == 409
    assert "revoked already" in answer.content.decode()


def test_the_last_api_keys_button_is_disabled_with_the_reason(alice, client_of, issue):
    row = issue(API_KEY, alice).credential
    client = client_of(alice)

    page = client.get("/apis/").content.decode()

    assert "The last API key stays" in page
    assert client.post(f"/apis/api-keys/{row.pk}/revoke/").status_code == 409


def test_htmx_gets_the_name_cell_alone(kind, alice, client_of, issue):
    row, client = issue(kind, alice).credential, client_of(alice)
    place = f"/apis/{kind.slug}/{row.pk}/rename/"

    form = client.get(place, headers={"HX-Request": "true"}).content.decode()
    cell = client.post(place, {"name": "renamed"}, headers={"HX-Request": "true"}).content.decode()
    refused = client.post(place, {"name": " "}, headers={"HX-Request": "true"})

    assert form.strip().startswith("<form")
    assert "renamed" in cell
    assert "<html" not in form + cell
    assert refused.status_code == 422


def test_a_switched_off_kind_explains_itself_and_cannot_be_created(alice, sam, client_of, actor_of, issue, globex):
    from_support = actor_of(sam)
    issue(CLIENT_TOKEN, alice)
    limits.switch(CLIENT_TOKEN, on=False, reason="beta over", by=in_organization(from_support, alice.organization))
    client = client_of(alice)

    page = client.get("/apis/").content.decode()
    refused = client.post("/apis/client-tokens/new/", {"name": "another"})

    assert "private beta" in page
    assert refused.status_code == 422
    assert Credential.objects.count() == 1


def test_the_list_can_be_searched_filtered_and_paged(alice, client_of, issue, now, later, actor_of):
    for number in range(53):
        when = later(actor_of(alice), timedelta(days=-number))
        issue(APPLICATION_KEY, alice, name=f"key {number:02}", scopes=["dashboards_read"], actor=when)
    client = client_of(alice)

    first = client.get("/apis/application-keys/?sort=name").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = client.get(f"/apis/application-keys/{following}").content.decode()
    found = client.get("/apis/application-keys/?q=key+07").content.decode()
    overdue = client.get("/apis/application-keys/?state=overdue").content.decode()

    assert first.count('id="row-') == 50
    assert second.count('id="row-') == 3
    assert found.count('id="row-') == 1
    assert "Nothing matches" in overdue


@pytest.mark.parametrize("cursor", ["nonsense", "~", "\0~\0", "2026-01-01~x", "x" * 5000, "9999-99-99~1"])
def test_a_forged_cursor_shows_the_first_page(cursor, alice, client_of, issue):
    issue(API_KEY, alice)

    page = client_of(alice).get("/apis/api-keys/", {"after": cursor})

    assert page.status_code == 200
    assert 'id="row-' in page.content.decode()


def test_ten_times_the_keys_cost_the_same_number_of_queries(alice, client_of, issue):
    client = client_of(alice)
    counts = []
    for start in (0, 5):
        for number in range(start, start + 5 + start * 8):
            issue(APPLICATION_KEY, alice, name=f"key {number}", scopes=["dashboards_read"])
        for path in ("/apis/", "/apis/application-keys/"):
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            counts.append(len(queries))

    assert counts[:2] == counts[2:]
    assert max(counts) <= 30


def test_ten_thousand_keys_cost_no_more_queries_than_one(alice, client_of, issue):
    client, first = client_of(alice), issue(APPLICATION_KEY, alice, name="key", scopes=["dashboards_read"]).credential
    paths = ("/apis/", "/apis/application-keys/", "/apis/application-keys/?q=key&sort=name")

    def queries():
        counts = []
        for path in paths:
            with CaptureQueriesContext(connection) as seen:
                client.get(path)
            counts.append(len(seen))
        return counts

    before = queries()
    Limit.objects.update(maximum=20_000)
    multiply(first, 9_999, name="'key ' || n", name_key="'key ' || n", fingerprint="{bytes}")

    assert queries() == before
    assert Limit.objects.get(kind=APPLICATION_KEY).live == 10_000


def test_the_export_holds_no_secret_and_no_formula_and_is_recorded(kind, alice, client_of, issue):
    secret = issue(kind, alice, name="=HYPERLINK(1)").secret

    answer = client_of(alice).get("/apis/export.csv")

    text = b"".join(answer.streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert secret.text not in text
    assert rows[0]["name"] == "'=HYPERLINK(1)"
    assert AuditEvent.objects.filter(event="credentials.exported").count() == 1


def test_the_auditor_sees_every_kind_and_no_way_to_change_one(kind, alice, vera, client_of, issue):
    row = issue(kind, alice).credential
    client = client_of(vera)

    page = client.get(f"/apis/{kind.slug}/{row.pk}/").content.decode()

    assert "You can view, not change." in page
    assert "/revoke/" not in page
    assert client.post(f"/apis/{kind.slug}/{row.pk}/revoke/").status_code == 403
    assert client.post(f"/apis/{kind.slug}/new/", {"name": "x"}).status_code == 403


def test_a_search_that_finds_nothing_takes_no_rights_away(alice, client_of):
    page = client_of(alice).get("/apis/?q=nowhere").content.decode()

    assert "Nothing matches." in page
    assert "You can view, not change." not in page


def test_the_strip_names_the_three_worst_and_leads_to_the_others(alice, client_of, issue, actor_of, later):
    issue(APPLICATION_KEY, alice, name="wide open", scopes=None)
    issue(API_KEY, alice, name="old", actor=later(actor_of(alice), timedelta(days=-91)))
    issue(PERSONAL_ACCESS_TOKEN, alice, expires_at=actor_of(alice).now + timedelta(days=3))
    issue(APPLICATION_KEY, alice, name="calm", scopes=["dashboards_read"])
    client, worst = client_of(alice), ["expires within 7 days", "is overdue for rotation", "has no known owner"]

    page, whole = (client.get(path).content.decode() for path in ("/apis/", "/apis/?state=attention"))

    assert re.findall(r"<b>1</b> ([^<]+)<", page) == worst
    assert '<a class="f" href="/apis/?state=attention"><span><b>3</b> in all</span></a>' in page
    assert re.findall(r"<b>1</b> ([^<]+)<", whole) == [*worst, "has all of its owner’s access", "unused for 90 days"]
    assert "in all<" not in whole
    assert set(re.findall(r'class="name".*?title="([^"]+)"', whole, re.DOTALL)) >= {"wide open", "old"}
    assert "calm" not in whole
