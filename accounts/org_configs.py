"""Settings of an organisation, under the names Datadog's API gives them. Each one is declared here and kept somewhere
below; one nobody has changed has no row."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import organizations
from accounts.actors import Actor
from accounts.models import OrgConfig
from accounts.permissions import Permission
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event

NAMESPACE = uuid.UUID("6f3b1f5e-7a59-4d43-9c57-3f0f1c7a2d10")
LONGEST_LIST = 100
DOMAIN = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True, eq=False)
class Declared:
    """One setting: its name, what it is for, and what it is until somebody changes it. `type` is bool or string[]."""

    name: str
    description: str
    type: str
    default: object

    def accepts(self, value: object) -> bool:
        """Whether the value is of the setting's type."""
        if self.type == "bool":
            return isinstance(value, bool)
        return (
            isinstance(value, list)
            and len(value) <= LONGEST_LIST
            and all(isinstance(word, str) and DOMAIN.fullmatch(word) for word in value)
        )


CUSTOM_ROLES = Declared("custom_roles", "Whether roles of the organization's own can be made.", "bool", True)
ADMIN_ONLY_INVITES = Declared(
    "admin_only_invites", "Whether only those who manage access may invite people.", "bool", False
)
LONG_INVITATIONS = Declared(
    "30d_invite_expiration", "Whether an invitation is good for 30 days instead of 48 hours.", "bool", False
)
DOMAIN_ALLOWLIST = Declared(
    "domain_allowlist", "The e-mail domains people may be invited from; any, if there are none.", "string[]", []
)

DECLARED = {found.name: found for found in (ADMIN_ONLY_INVITES, CUSTOM_ROLES, DOMAIN_ALLOWLIST, LONG_INVITATIONS)}


@dataclass(frozen=True)
class Setting:
    """What a setting is in one organisation, and since when. Its id is made of its name and the organisation's id."""

    declared: Declared
    id: uuid.UUID
    value: object
    modified_at: datetime | None


def all_of(organization_id: uuid.UUID) -> list[Setting]:
    """Every setting, in the order of their names. One query."""
    rows = {row.name: row for row in OrgConfig.objects.filter(organization_id=organization_id)}
    return [_setting(declared, organization_id, rows.get(declared.name)) for declared in DECLARED.values()]


def value_of(declared: Declared, organization_id: uuid.UUID) -> object:
    """What the setting is in the organisation."""
    row = OrgConfig.objects.filter(organization_id=organization_id, name=declared.name).first()
    return _setting(declared, organization_id, row).value


def _setting(declared: Declared, organization_id: uuid.UUID, row: OrgConfig | None) -> Setting:
    return Setting(
        declared=declared,
        id=uuid.uuid5(NAMESPACE, f"{organization_id}/{declared.name}"),
        value=row.value if row else declared.default,
        modified_at=row.modified_at if row else None,
    )


@transaction.atomic
def change(declared: Declared, value: object, *, by: Actor) -> Setting:
    """Give the setting another value. Raises NotPermitted, or NotAllowed("value") for one of another type."""
    by.require(Permission.ORG_MANAGEMENT)
    organization = organizations.lock(by.organization)
    if not declared.accepts(value):
        raise NotAllowed("value", f"The value provided for parameter 'OrgConfig: {str(value)[:64]}' is invalid")
    before = value_of(declared, organization.id)
    row, _created = OrgConfig.objects.update_or_create(
        organization=organization, name=declared.name, defaults={"value": value, "modified_at": by.now}
    )
    if before != value:
        changes = {declared.name: [before, value]}
        log.record(Event.ORGANIZATION_CHANGED, by=by, target=organizations.target(organization), changes=changes)
    return _setting(declared, organization.id, row)
