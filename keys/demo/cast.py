"""Who is in the demo, and what they have made: people, programs and credentials."""

from dataclasses import dataclass

from accounts.builtin_roles import ADMIN, AUDITOR, READ_ONLY, STANDARD, BuiltinRole
from keys.kinds import (
    API_KEY,
    APPLICATION_KEY,
    PERSONAL_ACCESS_TOKEN,
    SERVICE_ACCESS_TOKEN,
    Kind,
)


@dataclass(frozen=True)
class Newcomer:
    """Somebody who is invited so many days ago and, unless they are slow, joins the same day."""

    days_ago: float
    name: str
    role: BuiltinRole
    joins: bool = True

    @property
    def mailbox(self) -> str:
        return self.name.lower().replace(" ", ".")


@dataclass(frozen=True)
class Program:
    """A service account."""

    days_ago: float
    name: str
    role: BuiltinRole


@dataclass(frozen=True)
class Made:
    """A credential: created by somebody, for a service account or for themselves, with an end after so many days."""

    days_ago: float
    kind: Kind
    name: str
    by: str
    owner: str = ""
    scopes: tuple[str, ...] = ()
    lasts: float = 0


PEOPLE = (
    Newcomer(395.1, "Noah Kim", ADMIN),
    Newcomer(394.6, "Camille Laurent", STANDARD),
    Newcomer(390.3, "Jonas Weber", ADMIN),
    Newcomer(321.4, "Bob Martin", READ_ONLY),
    Newcomer(210.2, "Emma Rossi", STANDARD),
    Newcomer(95.5, "Vera Silva", AUDITOR),
    Newcomer(1.2, "Priya Shah", STANDARD, joins=False),
)
PROGRAMS = (
    Program(300.4, "ci-deploy", STANDARD),
    Program(173.1, "terraform", STANDARD),
    Program(88.7, "slack-alerts", READ_ONLY),
)
RESPONDER = ("Incident responder", ("incident_read", "incident_write", "monitors_downtime", "on_call_read"))
"""A role of their own, and what it permits."""
_CI = ("ci_visibility_read", "ci_visibility_write", "deployment_gates_evaluate", "monitors_read")
_TERRAFORM = ("dashboards_read", "dashboards_write", "monitors_read", "monitors_write", "slos_read", "slos_write")
CREDENTIALS = (
    Made(306.3, API_KEY, "laptop-dev", "Jonas Weber"),
    Made(172.4, API_KEY, "terraform-monitors", "Aiko Tanaka"),
    Made(85.2, API_KEY, "chef-onprem-paris", "Noah Kim"),
    Made(91.4, API_KEY, "payments-k8s-prod", "Aiko Tanaka"),
    Made(380.2, APPLICATION_KEY, "old-import-script", "Jonas Weber"),
    Made(299.3, APPLICATION_KEY, "ci-pipeline-prod", "Noah Kim", "ci-deploy", _CI),
    Made(251.6, APPLICATION_KEY, "laptop-cli", "Aiko Tanaka"),
    Made(203.5, APPLICATION_KEY, "synthetics-report", "Emma Rossi", scopes=("synthetics_read",)),
    Made(172.2, APPLICATION_KEY, "terraform-cloud", "Aiko Tanaka", "terraform", _TERRAFORM),
    Made(140.8, APPLICATION_KEY, "incident-bot", "Noah Kim", scopes=("incident_read", "incident_write")),
    Made(121.3, APPLICATION_KEY, "oncall-sync", "Noah Kim"),
    Made(85.4, APPLICATION_KEY, "ci-pipeline-staging", "Camille Laurent", scopes=_CI),
    Made(84.9, APPLICATION_KEY, "slack-digest", "Aiko Tanaka", "slack-alerts", ("monitors_read", "incident_read")),
    Made(70.4, APPLICATION_KEY, "slo-dashboards-export", "Camille Laurent", scopes=("dashboards_read", "slos_read")),
    Made(44.7, APPLICATION_KEY, "log-archive-check", "Emma Rossi", scopes=("logs_read_archives",)),
    Made(12.6, APPLICATION_KEY, "cost-report", "Aiko Tanaka", scopes=("usage_read", "cloud_cost_management_read")),
    Made(4.3, APPLICATION_KEY, "dora-board", "Camille Laurent", scopes=("dora_metrics_read",)),
    Made(100.2, PERSONAL_ACCESS_TOKEN, "migration-script", "Emma Rossi", scopes=("logs_read_data",), lasts=90),
    Made(26.4, PERSONAL_ACCESS_TOKEN, "notebook-experiments", "Aiko Tanaka", scopes=("notebooks_read",), lasts=30),
    Made(9.1, PERSONAL_ACCESS_TOKEN, "dashboard-backup", "Camille Laurent", scopes=("dashboards_read",), lasts=90),
    Made(61.3, SERVICE_ACCESS_TOKEN, "github-actions", "Aiko Tanaka", "ci-deploy", _CI, lasts=365),
    Made(58.8, SERVICE_ACCESS_TOKEN, "terraform-plan", "Noah Kim", "terraform", _TERRAFORM[::2]),
    Made(20.5, SERVICE_ACCESS_TOKEN, "alert-relay", "Aiko Tanaka", "slack-alerts", ("monitors_read",), lasts=90),
)
GLOBEX_CREDENTIALS = (
    Made(50.2, API_KEY, "globex-agents", "Charlie Novak"),
    Made(49.1, APPLICATION_KEY, "reporting", "Charlie Novak", scopes=("dashboards_read",)),
)
