"""What the demo's credentials did lately: requests as the API would have remembered them, the same at every seeding."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from keys.demo.usage import told_as
from keys.models import Credential
from keys.usage import journal


@dataclass(frozen=True)
class Habit:
    """A request that a program makes again and again: the last one so many hours ago, `times` times, `every` so many
    hours. `beside` is the API key that an application key comes with."""

    credential: str
    beside: str
    request: str
    client: str
    ip: str
    last: float
    every: float = 1
    times: int = 1
    status: int = 200


_AGENT = "datadog-agent/7.71.2"
_OLD_AGENT = "datadog-agent/7.66.0"
_CI = "datadog-ci/4.2.0"
_TERRAFORM = "terraform-provider-datadog/3.78.0 (terraform 1.14.0; terraform-cli)"
_PYTHON = "datadog-api-client-python/2.62.0 (python 3.13.1; os linux; arch x86_64)"
_CURL = "curl/8.17.0"
_VALIDATE, _KEYS = "GET /api/v1/validate", "GET /api/v2/validate_keys"

HABITS = (
    Habit("payments-k8s-prod, replaced", "", _VALIDATE, _AGENT, "203.0.113.40", 0.05, 3, 16),
    Habit("payments-k8s-prod", "", _VALIDATE, _AGENT, "203.0.113.41", 0.1, 3, 9),
    Habit("loadtest-staging", "", _VALIDATE, _AGENT, "192.0.2.130", 57.6, 24, 6),
    Habit("chef-onprem-paris", "", _VALIDATE, _OLD_AGENT, "192.0.2.17", 0.6, 9, 8),
    Habit("ci-pipeline-prod", "payments-k8s-prod, replaced", _KEYS, _CI, "198.51.100.77", 0.4, 7, 9),
    Habit("terraform-cloud", "terraform-monitors", "GET /api/v2/api_keys", _TERRAFORM, "198.51.100.8", 5.2, 26, 6),
    Habit("terraform-cloud", "terraform-monitors", "GET /api/v2/roles", _TERRAFORM, "198.51.100.8", 5.3, 26, 6),
    Habit("terraform-cloud", "terraform-monitors", "POST /api/v2/roles", _TERRAFORM, "198.51.100.8", 5.1, status=403),
    Habit("laptop-cli", "terraform-monitors", "GET /api/v2/users", _CURL, "192.0.2.44", 27.5, 50, 3),
    Habit("slo-dashboards-export", "payments-k8s-prod, replaced", _KEYS, _PYTHON, "198.51.100.4", 11.3, 24, 5),
    Habit("notebook-experiments", "", "GET /api/v2/current_user", _PYTHON, "192.0.2.44", 30.2, 48, 3),
    Habit("notebook-experiments", "", "GET /api/v2/users/{user_id}", _PYTHON, "192.0.2.44", 30.1, status=403),
    Habit("dashboard-backup", "", _KEYS, _CURL, "192.0.2.61", 8.4, 24, 6),
    Habit("github-actions", "", _KEYS, _CI, "198.51.100.90", 1.7, 13, 9),
    Habit("terraform-plan", "", "GET /api/v2/roles/{role_id}", _TERRAFORM, "198.51.100.8", 76.0, 24, 2, 404),
)


def tell(organization_id: uuid.UUID, *, now: datetime) -> None:
    """Remember every request of the habits, oldest first."""
    named = {told_as(found): found.id for found in Credential.objects.of(organization_id)}
    for number, (at, habit) in enumerate(sorted(_occasions(now), key=lambda told: told[0])):
        method, route = habit.request.split(" ")
        request = journal.Request(
            organization_id=organization_id,
            credential_id=named[habit.credential],
            api_key_id=named[habit.beside] if habit.beside else None,
            at=at,
            method=method,
            route=route,
            status=habit.status,
            good=True,
            client=habit.client,
            ip=habit.ip,
            request_id=f"demo-{number}",
        )
        journal.record(request)


def _occasions(now: datetime) -> Iterator[tuple[datetime, Habit]]:
    for habit in HABITS:
        for time in range(habit.times):
            yield now - timedelta(hours=habit.last + habit.every * time), habit
