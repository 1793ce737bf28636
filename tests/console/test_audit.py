"""The audit trail's page and its export."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.organizations import by_itself
from accounts.refusals import NotAllowed
from api import authentication
from audit.models import AuditEvent
from console.templatetags.trail import known_by
from keys import editing, lifecycle
from keys.kinds import API_KEY, PERSONAL_ACCESS_TOKEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def renamed(alice, issue, actor_of):
    made = issue(API_KEY, alice, name="payments")
    editing.rename(made.credential.id, name="payments-k8s", by=actor_of(alice))
    return made


def trail(client, query="", **headers):
    answer = client.get(f"/audit/{query}", headers=headers)
    return answer.status_code, answer.content.decode()


def test_an_auditor_reads_what_happened_from_the_newest_back(renamed, vera, client_of):
    _status, page = trail(client_of(vera))

    assert page.index("renamed payments-k8s") < page.index("created payments")
    assert "<del>payments</del>" in page
    assert "<ins>payments-k8s</ins>" in page


def test_the_page_never_holds_a_secret(renamed, vera, client_of):
    assert renamed.secret.text not in trail(client_of(vera))[1]


@pytest.mark.parametrize("who", ["bob", "camille"])
def test_who_may_not_read_it_is_refused(who, request, client_of):
    client = client_of(request.getfixturevalue(who))

    assert client.get("/audit/").status_code == client.get("/audit/export.csv").status_code == 403


def test_it_takes_nothing_but_reading(vera, client_of):
    client = client_of(vera)

    assert {client.post("/audit/").status_code, client.delete("/audit/export.csv").status_code} == {405}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?actor=alice", True),
        ("?actor=mallory", False),
        ("?event=credential.renamed", True),
        ("?event=credential.revoked", False),
        ("?target=k8s", True),
        ("?target=%25", False),
        ("?since=2001-01-01&until=2001-12-31", False),
        ("?actor=&event=&target=&since=&until=", True),
    ],
)
def test_filters_narrow(query, found, renamed, alice, client_of):
    status, page = trail(client_of(alice), query)

    assert status == 200
    assert ("renamed payments-k8s" in page) is found
    assert ("Nothing matches." in page) is not found


def test_days_are_those_of_the_reader_and_both_count(renamed, vera, client_of):
    today = timezone.localdate().isoformat()

    assert "renamed payments-k8s" in trail(client_of(vera), f"?since={today}&until={today}")[1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("since", "yesterday"),
        ("since", "0001-01-01"),
        ("until", "9999-12-31"),
        ("until", "2026-02-30"),
        ("since", "%00"),
        ("event", "no.such"),
        ("actor", "nul%00"),
        ("target", "x" * 321),
    ],
)
def test_nonsense_is_named_at_its_field(field, value, vera, client_of):
    status, page = trail(client_of(vera), f"?{field}={value}")

    assert status == 422
    assert f'id="id_{field}_error"' in page
    assert client_of(vera).get(f"/audit/export.csv?{field}={value}").status_code == 422


def test_an_end_before_the_beginning_is_named(vera, client_of):
    status, page = trail(client_of(vera), "?since=2026-02-01&until=2026-01-01")

    assert status == 422
    assert "not before the first" in page


@pytest.mark.parametrize(
    "cursor", ["after=x", "after=~", "before=9~9", f"after={'9' * 40}~1", "after=%00~1", "before="]
)
def test_a_forged_cursor_gives_a_page(cursor, renamed, vera, client_of):
    assert trail(client_of(vera), f"?{cursor}")[0] == 200


def test_typing_replaces_the_list_alone(renamed, vera, client_of):
    headers = {"HX-Request": "true", "HX-Target": "audit-table"}

    _status, fragment = trail(client_of(vera), "?actor=alice", **headers)

    assert fragment.strip().startswith("<section")
    assert "<html" not in fragment
    assert "renamed payments-k8s" in fragment


def test_a_long_trail_is_paged_at_a_constant_price(alice, vera, issue, actor_of, client_of):
    made = issue(API_KEY, alice)
    for number in range(60):
        editing.rename(made.credential.id, name=f"name number {number}", by=actor_of(alice))
    client = client_of(vera)

    with CaptureQueriesContext(connection) as queries:
        first = trail(client)[1]

    assert len(queries) <= 8
    assert first.count("<details") == 50
    second = client.get("/audit/" + first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&"))
    assert second.content.decode().count("<details") == 11


def test_others_see_nothing_of_it(renamed, charlie, client_of):
    status, page = trail(client_of(charlie), f"?target={renamed.credential.pk}")

    assert status == 200
    assert "payments" not in page.split('id="audit-table"')[1]


def test_what_people_typed_stays_text(alice, issue, vera, client_of):
    issue(API_KEY, alice, name="<script>alert(1)</script>")

    page = trail(client_of(vera))[1]

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_export_holds_what_the_filters_hold_and_is_itself_recorded(renamed, vera, client_of):
    answer = client_of(vera).get("/audit/export.csv?event=credential.renamed")

    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode().removeprefix("\ufeff"))))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [row["event"] for row in rows] == ["credential.renamed"]
    recorded = AuditEvent.objects.get(event="audit.exported")
    assert (recorded.actor_label, recorded.changes) == ("Vera Auditor", {"event": "credential.renamed"})


def test_what_was_refused_is_not_told_as_done(renamed, alice, actor_of, client_of):
    with pytest.raises(NotAllowed):
        lifecycle.revoke(renamed.credential.id, by=actor_of(alice))

    assert "revoked" not in trail(client_of(alice))[1].split('id="audit-table"')[1]


def test_times_are_said_in_the_readers_zone(renamed, vera, client_of, now):
    vera.person.time_zone = "Asia/Tokyo"
    vera.person.save()

    page = trail(client_of(vera))[1]

    assert (now + timedelta(hours=9)).strftime("%H:%M JST") in page


def test_what_was_done_by_a_credential_leads_to_it(alice, issue, client_of, actor_of):
    made = issue(PERSONAL_ACCESS_TOKEN, alice, name="by hand").credential
    by = replace(actor_of(alice), auth_method="Personal Access Token", auth_id=str(made.pk))
    editing.rename(made.pk, name="by token", by=by)
    client = client_of(alice)

    page = client.get("/audit/").content.decode()

    assert "a personal access token" in page
    assert f'href="/apis/?q={made.pk}"' in page
    assert "by token" in client.get(f"/apis/?q={made.pk}").content.decode()


def test_however_somebody_was_known_it_is_said_in_words(acme, now):
    methods = {"SESSION", "NONE", "COMMAND", by_itself(acme, now=now).auth_method, *authentication.METHODS.values()}

    assert [method for method in methods if known_by(method) == method] == []
