"""/api/v1/org: the organization, as the first version gives it."""

from datetime import UTC
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from accounts import organizations
from accounts.models import Organization
from accounts.permissions import Permission as P
from api.answers import NotFound
from api.door import Call
from api.operations import Rate, operation
from api.v2.payloads.shapes import Name, Strict
from api.v2.representations.accounts import public_id as public_id_of

TAG = "Organizations"
NAME_LENGTH = 32
"""Clients of this version refuse a longer name."""


class OrgUpdate(Strict, frozen=True):
    """Another name. The other properties clients send along are without effect."""

    name: Name | UnsetType = UNSET
    public_id: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    billing: dict[str, Any] | UnsetType = UNSET
    subscription: dict[str, Any] | UnsetType = UNSET
    settings: dict[str, Any] | UnsetType = UNSET
    trial: bool | UnsetType = UNSET
    created: str | UnsetType = UNSET


class OrgV1(msgspec.Struct):
    """An organization; a name of more than 32 characters is cut here."""

    name: Annotated[str, Meta(max_length=NAME_LENGTH)]
    public_id: str
    created: str
    description: str


class OrgV1Document(msgspec.Struct):
    org: OrgV1


class OrgsV1Document(msgspec.Struct):
    orgs: list[OrgV1]


@operation(tag=TAG, needs=(P.ORG_MANAGEMENT,))
def list_orgs_v1(call: Call) -> OrgsV1Document:
    """List the organization of the caller."""
    return OrgsV1Document([_org(call.organization)])


@operation(tag=TAG, needs=(P.ORG_MANAGEMENT,))
def get_org_v1(call: Call, public_id: str) -> OrgV1Document:
    """Get the organization of the caller."""
    _check(call, public_id)
    return OrgV1Document(_org(call.organization))


@operation(tag=TAG, needs=(P.ORG_MANAGEMENT,), conflict=409, rate=Rate.WRITE)
def update_org_v1(call: Call, public_id: str, body: OrgUpdate) -> OrgV1Document:
    """Rename the organization."""
    _check(call, public_id)
    if body.name is UNSET:
        return OrgV1Document(_org(call.organization))
    return OrgV1Document(_org(organizations.rename(name=body.name, by=call.actor)))


def _check(call: Call, public_id: str) -> None:
    if public_id not in {public_id_of(call.organization), str(call.organization.id)}:
        raise NotFound("Organization not found")


def _org(organization: Organization) -> OrgV1:
    return OrgV1(
        name=organization.name[:NAME_LENGTH],
        public_id=public_id_of(organization),
        created=organization.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        description="",
    )
