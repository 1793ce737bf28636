"""How often credentials are used: in the lists, on a page of each credential and on one of the organisation."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from console import charts
from console.organization import usage
from console.templatetags.usage import LABELS
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS
from keys.models import Credential
from keys.usage import periods
from keys.verification import Outcome

pytestmark = pytest.mark.django_db

LISTS = ("/apis/", "/apis/{kind}/")


@pytest.fixture(params=KINDS, ids=str)
def kind(request, robot):
    return request.param


@pytest.fixture
def key(alice, issue):
    return issue(API_KEY, alice, name="the key").credential


def address(credential, more=""):
    return f"/apis/{credential.kind.slug}/{credential.pk}/usage/{more}"


def text_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return re.sub(r"\s+", " ", answer.content.decode())


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode().removeprefix("\ufeff"))))


@pytest.mark.parametrize("path", LISTS)
def test_every_row_says_how_often_and_from_where_it_was_used_last(path, kind, alice, client_of, issue, used):
    made = issue(kind, alice).credential
    used(made, 41_199, ago=timedelta(days=3))
    used(made, ago=timedelta(days=2))

    page = text_of(client_of(alice), path.format(kind=kind.slug))

    assert 'role="img" aria-label="41,200 uses in 28 days, last 2 days ago"' in page
    assert re.search(r"2 days ago</time></div> <div[^>]*>from curl, 192\.0\.2\.0/24<", page)


@pytest.mark.parametrize(("days", "words"), [(0, ""), (1, "1 day since creation"), (9, "9 days since creation")])
def test_a_row_that_was_never_used_says_so_with_its_age(days, words, alice, client_of, issue, actor_of, later):
    issue(API_KEY, alice, actor=later(actor_of(alice), -timedelta(days=days, minutes=1)))

    page = text_of(client_of(alice), "/apis/api-keys/")

    assert "No uses in 28 days" in page
    assert re.findall(r"<div>Never used</div> (?:<div class=\"sub\">([^<]*)</div>)?", page) == [words]


def test_the_page_of_a_credential_tells_its_numbers(kind, alice, client_of, issue, used):
    made = issue(kind, alice).credential
    used(made, 1234, client="agent")
    used(made, 56, outcome=Outcome.MISSING_SCOPE, ago=timedelta(days=1), network="2001:db8::/48")

    page = text_of(client_of(alice), address(made))

    assert "Uses: 1,234. Refused: 56." in page
    assert re.search(r"Scope missing</th><td[^>]*>56</td><td[^>]*>4%<", page)
    assert re.search(r'agent<div.*?<td data-c="num">1,234</td> <td data-c="num">0</td> <td[^>]*>96%', page)
    assert "<code>2001:db8::/48</code>" in page
    assert "<code>/api/v2/series</code>" in page


def test_the_chart_is_a_table_too(key, alice, client_of, used, now):
    used(key, 12)

    page = text_of(client_of(alice), address(key, "?period=7d"))

    table = re.findall(
        r'<tr><th scope="row">([^<]+)</th><td data-c="num">(\d+)</td><td data-c="num">(\d+)</td></tr>', page
    )
    assert [row[1:] for row in table] == [("0", "0")] * 6 + [("12", "0")]
    assert table[-1][0] == f"{now.day} {now:%b}"
    assert not re.search(r"\sstyle=", page)


def test_the_detail_leads_to_the_usage_and_back(key, alice, client_of):
    client = client_of(alice)
    detail = f"/apis/api-keys/{key.pk}/"

    assert f'<a href="{detail}usage/">Usage</a>' in text_of(client, detail)
    assert f'<a href="{detail}">Details</a>' in text_of(client, f"{detail}usage/")


@pytest.mark.parametrize("period", periods.PERIODS, ids=lambda period: period.slug)
def test_the_period_that_is_shown_is_marked(period, key, alice, client_of, used):
    used(key)
    for path in (address(key), "/usage/"):
        page = text_of(client_of(alice), f"{path}?period={period.slug}")

        assert f'<a href="?period={period.slug}" aria-current="true">{usage.LABELS[period.slug]}</a>' in page
        assert len(re.findall(r"<title>[^<]+ · Uses:", page)) == period.length


@pytest.mark.parametrize("asked", ["", "period=", "period=28D", "period=%00", "period=1e9&period=%F0", "period[]=7d"])
def test_a_period_that_makes_no_sense_is_the_usual_one(asked, key, alice, client_of):
    for path in (address(key), "/usage/"):
        assert '<a href="?period=28d" aria-current="true">' in text_of(client_of(alice), f"{path}?{asked}")


def test_a_shared_key_is_said_to_be_one(key, alice, client_of, used):
    client = client_of(alice)
    used(key)
    alone = text_of(client, address(key))

    used(key, client="agent", network="203.0.113.0/24")

    words = "Used from 2 networks by 2 programs in this period: whoever shares it cannot be told apart."
    assert words in text_of(client, address(key))
    assert "cannot be told apart" not in alone


def test_what_everybody_may_read_is_meant_to_be_shared(alice, client_of, issue, used):
    token = issue(CLIENT_TOKEN, alice).credential
    for client in ("Firefox", "Chrome"):
        used(token, client=client)

    assert "cannot be told apart" not in text_of(client_of(alice), address(token))


@pytest.mark.parametrize("more", ["", "export.csv"])
def test_a_stranger_and_a_reader_find_no_usage(more, key, bob, charlie, client_of, used):
    used(key)

    assert client_of(charlie).get(address(key, more)).status_code == 404
    assert client_of(bob).get(address(key, more)).status_code == 404


def test_the_page_of_the_organisation_tells_its_numbers(key, vera, client_of, used):
    used(key, 9_000)
    used(None, 1_000, outcome=Outcome.UNKNOWN)

    page = text_of(client_of(vera), "/usage/")

    assert "Uses: 9,000. Refused: 1,000." in page
    assert re.search(rf'<a href="{address(key)}">the key</a>.*?9,000</td> <td[^>]*>0</td> <td[^>]*>90%', page)
    assert re.search(r"Unknown credentials<div.*?0</td> <td[^>]*>1,000</td> <td[^>]*>10%", page)
    assert re.search(r"Unknown credential</th><td[^>]*>1,000</td><td[^>]*>100%", page)


def test_a_reader_sees_how_much_but_not_of_what_nor_from_where(key, bob, client_of, used):
    used(key, 77, client="secret-agent", network="203.0.113.0/24")
    used(None, 8, outcome=Outcome.UNKNOWN, client="secret-agent")

    page = text_of(client_of(bob), "/usage/")

    assert "Uses: 77. Refused: 8." in page
    assert "Credentials that you may not see" in page
    assert not re.search(r"the key|secret-agent|203\.0\.113", page)


def test_another_organisations_usage_is_not_told(key, charlie, client_of, used):
    used(key, 77)

    assert "Nothing was counted in this period" in text_of(client_of(charlie), "/usage/")


def test_without_any_usage_the_pages_say_how_it_gets_here(key, alice, client_of):
    for path in ("/usage/", address(key)):
        page = text_of(client_of(alice), path)

        assert "asks /verify about each request" in page or "ask /verify about each request" in page
        assert "export.csv" not in page


@pytest.mark.parametrize(
    ("language", "number", "share"),
    [("en", "1,234,567", ">100%<"), ("fr", "1\xa0234\xa0567", ">100\xa0%<"), ("ja", "1,234,567", ">100%<")],
)
def test_numbers_are_grouped_as_the_language_does(language, number, share, key, alice, client_of, used):
    used(key, 1_234_567)

    page = client_of(alice).get(address(key), headers={"Accept-Language": language}).content.decode()

    assert f"<b>{number}</b>" in page
    assert share in page


def test_the_export_of_a_credential_counts_by_day_and_outcome_and_is_recorded(alice, client_of, issue, used, now):
    made = issue(API_KEY, alice, name="=cmd").credential
    used(made, 5, ago=timedelta(days=2))
    used(made, 3, outcome=Outcome.WRONG_KIND)
    used(None, 100, outcome=Outcome.UNKNOWN)

    answer = client_of(alice).get(address(made, "export.csv?period=7d"))

    plain = {"kind": "api_key", "name": "'=cmd", "id": str(made.pk)}
    assert (answer.streaming, answer.headers["Content-Type"]) == (True, "text/csv; charset=utf-8")
    assert rows_of(answer) == [
        plain | {"since": str((now - timedelta(days=2)).date()), "outcome": "valid", "count": "5"},
        plain | {"since": str(now.date()), "outcome": "wrong_kind", "count": "3"},
    ]
    event = AuditEvent.objects.get(event="usage.exported")
    assert (event.target_id, event.changes) == (str(made.pk), {"period": "7d"})


def test_the_export_of_the_organisation_names_what_one_may_see(key, alice, bob, client_of, used):
    used(key, 5)
    used(None, 2, outcome=Outcome.UNKNOWN)

    ours, readers = (rows_of(client_of(who).get("/usage/export.csv?period=24h")) for who in (alice, bob))

    assert {(row["name"], row["id"], row["count"]) for row in ours} == {("the key", str(key.pk), "5"), ("", "", "2")}
    assert {(row["name"], row["id"]) for row in readers} == {("", "")}
    assert AuditEvent.objects.filter(event="usage.exported", target_type="organization").count() == 2


@pytest.mark.parametrize(("state", "found"), [("never_used", {"new", "old"}), ("idle", {"old", "idle"})])
def test_the_lists_find_what_is_not_used(state, found, alice, client_of, issue, used, actor_of, later):
    for name, created, last in (("new", 1, None), ("old", 95, None), ("idle", 95, 91), ("busy", 95, 1)):
        made = issue(APPLICATION_KEY, alice, name=name, actor=later(actor_of(alice), -timedelta(days=created)))
        if last:
            used(made.credential, ago=timedelta(days=last))
    client = client_of(alice)

    pages = [text_of(client, f"{path}?state={state}") for path in ("/apis/", "/apis/application-keys/")]

    assert [set(re.findall(r'title="(new|old|idle|busy)"', page)) for page in pages] == [found, found]
    assert {row["name"] for row in rows_of(client.get(f"/apis/export.csv?state={state}"))} == found
    assert f'href="/apis/?state={state}"><span class="dot warn"></span><span><b>2</b>' in text_of(client, "/usage/")


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        text_of(client, path)
    return len(captured)


@pytest.mark.parametrize("path", ["/apis/", "/apis/application-keys/", "/members/{alice}/", "/usage/", "{key}"])
def test_many_credentials_and_events_cost_the_queries_of_few(path, key, alice, client_of, issue, used):
    path, client = path.format(alice=alice.pk, key=address(key)), client_of(alice)
    used(key)
    used(issue(APPLICATION_KEY, alice, name="first").credential)
    text_of(client, path)
    before = queries(client, path)

    for number in range(30):
        made = issue(APPLICATION_KEY, alice, name=f"key {number}").credential
        used(made, 1_000_000, client=f"client {number}", ago=timedelta(days=number % 7))
        used(key, 9, network=f"10.{number}.0.0/24")

    assert queries(client, path) == before
    assert Credential.objects.count() == 32


@pytest.mark.parametrize("path", ["/apis/", "/members/{alice}/"])
def test_the_sparklines_of_all_kinds_cost_one_query(path, alice, robot, client_of, issue):
    for kind in KINDS:
        issue(kind, alice)

    with CaptureQueriesContext(connection) as captured:
        text_of(client_of(alice), path.format(alice=alice.pk))

    assert sum("keys_usageday" in query["sql"] for query in captured) == 1


def test_every_period_and_every_outcome_has_its_words():
    assert list(usage.LABELS) == [period.slug for period in periods.PERIODS]
    assert set(LABELS) == set(Outcome)


@pytest.mark.parametrize(("most", "top"), [(0, 2), (1, 2), (3, 4), (10, 10), (11, 12), (101, 120), (41_000, 50_000)])
def test_a_scale_ends_in_a_round_number_with_a_round_half(most, top):
    assert charts.round_top(most) == top
    assert charts.round_top(top) == top


def test_bars_are_as_high_as_their_counts_and_none_that_is_not_nothing_is_invisible():
    assert charts.spark_path([0, 1, 100, 50]) == "M3 20v-1h2v1zM6 20v-20h2v20zM9 20v-10h2v10z"
    assert charts.spark_ticks([0, 1]) == "M0 20v-1h2v1z"
