"""The built-in roles: each a set of permissions, declared; each of the first three holds the one below it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.apps import apps as installed
from django.apps.registry import Apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.names import key
from accounts.permissions import CATALOGUE, DEPRECATED
from accounts.permissions import Permission as P

_EVERYTHING = frozenset(CATALOGUE) - DEPRECATED

_ADMIN_ONLY = frozenset(
    {
        P.USER_ACCESS_MANAGE,
        P.SERVICE_ACCOUNT_WRITE,
        P.ORG_MANAGEMENT,
        P.ORG_APP_KEYS_WRITE,
        P.API_KEYS_WRITE,
        P.API_KEYS_DELETE,
        P.AUDIT_LOGS_READ,
        P.GOVERNANCE_CONSOLE_READ,
        P.GOVERNANCE_CONSOLE_WRITE,
        "audit_logs_write",
        "billing_read",
        "billing_edit",
    }
) | {name for name in _EVERYTHING if name.startswith("data_scanner_")}

_NOT_FOR_READERS = frozenset({P.API_KEYS_READ, P.ORG_APP_KEYS_READ, P.CLIENT_TOKENS_READ})


@dataclass(frozen=True, eq=False)
class BuiltinRole:
    """A role every organisation has. `slug` and `id` never change; `name` is what the audit trail calls it, `known_as`
    what programs that were written for Datadog look for."""

    slug: str
    id: uuid.UUID
    name: str
    known_as: str
    label: Promise
    description: Promise
    permissions: frozenset[str]


STANDARD_PERMISSIONS = _EVERYTHING - _ADMIN_ONLY

ADMIN = BuiltinRole(
    slug="admin",
    id=uuid.UUID("7d8a3a0e-52f7-4e0c-9a3c-3a3f52c1d001"),
    name="Admin",
    known_as="Datadog Admin Role",
    label=_("Admin"),
    description=_("Everything: keys, members, service accounts, settings."),
    permissions=_EVERYTHING,
)
STANDARD = BuiltinRole(
    slug="standard",
    id=uuid.UUID("7d8a3a0e-52f7-4e0c-9a3c-3a3f52c1d002"),
    name="Standard",
    known_as="Datadog Standard Role",
    label=_("Standard"),
    description=_("Daily work, own application keys and tokens, client tokens; sees API keys."),
    permissions=STANDARD_PERMISSIONS,
)
READ_ONLY = BuiltinRole(
    slug="read-only",
    id=uuid.UUID("7d8a3a0e-52f7-4e0c-9a3c-3a3f52c1d003"),
    name="Read Only",
    known_as="Datadog Read Only Role",
    label=_("Read Only"),
    description=_("Looks at dashboards, monitors and the like; sees no keys."),
    permissions=frozenset(name for name in STANDARD_PERMISSIONS - _NOT_FOR_READERS if CATALOGUE[name].type == "read"),
)
AUDITOR = BuiltinRole(
    slug="auditor",
    id=uuid.UUID("7d8a3a0e-52f7-4e0c-9a3c-3a3f52c1d004"),
    name="Auditor",
    known_as="Auditor",
    label=_("Auditor"),
    description=_("Reads what is known of every key, their use and the audit trail; changes nothing."),
    permissions=frozenset(
        {
            P.API_KEYS_READ,
            P.ORG_APP_KEYS_READ,
            P.CLIENT_TOKENS_READ,
            P.RUM_APPS_READ,
            P.AUDIT_LOGS_READ,
            P.GOVERNANCE_CONSOLE_READ,
            P.USAGE_READ,
            P.USER_ACCESS_READ,
        }
    ),
)

ROLES = (ADMIN, STANDARD, READ_ONLY, AUDITOR)
BY_SLUG = {role.slug: role for role in ROLES}

SUPPORT_PERMISSIONS = frozenset(
    {P.API_KEYS_READ, P.ORG_APP_KEYS_READ, P.CLIENT_TOKENS_READ, P.RUM_APPS_READ, P.AUDIT_LOGS_READ}
)
"""What the support mark lets a person read of any organisation. It holds no permission to change one."""


def permissions_of(slug: str | None, granted: Iterable[str]) -> frozenset[str]:
    """What a role permits: a built-in one (with a slug) by its declaration, another what it was granted."""
    return BY_SLUG[slug].permissions if slug else frozenset(granted)


DECLARED_AT = datetime(2026, 11, 21, tzinfo=UTC)
"""When the built-in roles came to be, the same in every installation."""


def keep_rows(*, using: str, apps: Apps = installed, **_of_post_migrate: object) -> None:
    """A receiver of `post_migrate`: the row of each built-in role, put back where it is missing or says otherwise."""
    try:
        table = apps.get_model("accounts", "Role")
    except LookupError:  # migrated back to before there were any
        return
    rows = [
        table(
            id=role.id,
            slug=role.slug,
            name=role.name,
            name_key=key(role.name),
            created_at=DECLARED_AT,
            modified_at=DECLARED_AT,
        )
        for role in ROLES
    ]
    table._default_manager.using(using).bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=["slug", "name", "name_key"]
    )
