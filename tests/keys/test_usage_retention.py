"""Nothing of usage is kept longer than it should be, and nothing goes that is still needed."""

import os
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keys import steps
from keys.models import NOBODY, Facet, Revision, UsageDay, UsageFacet, UsageHour, UsageMinute, UsageSegment
from keys.usage import archive, retention, spool
from keys.usage.drain import Drainer
from keys.usage.reserve import STEP
from tests.keys.spooling import KEY, ORGANIZATION, holds, seen, spooled, total

pytestmark = pytest.mark.django_db


def row(model, at):
    """One row of that age."""
    whose = {"organization_id": ORGANIZATION, "outcome": "valid", "count": 1}
    facet = {"facet": Facet.CLIENT, "value": "curl", "good": 1, "refused": 0, "last_at": at}
    fields = {
        UsageMinute: whose | {"at": at},
        UsageHour: whose | {"credential_id": KEY, "at": at},
        UsageDay: whose | {"credential_id": KEY, "day": at.date()},
        UsageFacet: facet | {"organization_id": ORGANIZATION, "credential_id": KEY, "day": at.date()},
        Revision: {"subject": KEY, "at": at},
    }
    return model.objects.create(**fields[model])


@pytest.mark.parametrize(
    ("model", "kept"),
    [
        (UsageMinute, timedelta(hours=48)),
        (UsageHour, timedelta(days=460)),
        (UsageFacet, timedelta(days=460)),
        (Revision, timedelta(hours=1)),
    ],
)
def test_a_row_goes_when_it_is_old_enough(model, kept, tmp_path, now):
    row(model, now - kept - timedelta(days=1))
    young = row(model, now - kept + timedelta(minutes=1))
    retention.forget(tmp_path, now=now)

    assert list(model.objects.all()) == [young]


def test_days_are_kept_for_ever(tmp_path, now):
    row(UsageDay, now - timedelta(days=9999))
    retention.forget(tmp_path, now=now)

    assert UsageDay.objects.exists()


def test_rows_go_in_batches(tmp_path, now, monkeypatch):
    monkeypatch.setattr(steps, "BATCH", 3)
    for hours in range(7):
        row(UsageMinute, now - timedelta(days=3, hours=hours))
    with CaptureQueriesContext(connection) as queries:
        retention.forget(tmp_path, now=now)

    assert sum(query["sql"].startswith("DELETE") for query in queries) == 3
    assert not UsageMinute.objects.exists()


def test_events_go_by_whole_days(tmp_path, now):
    for days in (14, 15, 16):
        spooled(tmp_path, now - timedelta(days=days), seen())
    Drainer(tmp_path).drain_once(now)
    retention.forget(tmp_path, now=now)

    kept = {now.date() - timedelta(days=days) for days in (14, 15)}
    assert set(UsageSegment.objects.values_list("day", flat=True)) == kept
    assert {spool.day_of(name) for name in archive.names(tmp_path)} == kept
    assert holds(tmp_path, now)["drained"] == 2


def test_an_old_segment_that_still_waits_is_not_forgotten(tmp_path, now):
    spooled(tmp_path, now - timedelta(days=20), seen())
    (file,) = spool.segments(tmp_path)
    content = file.read_bytes()
    Drainer(tmp_path).drain_once(now)
    file.write_bytes(content)  # as if it had been killed between the archive and the end of the segment
    retention.forget(tmp_path, now=now)
    Drainer(tmp_path).drain_once(now)

    assert total()[UsageDay] == 1


def test_the_segments_of_another_node_are_its_own_affair(tmp_path, now):
    long_ago = (now - timedelta(days=20)).date()
    for node in (uuid.uuid4(), NOBODY):
        UsageSegment.objects.create(node=node, name="x", day=long_ago)
    retention.forget(tmp_path, now=now)

    assert UsageSegment.objects.exclude(node=NOBODY).count() == UsageSegment.objects.count() == 1


@pytest.mark.parametrize(("age", "stays"), [(3500, True), (3700, False)])
def test_what_a_killed_process_left_half_made_is_cleared_away(age, stays, tmp_path, now):
    drafts = [tmp_path / place for place in (".node.1", "spool/.1.seg", f"archive/{now:%Y%m%d}/.1.seg.gz")]
    for draft in drafts:
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.touch()
        os.utime(draft, (1, now.timestamp() - age))
    retention.forget(tmp_path, now=now)

    assert [draft.exists() for draft in drafts] == [stays] * 3


def test_housekeeping_takes_the_reserve_back(tmp_path, now):
    Drainer(tmp_path, reserve=STEP).keep_house(now)

    assert (tmp_path / "reserve").stat().st_size == STEP
