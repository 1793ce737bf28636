"""What representations are put together from: links and moments."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class UserLink(msgspec.Struct, tag_field="type", tag="users"):
    """A user or service account."""

    id: str


class ServiceAccountLink(msgspec.Struct, tag_field="type", tag="service_account"):
    """A service account, where the API tells it from a user."""

    id: str


class RoleLink(msgspec.Struct, tag_field="type", tag="roles"):
    """A role."""

    id: str


class PermissionLink(msgspec.Struct, tag_field="type", tag="permissions"):
    """A permission."""

    id: str


class OrgLink(msgspec.Struct, tag_field="type", tag="orgs"):
    """An organization."""

    id: str


class ToUser(msgspec.Struct):
    data: UserLink


class ToServiceAccount(msgspec.Struct):
    data: ServiceAccountLink


class ToRoles(msgspec.Struct):
    data: list[RoleLink]


class ToPermissions(msgspec.Struct):
    data: list[PermissionLink]


class ToOrg(msgspec.Struct):
    data: OrgLink


class LeakLink(msgspec.Struct, tag_field="type", tag="leaked_keys"):
    """A leak."""

    id: str


class ToLeak(msgspec.Struct):
    """The leak a key was last found in; null where none is known."""

    data: LeakLink | None = None


def micros(moment: datetime) -> str:
    """2026-01-31T09:00:00.000000+00:00, as the older services write it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def zulu(moment: datetime) -> str:
    """2026-01-31T09:00:00.000001Z, as the token service writes it: no trailing zeros."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00")
    return text.rstrip("0").rstrip(".") + "Z"
