"""Every permission there is. The table is permissions.csv; the names this project's own code asks for are constants.

The identifiers and names are the ones Datadog's API publishes, so that its clients recognise them; of
user_access_read, which it knows as a scope only, the identifier is ours.
"""

import csv
import uuid
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Permission(StrEnum):
    """The permissions this project's own pages and verbs ask for."""

    API_KEYS_DELETE = "api_keys_delete"
    API_KEYS_READ = "api_keys_read"
    API_KEYS_WRITE = "api_keys_write"
    AUDIT_LOGS_READ = "audit_logs_read"
    CLIENT_TOKENS_READ = "client_tokens_read"
    CLIENT_TOKENS_WRITE = "client_tokens_write"
    GOVERNANCE_CONSOLE_READ = "governance_console_read"
    GOVERNANCE_CONSOLE_WRITE = "governance_console_write"
    ORG_APP_KEYS_READ = "org_app_keys_read"
    ORG_APP_KEYS_WRITE = "org_app_keys_write"
    ORG_MANAGEMENT = "org_management"
    RUM_APPS_READ = "rum_apps_read"
    RUM_APPS_WRITE = "rum_apps_write"
    SECURITY_MONITORING_FINDINGS_WRITE = "security_monitoring_findings_write"
    SERVICE_ACCOUNT_WRITE = "service_account_write"
    USAGE_READ = "usage_read"
    USER_ACCESS_INVITE = "user_access_invite"
    USER_ACCESS_MANAGE = "user_access_manage"
    USER_ACCESS_READ = "user_access_read"
    USER_APP_KEYS = "user_app_keys"


@dataclass(frozen=True)
class CatalogueEntry:
    """One permission as the catalogue describes it. `type` is read, write or other."""

    area: str
    name: str
    display_name: str
    type: str
    restricted: bool
    id: uuid.UUID


def _read_catalogue() -> dict[str, CatalogueEntry]:
    with (Path(__file__).parent / "permissions.csv").open(newline="", encoding="utf-8") as table:
        entries = [
            CatalogueEntry(
                area=row["area"],
                name=row["name"],
                display_name=row["display_name"],
                type=row["type"],
                restricted=row["restricted"] == "true",
                id=uuid.UUID(row["id"]),
            )
            for row in csv.DictReader(table)
        ]
    return {entry.name: entry for entry in entries}


CATALOGUE = _read_catalogue()
"""The whole catalogue by permission name, ordered by area and name."""

DEPRECATED = frozenset({"admin", "standard"})
"""Names the catalogue still carries for old clients; nobody can be granted them as a scope."""


def unknown(names: frozenset[str]) -> frozenset[str]:
    """Those of the names that are no permission a credential could be scoped to."""
    return names - CATALOGUE.keys() | (names & DEPRECATED)
