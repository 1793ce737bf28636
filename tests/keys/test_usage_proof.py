"""The proof holds where every record is counted once, and says where one is not."""

import json
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys.models import NOBODY, UsageDay, UsageFacet, UsageHour, UsageMinute, UsageSegment
from keys.usage import archive, chunks, drain, proof, rollups, spool
from keys.usage.drain import Drainer
from keys.verification import Outcome
from tests.keys.spooling import by_day, everywhere, holds, in_ms, seen, spooled, total

pytestmark = pytest.mark.django_db


@pytest.fixture
def drained(tmp_path, now):
    """A node that has counted four records of two days, one of them refused."""
    spooled(tmp_path, now - timedelta(days=1), seen())
    spooled(tmp_path, now, seen(), seen(), seen(Outcome.REVOKED))
    Drainer(tmp_path).drain_once(now)
    return tmp_path


def problems(folder, now):
    return " ".join(proof.prove(folder, now=now).problems)


def proven(folder, settings):
    settings.USAGE_DIR = folder
    output = StringIO()
    call_command("prove_usage", stdout=output, stderr=output)
    return output.getvalue().splitlines()


def test_the_command_ends_with_its_figures(drained, settings, now):
    spooled(drained, now, seen())

    lines = proven(drained, settings)

    assert lines[2].split() == [f"{now:%Y-%m-%d}", *["3"] * 5]
    assert json.loads(lines[-1]) == {
        "records": 5,
        "drained": 4,
        "pending": 1,
        "rollup_difference": 0,
        "broken_frames": 0,
    }


def test_the_command_fails_where_something_does_not_add_up(drained, settings):
    UsageDay.objects.filter(outcome=Outcome.REVOKED).update(count=2)
    with pytest.raises(CommandError):
        proven(drained, settings)


@pytest.mark.parametrize("model", [UsageMinute, UsageHour, UsageDay])
def test_a_count_that_is_wrong_is_named_by_its_day(model, drained, now):
    model.objects.filter(outcome=Outcome.REVOKED).update(count=F("count") + 1)

    assert f"{now:%Y-%m-%d}" in problems(drained, now)
    assert f"{now - timedelta(days=1):%Y-%m-%d}" not in problems(drained, now)


def test_a_record_under_another_outcome_is_found(drained, now):
    for model in (UsageMinute, UsageHour, UsageDay):
        model.objects.filter(outcome=Outcome.REVOKED).update(outcome=Outcome.EXPIRED)

    assert "revoked" in problems(drained, now)


@pytest.mark.parametrize("field", ["records", "position"])
def test_a_row_that_does_not_fit_its_segment_is_named(field, drained, now):
    segment = UsageSegment.objects.order_by("-name")[0]
    UsageSegment.objects.filter(pk=segment.pk).update(**{field: F(field) - 1})

    assert segment.name in problems(drained, now)


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"\x1f\x8b\x08\0\0\0\0\0\0\0"])
def test_a_segment_that_is_gone_or_spoilt_is_named(content, drained, now):
    segment = UsageSegment.objects.order_by("-name")[0]
    file = archive.place(drained, segment.name)
    file.write_bytes(content) if content is not None else file.unlink()

    assert segment.name in problems(drained, now)


def test_two_nodes_on_one_database_both_hold(tmp_path, now):
    for name in ("one", "two"):
        spooled(tmp_path / name, now, seen(), seen(client=name))
        Drainer(tmp_path / name).drain_once(now)

    assert total() == everywhere(4)
    assert [holds(tmp_path / name, now)["records"] for name in ("one", "two")] == [2, 2]


def test_what_was_seeded_is_accounted_for(drained, now):
    old = [(now - timedelta(days=days), seen(), 7) for days in (0, 0, 1, 400)]
    rollups.seed(old, now=now)
    rollups.seed(old[:1], now=now)

    assert total() == everywhere(39)
    assert UsageSegment.objects.get(node=NOBODY, day=now.date()).records == 21
    assert holds(drained, now)["drained"] == 4


def test_a_node_without_a_spool_holds(tmp_path, now):
    assert set(holds(tmp_path, now).values()) == {0}


_AT = datetime(2026, 3, 4, tzinfo=UTC)
_OBSERVED = st.builds(
    seen,
    outcome=st.sampled_from([Outcome.VALID, Outcome.REVOKED]),
    credential=st.uuids() | st.just(NOBODY),
    client=st.sampled_from(["", "curl", "wget"]),
    endpoint=st.sampled_from(["", "/a", "/*/…"]),
)
_FRAMES = st.lists(
    st.tuples(
        st.integers(-72 * 3600_000, 0).map(lambda ms: _AT + timedelta(milliseconds=ms)),
        st.lists(_OBSERVED, min_size=1, max_size=6),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames=_FRAMES, size=st.integers(1100, 4000))
def test_however_it_is_drained_the_counts_are_those_of_a_plain_count(frames, size, monkeypatch):
    monkeypatch.setattr(drain, "PIECE_SIZE", size)
    monkeypatch.setattr(drain, "BREATH_SECONDS", 0)
    with transaction.atomic(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writer, drainer, plain = spool.Spool(folder), Drainer(folder), Counter()
        for at, observed, drains in frames:
            writer.write([observation.line for observation in observed], at_ms=in_ms(at))
            plain.update((one.credential_id, at.date(), one.outcome.value) for one in observed)
            assert not drains or drainer.drain_once(_AT) >= 0
        writer.close()
        drainer.drain_once(_AT)
        assert by_day() == plain
        assert sum(row.good + row.refused for row in UsageFacet.objects.all()) == (3 + 2) * plain.total()
        assert holds(folder, _AT)["drained"] == plain.total()
        transaction.set_rollback(True)


def test_times_are_those_of_the_frames():
    at = datetime(2026, 3, 4, 10, 59, 59, 987_000, tzinfo=UTC)
    data = spool.encoded([seen().line] * 2, in_ms(at)) + spool.encoded([seen().line], in_ms(at) + 20)
    found = [(one.at_ms, one.times) for one in chunks.read(data).counted()]

    assert found == [(in_ms(at), 2), (in_ms(at) + 20, 1)]
