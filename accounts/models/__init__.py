"""The tables of the accounts room."""

from accounts.models.invitation import Invitation
from accounts.models.member import Member, MemberQuerySet, MemberRole, Sort, Status
from accounts.models.organization import Organization, OrganizationQuerySet
from accounts.models.person import Person

__all__ = [
    "Invitation",
    "Member",
    "MemberQuerySet",
    "MemberRole",
    "Organization",
    "OrganizationQuerySet",
    "Person",
    "Sort",
    "Status",
]
