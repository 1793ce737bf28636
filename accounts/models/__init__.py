"""The tables of the accounts room."""

from accounts.models.invitation import Invitation
from accounts.models.manager import Manager
from accounts.models.member import Member, MemberQuerySet, Sort, Status
from accounts.models.org_config import OrgConfig
from accounts.models.organization import Organization, OrganizationQuerySet
from accounts.models.person import Person
from accounts.models.role import MemberRole, Role, RoleQuerySet, in_order

__all__ = [
    "Invitation",
    "Manager",
    "Member",
    "MemberQuerySet",
    "MemberRole",
    "OrgConfig",
    "Organization",
    "OrganizationQuerySet",
    "Person",
    "Role",
    "RoleQuerySet",
    "Sort",
    "Status",
    "in_order",
]
