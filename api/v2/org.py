"""/api/v2/org and /api/v2/org_configs: the organization and its settings."""

from typing import Annotated, Any

import msgspec
from django.conf import settings

from accounts import org_configs
from accounts.permissions import Permission as P
from api.answers import NotFound
from api.door import Call
from api.operations import Rate, operation
from api.v2.payloads import accounts as payloads
from api.v2.representations import org as shown
from api.v2.representations.accounts import org

TAG = "Organizations"


class OrgQuery(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(max_length=128)] = msgspec.field(name="filter[name]", default="")


@operation(tag=TAG)
def list_orgs(call: Call, query: OrgQuery) -> shown.ManagedOrgsDocument:
    """Get the organization of the caller. It manages no others."""
    matches = query.name.lower() in call.organization.name.lower()
    return shown.managed_orgs(call.organization, org(call.organization, settings.SITE_URL), listed=matches)


@operation(tag=TAG)
def list_org_configs(call: Call) -> shown.OrgConfigsDocument:
    """List the settings of the organization."""
    return shown.OrgConfigsDocument([shown.org_config(found) for found in org_configs.all_of(call.organization.id)])


@operation(tag=TAG)
def get_org_config(call: Call, org_config_name: str) -> shown.OrgConfigDocument:
    """Get one setting of the organization."""
    declared = _declared(org_config_name)
    setting = next(found for found in org_configs.all_of(call.organization.id) if found.declared is declared)
    return shown.OrgConfigDocument(shown.org_config(setting))


@operation(tag=TAG, needs=(P.ORG_MANAGEMENT,), rate=Rate.WRITE)
def update_org_config(call: Call, org_config_name: str, body: payloads.OrgConfigUpdate) -> shown.OrgConfigDocument:
    """Give a setting of the organization another value."""
    value: Any = body.data.attributes.value
    return shown.OrgConfigDocument(
        shown.org_config(org_configs.change(_declared(org_config_name), value, by=call.actor))
    )


def _declared(name: str) -> org_configs.Declared:
    if name not in org_configs.DECLARED:
        raise NotFound(f"OrgConfig: {name[:64]} not found")
    return org_configs.DECLARED[name]
