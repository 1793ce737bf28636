"""Users, service accounts, roles, permissions and organizations as the API gives them."""

import hashlib
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, UnsetType

from accounts.builtin_roles import BY_SLUG, BuiltinRole
from accounts.models import Member, Organization, Status
from accounts.models import Role as RoleRow
from accounts.permissions import CATALOGUE, DEPRECATED, CatalogueEntry
from api.v2.representations.shapes import (
    Moment,
    OrgLink,
    PermissionLink,
    RoleLink,
    ToOrg,
    ToPermissions,
    ToRoles,
    micros,
)
from keys import minting

PERMISSIONS_SINCE = micros(datetime(2020, 1, 1, tzinfo=UTC))
"""The catalogue does not say when a permission came; clients want a date."""


class Counts(msgspec.Struct):
    """How many there are, and how many the filters let through."""

    total_count: int
    total_filtered_count: int


class CountsMeta(msgspec.Struct):
    page: Counts


class UserAttributes(msgspec.Struct, kw_only=True):
    """`handle` is the e-mail address, or a service account's own id."""

    uuid: str
    name: str | None
    handle: str
    created_at: Moment
    modified_at: Moment
    email: str
    icon: str
    title: str | None
    verified: bool
    service_account: bool
    disabled: bool
    allowed_login_methods: list[str]
    status: str
    last_login_time: Moment | None
    mfa_enabled: bool = False


class UserRelationships(msgspec.Struct):
    roles: ToRoles
    org: ToOrg


class User(msgspec.Struct, tag_field="type", tag="users", kw_only=True):
    """A member of the organization: a person, or a service account."""

    id: str
    attributes: UserAttributes
    relationships: UserRelationships


class RoleAttributes(msgspec.Struct, kw_only=True):
    """`managed` roles are built in."""

    name: str
    created_at: Moment
    modified_at: Moment
    managed: bool
    user_count: int | UnsetType = UNSET
    receives_permissions_from: list[str] = []


class RoleRelationships(msgspec.Struct):
    permissions: ToPermissions


class Role(msgspec.Struct, tag_field="type", tag="roles", kw_only=True):
    """A set of permissions that members hold."""

    id: str
    attributes: RoleAttributes
    relationships: RoleRelationships


class PermissionAttributes(msgspec.Struct, kw_only=True):
    """`display_type` is read, write or other; every new role gets the `restricted` ones unless it opts out."""

    name: str
    display_name: str
    description: str
    created: Moment
    group_name: str
    display_type: str
    restricted: bool
    name_aliases: list[str] = []


class Permission(msgspec.Struct, tag_field="type", tag="permissions", kw_only=True):
    """Something that a role lets its members do, and a credential can be scoped to."""

    id: str
    attributes: PermissionAttributes


class OrgAttributes(msgspec.Struct, kw_only=True):
    name: str
    public_id: str
    description: str
    created_at: Moment
    modified_at: Moment
    disabled: bool
    sharing: str
    url: str


class Org(msgspec.Struct, tag_field="type", tag="orgs", kw_only=True):
    """An organization."""

    id: str
    attributes: OrgAttributes


class UserDocument(msgspec.Struct):
    data: User
    included: list[Role | Permission | Org] | UnsetType = UNSET


class UsersDocument(msgspec.Struct):
    data: list[User]
    meta: CountsMeta
    included: list[Role] | UnsetType = UNSET


class AnonymizeError(msgspec.Struct):
    """A user who was not anonymized, and why."""

    user_id: str
    error: str


class AnonymizedAttributes(msgspec.Struct):
    anonymize_errors: list[AnonymizeError]
    anonymized_user_ids: list[str]


class Anonymized(msgspec.Struct, tag_field="type", tag="anonymize_users_response", kw_only=True):
    """What became of the users named."""

    id: str
    attributes: AnonymizedAttributes


class AnonymizedDocument(msgspec.Struct):
    data: Anonymized


