"""What the API takes of users, service accounts, roles, invitations and organizations."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from api.v2.payloads.shapes import Email, Name, PermissionRef, PermissionRefs, RoleRefs, Strict, UserRef

Title = Annotated[str, Meta(max_length=128)]


class WithRoles(Strict, frozen=True):
    roles: RoleRefs = RoleRefs()


# Users -------------------------------------------------------------------------------------------------------
class UserCreateAttributes(Strict, frozen=True):
    email: Email
    name: Name | None = None
    title: Title | None = None


class UserCreateData(Strict, frozen=True):
    type: Literal["users"]
    attributes: UserCreateAttributes
    relationships: WithRoles = WithRoles()


class UserCreate(Strict, frozen=True):
    """A new user, Pending until they accept an invitation, which is another request."""

    data: UserCreateData


class UserUpdateAttributes(Strict, frozen=True):
    """The e-mail address of somebody who has joined is how they sign in, and cannot be changed here."""

    name: Name | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    title: Title | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET


class UserUpdateData(Strict, frozen=True):
    type: Literal["users"]
    id: str
    attributes: UserUpdateAttributes


class UserUpdate(Strict, frozen=True):
    """Changes to a user or service account. What is left out stays."""

    data: UserUpdateData


class ServiceAccountCreateAttributes(Strict, frozen=True):
    """Without a name it gets one from the e-mail address."""

    email: Email
    service_account: Literal[True]
    name: Name | None = None
    title: Title | None = None


class ServiceAccountCreateData(Strict, frozen=True):
    type: Literal["users"]
    attributes: ServiceAccountCreateAttributes
    relationships: WithRoles = WithRoles()


class ServiceAccountCreate(Strict, frozen=True):
    """A new service account, active at once."""

    data: ServiceAccountCreateData


# Invitations -------------------------------------------------------------------------------------------------
class OneUserRef(Strict, frozen=True):
    data: UserRef


class WithUser(Strict, frozen=True):
    user: OneUserRef


class InvitationData(Strict, frozen=True):
    type: Literal["user_invitations"]
    relationships: WithUser


class InvitationsCreate(Strict, frozen=True):
    """Links by e-mail to users who have not joined yet."""

    data: Annotated[list[InvitationData], Meta(min_length=1, max_length=100)]


class AnonymizeAttributes(Strict, frozen=True):
    user_ids: Annotated[list[str], Meta(min_length=1, max_length=100)]


class AnonymizeData(Strict, frozen=True):
    type: Literal["anonymize_users_request"]
    attributes: AnonymizeAttributes
    id: str = ""


class Anonymize(Strict, frozen=True):
    """The users whose names and addresses are to be taken out, for good."""

    data: AnonymizeData


# Roles -------------------------------------------------------------------------------------------------------
class RoleCreateAttributes(Strict, frozen=True):
    """A role gets the restricted permissions too, unless it opts out."""

    name: Name
    default_permissions_opt_out: bool = False
    receives_permissions_from: Annotated[list[str], Meta(max_length=100)] = []


class WithPermissions(Strict, frozen=True):
    permissions: PermissionRefs | UnsetType = UNSET


class RoleCreateData(Strict, frozen=True):
    attributes: RoleCreateAttributes
    type: Literal["roles"] = "roles"
    relationships: WithPermissions = WithPermissions()


class RoleCreate(Strict, frozen=True):
    """A new role with these permissions."""

    data: RoleCreateData


class RoleUpdateAttributes(Strict, frozen=True):
    name: Name | UnsetType = UNSET
    default_permissions_opt_out: bool = False
    receives_permissions_from: Annotated[list[str], Meta(max_length=100)] = []
    user_count: int | UnsetType = UNSET


class RoleUpdateData(Strict, frozen=True):
    type: Literal["roles"]
    id: str
    attributes: RoleUpdateAttributes
    relationships: WithPermissions = WithPermissions()


class RoleUpdate(Strict, frozen=True):
    """Another name for a role, or in place of all its permissions these. What is left out stays."""

    data: RoleUpdateData


class RoleCloneAttributes(Strict, frozen=True):
    name: Name
    receives_permissions_from: Annotated[list[str], Meta(max_length=100)] = []


class RoleCloneData(Strict, frozen=True):
    type: Literal["roles"]
    attributes: RoleCloneAttributes


class RoleClone(Strict, frozen=True):
    """The name of the copy."""

    data: RoleCloneData


class RolePermission(Strict, frozen=True):
    """One permission, or several."""

    data: PermissionRef | Annotated[list[PermissionRef], Meta(min_length=1, max_length=500)]


class RoleUser(Strict, frozen=True):
    """One user or service account."""

    data: UserRef


# Organizations -----------------------------------------------------------------------------------------------
class OrgConfigUpdateAttributes(Strict, frozen=True):
    value: Any


class OrgConfigData(Strict, frozen=True):
    type: Literal["org_configs"]
    attributes: OrgConfigUpdateAttributes
    id: str = ""


class OrgConfigUpdate(Strict, frozen=True):
    """Another value for a setting of the organization."""

    data: OrgConfigData
