"""Roles: sets of permissions. The built-in ones are declared in code; each organisation adds its own."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.builtin_roles import BY_SLUG, ROLES, permissions_of
from accounts.models.organization import Organization

_PLACES = {role.slug: place for place, role in enumerate(ROLES)}


class RoleQuerySet(models.QuerySet["Role"]):
    def of(self, organization_id: uuid.UUID) -> Self:
        """The built-in ones and the organisation's own."""
        return self.filter(Q(organization__isnull=True) | Q(organization_id=organization_id))

    def custom(self) -> Self:
        return self.filter(organization__isnull=False)

    def matching(self, words: str) -> Self:
        """By name; a built-in one also by its name in the reader's language."""
        shown = [role.slug for role in ROLES if words.casefold() in str(role.label).casefold()]
        return self.filter(Q(name__icontains=words) | Q(slug__in=shown))

    def with_user_count(self, organization_id: uuid.UUID) -> Self:
        """Annotate `user_count`: the organisation's members who hold it and are not disabled."""
        held = MemberRole.objects.filter(
            role=OuterRef("pk"), member__organization_id=organization_id, member__disabled_at__isnull=True
        )
        counted = held.order_by().values("role").annotate(n=Count("pk")).values("n")
        return self.annotate(user_count=Coalesce(Subquery(counted), 0))


class Role(models.Model):
    """A set of permissions that members hold. Without an organisation it is built in, and `slug` names its declaration.

    `granted` is what a custom role permits, sorted; a built-in one permits what its declaration says.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, null=True, related_name="roles")
    slug = models.CharField(max_length=32, null=True, unique=True)  # noqa: DJ001 - absent where it is no declaration
    name = models.CharField(max_length=128)
    name_key = models.CharField(max_length=512)
    granted = models.JSONField(default=list)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()

    objects = RoleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="role_is_builtin_or_owned",
                condition=Q(slug__isnull=True, organization__isnull=False)
                | Q(slug__isnull=False, organization__isnull=True),
            ),
            models.UniqueConstraint(fields=["organization", "name_key"], name="role_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_managed(self) -> bool:
        """Whether it is built in: the same everywhere, changed by nobody."""
        return self.slug is not None

    @property
    def permissions(self) -> frozenset[str]:
        return permissions_of(self.slug, self.granted)

    @property
    def label(self) -> str:
        """Its name as the reader sees it."""
        return str(BY_SLUG[self.slug].label) if self.slug else self.name

    @property
    def description(self) -> str:
        """What a built-in one is for, in the reader's language."""
        return str(BY_SLUG[self.slug].description) if self.slug else ""


def in_order(roles: Iterable[Role]) -> list[Role]:
    """Built-in ones first, strongest first, then the others by name."""
    return sorted(roles, key=lambda role: (_PLACES.get(role.slug or "", len(_PLACES)), role.name_key))


class MemberRoleManager(models.Manager["MemberRole"]):
    def get_queryset(self) -> models.QuerySet["MemberRole"]:
        """Each with its role: nobody asks for one without the other."""
        return super().get_queryset().select_related("role")


class MemberRole(models.Model):
    """One role held by one member. Triggers keep the last active admin in place, and roles in their organisation."""

    member = models.ForeignKey("accounts.Member", models.CASCADE, related_name="assignments")
    role = models.ForeignKey(Role, models.PROTECT, related_name="assignments")

    objects = MemberRoleManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "role"], name="role_held_once")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.role_id}"
