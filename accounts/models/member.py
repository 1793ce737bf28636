"""Members: a person, or a service account, in one organisation."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.organization import Organization
from accounts.models.person import Person
from accounts.models.role import Role, in_order


class Sort(models.TextChoices):
    """Whether a member is a person or a program."""

    USER = "user", _("Member")
    SERVICE_ACCOUNT = "service_account", _("Service account")


class Status(models.TextChoices):
    """Where a member stands. Derived from timestamps, never stored."""

    PENDING = "pending", _("Pending")
    ACTIVE = "active", _("Active")
    DISABLED = "disabled", _("Disabled")


class MemberQuerySet(models.QuerySet["Member"]):
    def of(self, organization_id: uuid.UUID) -> Self:
        return self.filter(organization_id=organization_id)

    def users(self) -> Self:
        return self.filter(sort=Sort.USER)

    def service_accounts(self) -> Self:
        return self.filter(sort=Sort.SERVICE_ACCOUNT)

    def active(self) -> Self:
        return self.filter(activated_at__isnull=False, disabled_at__isnull=True)

    def in_state(self, status: Status) -> Self:
        if status is Status.DISABLED:
            return self.filter(disabled_at__isnull=False)
        return self.filter(disabled_at__isnull=True, activated_at__isnull=status is Status.PENDING)

    def with_role(self, role_id: uuid.UUID) -> Self:
        return self.filter(assignments__role=role_id)

    def matching(self, words: str) -> Self:
        return self.filter(Q(name__icontains=words) | Q(email__icontains=words))

    def with_roles(self) -> Self:
        return self.prefetch_related("assignments")


class Member(models.Model):
    """Somebody, or some program, that can own credentials and hold roles in one organisation.

    A user is Pending until the invitation is accepted. A service account has no person and is Active from the start.
    `modified_at` is empty until something about them has changed, their roles included; `name_is_given` is false while
    the name is only what their address suggests.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="members")
    sort = models.CharField(max_length=16, choices=Sort)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="memberships")
    name = models.CharField(max_length=128)
    name_key = models.CharField(max_length=512)
    name_is_given = models.BooleanField(default=True)
    email = models.EmailField(max_length=254)
    title = models.CharField(max_length=128, default="", blank=True)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField(null=True)
    activated_at = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="member_is_person_or_program",
                condition=Q(sort=Sort.SERVICE_ACCOUNT, person__isnull=True, activated_at__isnull=False)
                | (Q(sort=Sort.USER) & (Q(activated_at__isnull=True) | Q(person__isnull=False))),
            ),
            models.UniqueConstraint(fields=["organization", "person"], name="member_once_per_organization"),
            models.UniqueConstraint(
                fields=["organization", "email"], condition=Q(sort=Sort.USER), name="member_email_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "name_key"],
                condition=Q(sort=Sort.SERVICE_ACCOUNT),
                name="service_account_name_once",
            ),
        ]
        indexes = [models.Index(fields=["organization", "sort", "name_key"], name="member_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_service_account(self) -> bool:
        return self.sort == Sort.SERVICE_ACCOUNT

    @property
    def status(self) -> Status:
        if self.disabled_at:
            return Status.DISABLED
        return Status.ACTIVE if self.activated_at else Status.PENDING

    @property
    def role_ids(self) -> frozenset[uuid.UUID]:
        """The ids of the roles held; one query unless prefetched by `with_roles`."""
        return frozenset(assignment.role_id for assignment in self.assignments.all())

    @property
    def roles(self) -> list[Role]:
        """The roles held: built-in ones first, strongest first, then by name. One query unless prefetched."""
        return in_order(assignment.role for assignment in self.assignments.all())

    @property
    def permissions(self) -> frozenset[str]:
        """What the member's roles permit, together."""
        return frozenset().union(*(assignment.role.permissions for assignment in self.assignments.all()))
