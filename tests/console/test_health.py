"""/healthz: what a load balancer and a monitor ask."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client

from keys import tick
from keys.models import TickRun

pytestmark = pytest.mark.django_db


def asked():
    answer = Client().get("/healthz", headers={"host": "anything.example"})
    return answer.status_code, answer.json()


def test_it_is_well_and_not_late_before_it_could_tick():
    assert asked() == (
        200,
        {
            "status": "ok",
            "database": "ok",
            "tick": {"last_run": None, "lag_seconds": None, "late": False, "failing": []},
        },
    )


def test_it_says_when_the_timed_work_was_done_and_which_job_fails(now):
    list(tick.run(lambda: now - timedelta(seconds=90), jobs=tick.JOBS))
    TickRun.objects.filter(job="webhooks").update(error="OSError")

    status, found = asked()
    assert status == 200
    assert found["tick"]["last_run"] == (now - timedelta(seconds=90)).isoformat()
    assert 90 <= found["tick"]["lag_seconds"] < 120
    assert (found["tick"]["late"], found["tick"]["failing"]) == (False, ["webhooks"])


def test_timed_work_that_is_late_is_told_and_no_reason_to_be_taken_out(now):
    list(tick.run(lambda: now - timedelta(days=1), jobs=tick.JOBS))

    status, found = asked()
    assert (status, found["tick"]["late"]) == (200, True)


def test_without_a_database_it_says_so(monkeypatch):
    def states(now):
        raise OperationalError("no such host: db.internal, password secret")

    monkeypatch.setattr(tick, "states", states)

    assert asked() == (503, {"status": "unavailable", "database": "unavailable", "tick": None})


def test_it_costs_two_queries_at_most(django_assert_num_queries):
    with django_assert_num_queries(2):
        asked()
