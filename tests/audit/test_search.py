"""Searching and exporting the trail."""

import csv
import io
from datetime import timedelta

import pytest

from audit import export, search
from audit.models import AuditEvent
from audit.search import Query
from keys import editing
from keys.kinds import API_KEY, CLIENT_TOKEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail(alice, camille, charlie, issue, actor_of, now, later):
    issue(API_KEY, alice, name="payments", actor=later(actor_of(alice), -timedelta(days=10)))
    made = issue(CLIENT_TOKEN, camille, name="storefront")
    editing.rename(made.credential.id, name="=1+1", by=actor_of(camille))
    issue(API_KEY, charlie, name="payments of others")
    return made.credential


def labels(organization, **asked):
    return [event.target_label for event in search.run(Query(**asked), organization_id=organization.id)]


def test_everything_of_one_organization_newest_first(trail, acme):
    assert labels(acme) == ["=1+1", "storefront", "payments"]


def test_by_actor_whatever_the_case(trail, acme, camille):
    assert labels(acme, actor="CAMILLE") == labels(acme, actor=str(camille.id)) == ["=1+1", "storefront"]


def test_by_event_and_target(trail, acme):
    assert labels(acme, event="credential.issued") == ["storefront", "payments"]
    assert labels(acme, target="pay") == ["payments"]
    assert labels(acme, target=str(trail.id)) == ["=1+1", "storefront"]


def test_by_time(trail, acme, now):
    assert labels(acme, since=now - timedelta(days=1)) == ["=1+1", "storefront"]
    assert labels(acme, until=now - timedelta(days=1)) == ["payments"]


@pytest.mark.parametrize("words", ["%", "_", "' OR 1=1 --", "\\"])
def test_what_means_something_to_a_database_means_nothing_here(words, trail, acme):
    assert labels(acme, target=words) == []


def test_an_export_runs_nothing_in_a_spreadsheet(trail, acme):
    text = "".join(export.stream(AuditEvent.objects.of(acme.id).newest_first()))

    rows = list(csv.DictReader(io.StringIO(text.removeprefix(export.BOM))))
    assert text.startswith(export.BOM)
    assert [row["target_label"] for row in rows] == ["'=1+1", "storefront", "payments"]
    assert rows[0]["changes"] == '{"name": ["storefront", "=1+1"]}'
