"""/api/v2/roles and /api/v2/permissions: built-in roles, the organization's own, and what they can permit."""

import uuid
from typing import Annotated, Literal

import msgspec
from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Lower
from msgspec import UNSET, UnsetType

from accounts import roles
from accounts.builtin_roles import ROLES
from accounts.models import Member, Role
from accounts.permissions import CATALOGUE, DEPRECATED
from accounts.permissions import Permission as P
from api.door import Call
from api.operations import Rate, operation
from api.paging import Paging, found, order_of, page_of
from api.v2 import links, users
from api.v2.payloads import accounts as payloads
from api.v2.representations import accounts as shown

TAG = "Roles"
MISSING = "Role not found"
COLUMNS = {"name": "shown_key", "modified_at": "modified_at", "user_count": "user_count"}
RESTRICTED = frozenset(entry.name for entry in CATALOGUE.values() if entry.restricted) - DEPRECATED
"""What every new role permits unless it opts out."""


IDS = "^[0-9a-fA-F-]{36}(,[0-9a-fA-F-]{36})*$"


class RoleQuery(Paging):
    sort: Literal["name", "-name", "modified_at", "-modified_at", "user_count", "-user_count"] = "name"
    filter: Annotated[str, msgspec.Meta(max_length=128)] = ""
    ids: Annotated[str, msgspec.Meta(pattern=IDS, max_length=3700)] | UnsetType = msgspec.field(
        name="filter[id]", default=UNSET
    )


class RoleUserQuery(Paging):
    sort: Literal["name", "-name", "email", "-email", "status", "-status"] = "name"
    filter: Annotated[str, msgspec.Meta(max_length=128)] = ""


class PermissionQuery(msgspec.Struct):
    include_scopes: bool = False


@operation(tag=TAG, needs=(P.USER_ACCESS_READ,))
def list_roles(call: Call, query: RoleQuery) -> shown.RolesDocument:
    """List the built-in roles and the organization's own."""
    every = _roles(call)
    rows = every.filter(shown_name__icontains=query.filter) if query.filter else every
    if query.ids is not UNSET:
        rows = rows.filter(pk__in=_ids(query.ids))
    rows = rows.order_by(*order_of(query.sort, COLUMNS))
    return shown.RolesDocument(
        data=[shown.role(role) for role in page_of(rows, query)],
        meta=shown.CountsMeta(shown.Counts(every.count(), rows.count())),
    )


def _roles(call: Call) -> QuerySet[Role]:
    """With their counts, and the names that programs know them by."""
    cases = [When(slug=role.slug, then=Value(role.known_as)) for role in ROLES]
    name = Case(*cases, default=F("name"), output_field=CharField())
    counted = Role.objects.of(call.organization.id).with_user_count(call.organization.id)
    return counted.annotate(shown_name=name, shown_key=Lower(name))


def _ids(text: str) -> list[uuid.UUID]:
    return [links.identity(word.strip(), "filter[id]") for word in text.split(",") if word.strip()]


@operation(tag=TAG, needs=(P.USER_ACCESS_MANAGE,), conflict=409, rate=Rate.WRITE)
def create_role(call: Call, body: payloads.RoleCreate) -> shown.RoleDocument:
    """Create a role."""
    asked = body.data
    listed = asked.relationships.permissions
    names = links.permission_names(listed.data if isinstance(listed, payloads.PermissionRefs) else [])
    names |= frozenset() if asked.attributes.default_permissions_opt_out else RESTRICTED
    made = roles.create(name=asked.attributes.name, permissions=names, by=call.actor)
    return _document(call, made.id)


@operation(tag=TAG, needs=(P.USER_ACCESS_READ,))
def get_role(call: Call, role_id: str) -> shown.RoleDocument:
    """Get a role."""
    return shown.RoleDocument(shown.role(_role(call, role_id)))


@operation(tag=TAG, needs=(P.USER_ACCESS_MANAGE,), conflict=409, rate=Rate.WRITE)
def update_role(call: Call, role_id: str, body: payloads.RoleUpdate) -> shown.RoleDocument:
    """Rename a role, or replace what it permits."""
    asked, role = body.data, _role(call, role_id)
    names = None
    if isinstance(asked.relationships.permissions, payloads.PermissionRefs):
        names = links.permission_names(asked.relationships.permissions.data)
        names |= frozenset() if asked.attributes.default_permissions_opt_out else RESTRICTED
    name = None if asked.attributes.name is UNSET else asked.attributes.name
    roles.edit(role.id, name=name, permissions=names, by=call.actor)
    return _document(call, role.id)


