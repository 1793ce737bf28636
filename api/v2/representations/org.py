"""The organization and its settings as the API gives them."""

from typing import Any

import msgspec

from accounts.models import Organization
from accounts.org_configs import Setting
from api.v2.representations.accounts import Org
from api.v2.representations.shapes import Moment, OrgLink, ToOrg, micros


class ToOrgs(msgspec.Struct):
    data: list[OrgLink]


class ManagedOrgsRelationships(msgspec.Struct):
    current_org: ToOrg
    managed_orgs: ToOrgs


class ManagedOrgs(msgspec.Struct, tag_field="type", tag="managed_orgs", kw_only=True):
    """The caller's organization, and those it manages."""

    id: str
    relationships: ManagedOrgsRelationships


class ManagedOrgsDocument(msgspec.Struct):
    data: ManagedOrgs
    included: list[Org]


class OrgConfigAttributes(msgspec.Struct, kw_only=True):
    """`value` is of the type that `value_type` names: bool, or string[]."""

    name: str
    description: str
    value_type: str
    value: Any
    modified_at: Moment | None


class OrgConfig(msgspec.Struct, tag_field="type", tag="org_configs", kw_only=True):
    """A setting of the organization."""

    id: str
    attributes: OrgConfigAttributes


class OrgConfigDocument(msgspec.Struct):
    data: OrgConfig


class OrgConfigsDocument(msgspec.Struct):
    data: list[OrgConfig]


def managed_orgs(organization: Organization, org: Org, *, listed: bool) -> ManagedOrgsDocument:
    """The organization, included if it is `listed`."""
    link = OrgLink(str(organization.id))
    relationships = ManagedOrgsRelationships(ToOrg(link), ToOrgs([link] if listed else []))
    data = ManagedOrgs(id=str(organization.id), relationships=relationships)
    return ManagedOrgsDocument(data, [org] if listed else [])


def org_config(setting: Setting) -> OrgConfig:
    """A setting."""
    return OrgConfig(
        id=str(setting.id),
        attributes=OrgConfigAttributes(
            name=setting.declared.name,
            description=setting.declared.description,
            value_type=setting.declared.type,
            value=setting.value,
            modified_at=micros(setting.modified_at) if setting.modified_at else None,
        ),
    )
