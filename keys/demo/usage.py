"""How often the demo's credentials were asked about, as the counts would say after fifteen months; the same at every
seeding, but for the day it is told on."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from accounts.models import Organization
from keys.models import NOBODY, Credential
from keys.usage import rollups
from keys.usage.observations import Observation, client_of, endpoint_of, network_of
from keys.verification import Outcome

STRANGER = ""
"""Stands for a credential that nobody knows."""
FOREVER = 400.0  # days


@dataclass(frozen=True)
class Flow:
    """What one program asked with one credential, about `daily` times a day, the last time so many hours ago; begun so
    many days ago, or when the credential was created. `at_desks` by people, who sleep and have weekends; `scopes` are
    what the gateway asked about."""

    credential: str
    agent: str
    ip: str
    target: str
    daily: float
    last: float
    outcome: Outcome = Outcome.VALID
    since: float = FOREVER
    at_desks: bool = False
    scopes: tuple[str, ...] = ()


_AGENT, _CURL, _PYTHON = "datadog-agent/7.71.2", "curl/8.17.0", "datadog-api-client-python/2.62.0"
_TERRAFORM, _CI = "terraform-provider-datadog/3.78.0", "datadog-ci/4.2.0"
_CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"
_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
_SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_1) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18 Safari/605"
_MISSING, _REVOKED, _EXPIRED = Outcome.MISSING_SCOPE, Outcome.REVOKED, Outcome.EXPIRED
_IN_BROWSER = Outcome.IN_BROWSER
_CI_USED, _MONITORS = ("ci_visibility_read", "ci_visibility_write"), ("monitors_read", "monitors_write")

FLOWS = (
    Flow("payments-k8s-prod, replaced", _AGENT, "203.0.113.40", "/api/v2/series", 5200, 0.05),
    Flow("payments-k8s-prod, replaced", _AGENT, "203.0.113.40", "/api/v2/logs", 1900, 25.1),
    Flow("payments-k8s-prod", _AGENT, "203.0.113.41", "/api/v2/series", 3400, 0.1),
    Flow("payments-k8s-prod", _AGENT, "203.0.113.41", "/api/v2/logs", 1900, 0.2),
    Flow("loadtest-staging", _AGENT, "192.0.2.130", "/api/v2/series", 2700, 24 * 2.4),
    Flow("chef-onprem-paris", "datadog-agent/7.66.0", "192.0.2.17", "/api/v2/series", 1400, 0.6),
    Flow("terraform-monitors", _TERRAFORM, "198.51.100.8", "/api/v1/monitor", 60, 5.1, at_desks=True),
    Flow("terraform-monitors", _CURL, "192.0.2.44", "/api/v1/validate", 7, 27.5, at_desks=True),
    Flow("terraform-monitors", _PYTHON, "2001:db8:77::5", "/api/v1/monitor/4711", 18, 9.4, since=40, at_desks=True),
    Flow("terraform-monitors", _PYTHON, "203.0.113.200", "/api/v1/monitor/4711", 5, 50, Outcome.WRONG_KIND, since=40),
    Flow("ci-pipeline-prod", _CI, "198.51.100.77", "/api/v2/ci/tests", 310, 0.4, at_desks=True, scopes=_CI_USED),
    Flow("ci-pipeline-staging", _CI, "198.51.100.90", "/api/v2/ci/tests", 140, 3.1, at_desks=True),
    Flow("laptop-cli", _CURL, "192.0.2.44", "/api/v2/users", 4, 27.5, at_desks=True),
    Flow("synthetics-report", _PYTHON, "198.51.100.4", "/api/v2/synthetics/tests", 48, 24 * 118.0),
    Flow("terraform-cloud", _TERRAFORM, "198.51.100.8", "/api/v1/monitor", 34, 5.1, at_desks=True, scopes=_MONITORS),
    Flow("terraform-cloud", _TERRAFORM, "198.51.100.8", "/api/v2/roles", 2, 5.2, _MISSING, at_desks=True),
    Flow("incident-bot", _PYTHON, "198.51.100.4", "/api/v2/incidents", 22, 24 * 19.5),
    Flow("slack-digest", _PYTHON, "198.51.100.4", "/api/v2/incidents", 24, 14.8),
    Flow("slo-dashboards-export", _PYTHON, "198.51.100.4", "/api/v1/dashboard", 96, 11.3),
    Flow("cost-report", _PYTHON, "192.0.2.44", "/api/v2/usage/cost", 12, 20.2, at_desks=True),
    Flow("old-import-script", "python-requests/2.31.0", "192.0.2.80", "/api/v1/import", 30, 24 * 40.4),
    Flow("old-import-script", "python-requests/2.31.0", "192.0.2.80", "/api/v1/import", 24, 1.3, _REVOKED, since=40),
    Flow("hackathon-export", _PYTHON, "192.0.2.44", "/api/v2/logs", 130, 24 * 6.3),
    Flow("hackathon-export", "python-requests/2.32", "203.0.113.77", "/api/v2/logs", 45, 24 * 4.9, _REVOKED, since=6.2),
    Flow("storefront-web, replaced", _CHROME, "203.0.113.9", "/api/v2/rum", 4100, 24 * 9.1),
    Flow("storefront-web, replaced", _SAFARI, "198.51.100.201", "/api/v2/rum", 2300, 24 * 8.4),
    Flow("storefront-web, replaced", _FIREFOX, "2001:db8:1f::2", "/api/v2/rum", 640, 2.4),
    Flow("storefront-web", _CHROME, "203.0.113.9", "/api/v2/rum", 4300, 0.1),
    Flow("storefront-web", _SAFARI, "198.51.100.201", "/api/v2/rum", 2400, 0.2),
    Flow("storefront-web", _CHROME, "203.0.113.9", "/api/v2/logs", 510, 0.5),
    Flow("laptop-dev", _CHROME, "198.51.100.201", "/api/v2/logs", 14, 5.3, _IN_BROWSER, since=3.2),
    Flow("support-widget", _CHROME, "203.0.113.9", "/api/v2/rum", 420, 0.9, at_desks=True),
    Flow("migration-script", _PYTHON, "192.0.2.61", "/api/v2/logs/events", 90, 24 * 10.3),
    Flow("migration-script", _PYTHON, "192.0.2.61", "/api/v2/logs/events", 24, 2.2, _EXPIRED, since=10.1),
    Flow("notebook-experiments", _PYTHON, "192.0.2.44", "/api/v1/notebooks", 9, 30.1, at_desks=True),
    Flow("notebook-experiments", _PYTHON, "192.0.2.44", "/api/v2/users/4711", 3, 30.2, _MISSING, at_desks=True),
    Flow("dashboard-backup", _CURL, "192.0.2.61", "/api/v1/dashboard", 24, 8.4),
    Flow("github-actions", _CI, "198.51.100.90", "/api/v2/ci/pipelines", 260, 1.7, at_desks=True),
    Flow("terraform-plan", _TERRAFORM, "198.51.100.8", "/api/v2/roles/4711", 18, 76.0, at_desks=True),
    Flow("alert-relay", "alert-relay/1.4", "198.51.100.31", "/api/v1/monitor", 720, 0.3),
    Flow(STRANGER, _CURL, "198.51.100.250", "/api/v2/series", 16, 0.7, Outcome.UNKNOWN),
    Flow(STRANGER, "python-requests/2.32.3", "203.0.113.77", "/api/v1/validate", 900, 24 * 8.5, Outcome.UNKNOWN, 10.0),
)


def told_as(credential: Credential) -> str:
    """What a story calls it: by its name and, as its successor has the same, whether it was replaced."""
    return f"{credential.name}, replaced" if credential.replaced_at else credential.name


def tell(organization: Organization, *, now: datetime) -> None:
    """Count what every flow asked."""
    known = {told_as(found): found for found in Credential.objects.of(organization.id)}
    rollups.seed((one for flow in FLOWS for one in _counted(flow, organization, known, now)), now=now)


def _counted(
    flow: Flow, organization: Organization, known: dict[str, Credential], now: datetime
) -> Iterator[tuple[datetime, Observation, int]]:
    credential = known.get(flow.credential)
    observation = Observation(
        organization.id,
        credential.id if credential else NOBODY,
        flow.outcome,
        client_of(flow.agent),
        network_of(flow.ip),
        endpoint_of(flow.target),
        flow.scopes,
    )
    begun = (credential or organization).created_at
    first, final = max(begun, now - timedelta(days=flow.since)), now - timedelta(hours=flow.last)
    for at, days in _moments(first, final, now):
        expected = flow.daily * days * (_at_desks(at, days) if flow.at_desks else 1)
        chance = zlib.crc32(f"{flow.credential} {flow.agent} {flow.target} {now - at}".encode()) % 1000 / 1000
        if count := int(expected * (0.75 + chance / 2) + chance) or int(at == final):
            yield at, observation, count


def _moments(first: datetime, final: datetime, now: datetime) -> Iterator[tuple[datetime, float]]:
    """From the last back to the first, each with how many days it stands for: hour by hour since yesterday, day by day
    for three months, week by week before."""
    hourly = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    at = final
    while at >= first:
        days = 1 / 24 if at >= hourly else 1 if now - at < timedelta(days=91) else 7
        yield at, days
        at -= timedelta(days=days)


def _at_desks(at: datetime, days: float) -> float:
    """How much more or less people do than on average."""
    day = 1.0 if days > 1 else 0.15 if at.weekday() >= 5 else 1.34
    hour = 1.0 if days >= 1 else 1.9 if 7 <= at.hour < 19 else 0.1
    return day * hour