@operation(tag=TAG, needs=(P.USER_ACCESS_MANAGE,), status=204, refusal=403, rate=Rate.WRITE)
def delete_role(call: Call, role_id: str) -> None:
    """Delete a role of the organization's own. Whoever holds it loses what it permits."""
    roles.delete(_role(call, role_id).id, by=call.actor)


@operation(tag=TAG, needs=(P.USER_ACCESS_MANAGE,), conflict=409, rate=Rate.WRITE)
def clone_role(call: Call, role_id: str, body: payloads.RoleClone) -> shown.RoleDocument:
    """Create a role that permits what another one does."""
    original = _role(call, role_id)
    return _document(call, roles.clone(original.id, name=body.data.attributes.name, by=call.actor).id)


@operation(tag=TAG, needs=(P.USER_ACCESS_READ,))
def list_role_permissions(call: Call, role_id: str) -> shown.PermissionsDocument:
    """List what a role permits."""
    return shown.PermissionsDocument(shown.permissions(_role(call, role_id).permissions))


@operation(tag=TAG, needs=(P.USER_ACCESS_MANAGE,), rate=Rate.WRITE)
def add_permission_to_role(call: Call, role_id: str, body: payloads.RolePermission) -> shown.PermissionsDocument:
    """Let a role permit more."""
    role, names = _role(call, role_id), _named(body)
    return shown.PermissionsDocument(
        shown.permissions(roles.grant(role.id, permissions=names, by=call.actor).permissions)
    )


@operation(tag=TAG, needs=(P.USER_ACCESS_MANAGE,), rate=Rate.WRITE)
def remove_permission_from_role(call: Call, role_id: str, body: payloads.RolePermission) -> shown.PermissionsDocument:
    """Let a role permit less."""
    role, names = _role(call, role_id), _named(body)
    return shown.PermissionsDocument(
        shown.permissions(roles.withhold(role.id, permissions=names, by=call.actor).permissions)
    )


def _named(body: payloads.RolePermission) -> frozenset[str]:
    return links.permission_names(body.data if isinstance(body.data, list) else [body.data])


@operation(tag=TAG, needs=(P.USER_ACCESS_READ,))
def list_role_users(call: Call, role_id: str, query: RoleUserQuery) -> shown.UsersDocument:
    """List the users and service accounts that hold a role."""
    holders = _holders(call, _role(call, role_id))
    return users.listed(holders, users.ordered(users.matching(holders, query.filter), query.sort), query)


@operation(tag=TAG, needs=(P.USER_ACCESS_MANAGE,), rate=Rate.WRITE)
def add_user_to_role(call: Call, role_id: str, body: payloads.RoleUser) -> shown.UsersDocument:
    """Give a role to a user or service account."""
    role, member = _role(call, role_id), _member(call, body)
    roles.add_member(role.id, member.id, by=call.actor)
    return _all_holders(call, role)


@operation(tag=TAG, needs=(P.USER_ACCESS_MANAGE,), refusal=403, rate=Rate.WRITE)
def remove_user_from_role(call: Call, role_id: str, body: payloads.RoleUser) -> shown.UsersDocument:
    """Take a role from a user or service account. The last admin keeps theirs."""
    role, member = _role(call, role_id), _member(call, body)
    roles.remove_member(role.id, member.id, by=call.actor)
    return _all_holders(call, role)


def _member(call: Call, body: payloads.RoleUser) -> Member:
    return found(Member.objects.of(call.organization.id), body.data.id, f"{body.data.id[:64]} not found")


def _holders(call: Call, role: Role) -> QuerySet[Member]:
    return Member.objects.of(call.organization.id).with_role(role.id)


def _all_holders(call: Call, role: Role) -> shown.UsersDocument:
    """The first hundred, as clients of this address expect without asking for a page."""
    holders = _holders(call, role)
    return users.listed(holders, users.ordered(holders, "name"), Paging(size=100))


@operation(tag=TAG, needs=(P.USER_ACCESS_READ,))
def list_permissions(call: Call, query: PermissionQuery) -> shown.PermissionsDocument:
    """List every permission there is. Each can be a scope too."""
    return shown.PermissionsDocument(shown.permissions(frozenset(CATALOGUE)))


@operation(tag=TAG, needs=(P.USER_ACCESS_READ,))
def list_role_templates(call: Call) -> shown.RoleTemplatesDocument:
    """List what roles can be made from: the built-in ones."""
    return shown.RoleTemplatesDocument([shown.role_template(role) for role in ROLES])


def _role(call: Call, role_id: str) -> Role:
    return found(_roles(call), role_id, MISSING)


def _document(call: Call, role_id: uuid.UUID) -> shown.RoleDocument:
    return shown.RoleDocument(shown.role(_roles(call).get(pk=role_id)))
