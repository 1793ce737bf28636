"""What payloads are put together from."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from accounts import names
from api.paging import DATE_TIME

Name = Annotated[str, Meta(min_length=1, max_length=names.MAXIMUM_LENGTH)]
Email = Annotated[str, Meta(min_length=3, max_length=254)]
Moment = Annotated[str, DATE_TIME]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Takes what it declares and nothing else."""


class UserRef(Strict, frozen=True):
    """A user or service account, by id."""

    id: str
    type: Literal["users"]


class RoleRef(Strict, frozen=True):
    """A role, by id."""

    id: str
    type: Literal["roles"]


class PermissionRef(Strict, frozen=True):
    """A permission, by id."""

    id: str
    type: Literal["permissions"]


class RoleRefs(Strict, frozen=True):
    data: list[RoleRef] = []


class PermissionRefs(Strict, frozen=True):
    data: list[PermissionRef] = []