class RoleDocument(msgspec.Struct):
    data: Role


class RolesDocument(msgspec.Struct):
    data: list[Role]
    meta: CountsMeta


class RoleTemplateAttributes(msgspec.Struct):
    name: str
    description: str


class RoleTemplate(msgspec.Struct, tag_field="type", tag="roles", kw_only=True):
    """What a role can be made from."""

    id: str
    attributes: RoleTemplateAttributes


class RoleTemplatesDocument(msgspec.Struct):
    data: list[RoleTemplate]


class PermissionsDocument(msgspec.Struct):
    data: list[Permission]


def user(member: Member) -> User:
    """A member, with prefetched roles and person."""
    digest = hashlib.md5(member.email.encode(), usedforsecurity=False).hexdigest()
    last_login = member.person.last_login if member.person else None
    return User(
        id=str(member.id),
        attributes=UserAttributes(
            uuid=str(member.id),
            name=member.name if member.name_is_given else None,
            handle=str(member.id) if member.is_service_account else member.email,
            created_at=micros(member.created_at),
            modified_at=micros(member.modified_at or member.created_at),
            email=member.email,
            icon=f"https://secure.gravatar.com/avatar/{digest}?s=48&d=retro",
            title=member.title or None,
            verified=member.status is not Status.PENDING,
            service_account=member.is_service_account,
            disabled=member.disabled_at is not None,
            allowed_login_methods=[],
            status=member.status.value.capitalize(),
            last_login_time=micros(last_login) if last_login else None,
        ),
        relationships=UserRelationships(
            roles=ToRoles([RoleLink(str(held.id)) for held in member.roles]),
            org=ToOrg(OrgLink(str(member.organization_id))),
        ),
    )


def user_document(member: Member) -> UserDocument:
    """A member, with the roles they hold beside."""
    return UserDocument(user(member), included=[role(held) for held in member.roles] or UNSET)


def role(row: RoleRow) -> Role:
    """A role; with `user_count` if the row carries it."""
    return Role(
        id=str(row.id),
        attributes=RoleAttributes(
            name=BY_SLUG[row.slug].known_as if row.slug else row.name,
            created_at=micros(row.created_at),
            modified_at=micros(row.modified_at),
            managed=row.is_managed,
            user_count=getattr(row, "user_count", UNSET),
        ),
        relationships=RoleRelationships(
            ToPermissions([PermissionLink(str(CATALOGUE[name].id)) for name in sorted(row.permissions)])
        ),
    )


def role_template(declared: BuiltinRole) -> RoleTemplate:
    """A built-in role, to be cloned."""
    attributes = RoleTemplateAttributes(name=declared.known_as, description=str(declared.description))
    return RoleTemplate(id=str(declared.id), attributes=attributes)


def permission(entry: CatalogueEntry) -> Permission:
    """A permission of the catalogue."""
    return Permission(
        id=str(entry.id),
        attributes=PermissionAttributes(
            name=entry.name,
            display_name=entry.display_name,
            description=entry.display_name,
            created=PERMISSIONS_SINCE,
            group_name=entry.area,
            display_type=entry.type,
            restricted=entry.restricted,
        ),
    )


def permissions(names: frozenset[str]) -> list[Permission]:
    """Those of the catalogue with these names, in its order."""
    return [permission(entry) for entry in CATALOGUE.values() if entry.name in names - DEPRECATED]


def public_id(organization: Organization) -> str:
    """The organization's id as the first version of the API spells it: 22 digits of Base62."""
    return minting.base62(organization.id.int, minting.ID_LENGTH)


def org(organization: Organization, url: str) -> Org:
    """An organization, at home at this address."""
    moment = micros(organization.created_at)
    return Org(
        id=str(organization.id),
        attributes=OrgAttributes(
            name=organization.name,
            public_id=public_id(organization),
            description="",
            created_at=moment,
            modified_at=moment,
            disabled=False,
            sharing="none",
            url=url,
        ),
    )
