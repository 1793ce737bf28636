"""The built-in roles: each a set of permissions, declared; each of the first three holds the one below it."""

import uuid
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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
        "audit_logs_write",
        "governance_console_write",
        "billing_read",
        "billing_edit",
    }
) | {name for name in _EVERYTHING if name.startswith("data_scanner_")}

_NOT_FOR_READERS = frozenset({P.API_KEYS_READ, P.ORG_APP_KEYS_READ, P.CLIENT_TOKENS_READ})


@dataclass(frozen=True, eq=False)
class BuiltinRole:
    """A role every organisation has. `slug` is its name in the database and never changes."""

    slug: str
    id: uuid.UUID
    label: Promise
    description: Promise
    permissions: frozenset[str]


STANDARD_PERMISSIONS = _EVERYTHING - _ADMIN_ONLY

ADMIN = BuiltinRole(
    slug="admin",
    id=uuid.UUID("7d8a3a0e-52f7-4e0c-9a3c-3a3f52c1d001"),
    label=_("Admin"),
    description=_("Everything: keys, members, service accounts, settings."),
    permissions=_EVERYTHING,
)
STANDARD = BuiltinRole(
    slug="standard",
    id=uuid.UUID("7d8a3a0e-52f7-4e0c-9a3c-3a3f52c1d002"),
    label=_("Standard"),
    description=_("Daily work, own application keys and tokens, client tokens; sees API keys."),
    permissions=STANDARD_PERMISSIONS,
)
READ_ONLY = BuiltinRole(
    slug="read-only",
    id=uuid.UUID("7d8a3a0e-52f7-4e0c-9a3c-3a3f52c1d003"),
    label=_("Read Only"),
    description=_("Looks at dashboards, monitors and the like; sees no keys."),
    permissions=frozenset(name for name in STANDARD_PERMISSIONS - _NOT_FOR_READERS if CATALOGUE[name].type == "read"),
)
AUDITOR = BuiltinRole(
    slug="auditor",
    id=uuid.UUID("7d8a3a0e-52f7-4e0c-9a3c-3a3f52c1d004"),
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
        }
    ),
)

ROLES = (ADMIN, STANDARD, READ_ONLY, AUDITOR)
BY_SLUG = {role.slug: role for role in ROLES}

SUPPORT_PERMISSIONS = frozenset(
    {P.API_KEYS_READ, P.ORG_APP_KEYS_READ, P.CLIENT_TOKENS_READ, P.RUM_APPS_READ, P.AUDIT_LOGS_READ}
)
"""What the support mark lets a person read of any organisation. It holds no permission to change one."""


def permissions_of(slugs: frozenset[str] | set[str]) -> frozenset[str]:
    """The union of what the named roles permit."""
    return frozenset().union(*(BY_SLUG[slug].permissions for slug in slugs))
