"""Who acts: the one value every verb is given as `by`."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.utils.functional import Promise

from accounts.permissions import Permission


class ActorType(StrEnum):
    """What sort of actor it was, in the audit trail's words."""

    USER = "USER"
    SERVICE_ACCOUNT = "SERVICE_ACCOUNT"
    SUPPORT_USER = "SUPPORT_USER"
    SYSTEM = "SYSTEM"
    ANONYMOUS = "ANONYMOUS"


class NotPermitted(Exception):
    """The actor lacks a permission; `permission` names it. A door answers 403."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class BeyondToken(NotPermitted):
    """The actor may, but not by way of the token they act with; the message says why."""

    def __init__(self, reason: Promise | str) -> None:
        super().__init__("")
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Delegation:
    """The token somebody acts with: its kind, what it is scoped to, and when it ends."""

    kind: str
    scopes: frozenset[str]
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Somebody acting in one organisation (or, with none, on the installation), at one moment, from one place.

    `id` is the member's, or for support staff the person's. `auth_id` names the session or credential without
    revealing it. `permissions` are what they may do by it; `standing` is what they may do at all, where that is more.
    `delegation` is set when they act by an access token.
    """

    organization_id: uuid.UUID | None
    organization_name: str = ""
    type: ActorType
    id: str
    label: str
    permissions: frozenset[str] = field(default=frozenset(), repr=False)
    standing: frozenset[str] = field(default=frozenset(), repr=False)
    auth_method: str = "SESSION"
    auth_id: str = ""
    delegation: Delegation | None = None
    ip: str = ""
    user_agent: str = ""
    request_id: str = ""
    now: datetime

    def can(self, *permissions: Permission | None) -> bool:
        """Whether the actor holds at least one of the permissions."""
        return any(permission in self.permissions for permission in permissions if permission)

    def require(self, *permissions: Permission) -> None:
        """Raise NotPermitted unless the actor holds at least one of the permissions."""
        if not self.can(*permissions):
            raise NotPermitted(permissions[0])

    def outranks(self, permissions: frozenset[str]) -> bool:
        """Whether whoever acts may do all of this themselves, or may give it to themselves."""
        mine = self.permissions | self.standing
        return Permission.USER_ACCESS_MANAGE in mine or permissions <= mine

    @property
    def organization(self) -> uuid.UUID:
        """The organisation acted for; raises if there is none."""
        if self.organization_id is None:
            raise NotPermitted("organization")
        return self.organization_id
