"""The one table of credentials. The constraints are generated from the declarations in keys.kinds."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.models import Member, Organization, Sort
from keys.kinds import KINDS, Kind, Rule
from keys.models.fields import KindField


class State(models.TextChoices):
    """Where a credential stands. Derived from timestamps and its owner, never stored."""

    ACTIVE = "active", _("Active")
    EXPIRED = "expired", _("Expired")
    BLOCKED = "blocked", _("Blocked")
    OWNER_DISABLED = "owner_disabled", _("Owner disabled")
    REVOKED = "revoked", _("Revoked")


def _values(kinds: Iterable[Kind]) -> list[str]:
    return [kind.value for kind in kinds]


class Where:
    """What can be true of a credential, each said once: lists narrow by it, counts count by it."""

    @staticmethod
    def live() -> Q:
        return Q(revoked_at__isnull=True)

    @staticmethod
    def counted() -> Q:
        """What has a place in the quota and holds its name: one that was replaced has left both to its successor."""
        return Where.live() & Q(replaced_at__isnull=True)

    @staticmethod
    def being_rotated(now: datetime) -> Q:
        """Replaced, and still good until the overlap ends."""
        return Where.live() & Q(replaced_at__isnull=False) & (Q(retires_at__isnull=True) | Q(retires_at__gt=now))

    @staticmethod
    def waiting() -> Q:
        """Replaced, and good until a day after the first use of its successor; for ever, if there is none."""
        return Where.live() & Q(replaced_at__isnull=False, retires_at__isnull=True)

    @staticmethod
    def revoked() -> Q:
        return Q(revoked_at__isnull=False)

    @staticmethod
    def active(now: datetime) -> Q:
        return Where.live() & ~Where._past(now)

    @staticmethod
    def expired(now: datetime) -> Q:
        return Where.live() & Where._past(now)

    @staticmethod
    def ended(now: datetime) -> Q:
        """No longer good for anything: revoked or expired."""
        return Where.revoked() | Where._past(now)

    @staticmethod
    def _past(now: datetime) -> Q:
        """Its own end has come, or that of the overlap with its successor."""
        return Q(expires_at__isnull=False, expires_at__lte=now) | Q(retires_at__isnull=False, retires_at__lte=now)

    @staticmethod
    def blocked(now: datetime) -> Q:
        return Where.live() & Q(blocked_at__isnull=False) & (Q(blocked_until__isnull=True) | Q(blocked_until__gt=now))

    @staticmethod
    def expiring(now: datetime, *, within: timedelta) -> Q:
        return Where.live() & Q(expires_at__gt=now, expires_at__lte=now + within)

    @staticmethod
    def unscoped() -> Q:
        """With all of the owner's access, where scopes could have narrowed it."""
        narrowable = _values(kind for kind in KINDS if kind.scopes is Rule.OPTIONAL)
        return Where.live() & Q(kind__in=narrowable, scopes__isnull=True)

    @staticmethod
    def never_used() -> Q:
        return Where.live() & Q(last_used_at__isnull=True)

    @staticmethod
    def unused_since(moment: datetime) -> Q:
        """There already at the moment, and never used from then on."""
        long_ago = Q(last_used_at__isnull=True) | Q(last_used_at__lt=moment)
        return Where.live() & Q(created_at__lt=moment) & long_ago

    @staticmethod
    def in_browser() -> Q:
        """Seen where everybody can read it."""
        return Where.live() & Q(sighting__isnull=False)

    @staticmethod
    def unknown_owner() -> Q:
        """Of the organisation's own, those nobody is named for; or only somebody who has left, and no team."""
        owned = Q(kind__in=_values(kind for kind in KINDS if kind.belongs_to_organization))
        gone = Q(ownership__member__isnull=True) | Q(ownership__member__disabled_at__isnull=False)
        nobody = Q(ownership__isnull=True) | (Q(ownership__team="") & gone)
        return Where.live() & owned & nobody


class CredentialQuerySet(models.QuerySet["Credential"]):
    def of(self, organization_id: uuid.UUID) -> Self:
        return self.filter(organization_id=organization_id)

    def of_kind(self, kind: Kind) -> Self:
        return self.filter(kind=kind)

    def owned_by(self, member: Member) -> Self:
        return self.filter(owner=member)

    def live(self) -> Self:
        """Not revoked: what counts for limits and names."""
        return self.filter(Where.live())

    def where(self, rule: Q) -> Self:
        """Those a rule of Where holds for."""
        return self.filter(rule)

    def matching(self, words: str) -> Self:
        """By name, by who owns it or looks after it, by team or environment, or exactly the last four characters or the
        id."""
        found = Q(name__icontains=words) | Q(owner__name__icontains=words) | Q(last4__iexact=words)
        for field in ("member__name", "team", "environment"):
            found |= Q(**{f"ownership__{field}__icontains": words})
        try:
            return self.filter(found | Q(pk=uuid.UUID(words)))
        except ValueError:
            return self.filter(found)

    def visible_to(self, actor: Actor) -> Self:
        """What the actor may know of: by permission, by owning it, or by managing the service account that does."""
        seen = Q(pk__in=[])
        for kind in KINDS:
            if actor.can(kind.rights.read):
                seen |= Q(kind=kind)
            elif actor.can(kind.rights.service_account):
                seen |= Q(kind=kind, owner__sort=Sort.SERVICE_ACCOUNT)
            if actor.can(kind.rights.own) and not actor.can(kind.rights.read):
                seen |= Q(kind=kind, owner_id=actor.id)
        return self.of(actor.organization).filter(seen)

    def with_people(self) -> Self:
        return self.select_related("owner", "created_by", "modified_by", "ownership__member", "replaces")

    def with_browsers(self) -> Self:
        """With what concerns browsers: what a client token may be used for, and where an API key was seen."""
        return self.select_related("use__application", "sighting")

    def replaced_by(self, credential: "Credential") -> Self:
        """The one that it is the successor of, if it is any's."""
        return self.filter(pk=credential.replaces_id) if credential.replaces_id else self.none()

    def carried_by(self, application_id: uuid.UUID) -> Self:
        """The client tokens in the pages of a RUM application."""
        return self.filter(use__application_id=application_id)


def _owner_rule() -> Q:
    by_organization = _values(kind for kind in KINDS if kind.belongs_to_organization)
    return Q(kind__in=by_organization, owner__isnull=True) | (~Q(kind__in=by_organization) & Q(owner__isnull=False))


def _presence_rule(field: str, rules: dict[str, Rule]) -> Q:
    none = [value for value, rule in rules.items() if rule is Rule.NONE]
    required = [value for value, rule in rules.items() if rule is Rule.REQUIRED]
    optional = [value for value, rule in rules.items() if rule is Rule.OPTIONAL]
    return (
        Q(**{"kind__in": none, f"{field}__isnull": True})
        | Q(**{"kind__in": required, f"{field}__isnull": False})
        | Q(kind__in=optional)
    )


class Credential(models.Model):
    """A text that lets a program in. Of the text itself only a fingerprint and the last four characters are kept,
    except where the kind is public.

    One that is being rotated is `replaced_at` and good until it `retires_at`; while that is not set, it waits for the
    first use of its successor. One that is `blocked_at` is refused until `blocked_until`, or until somebody lifts it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="credentials")
    kind = KindField()
    owner = models.ForeignKey(Member, models.PROTECT, null=True, related_name="credentials")
    created_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=128)
    name_key = models.CharField(max_length=512)
    scopes = models.JSONField(null=True)
    fingerprint = models.BinaryField(max_length=32, unique=True)
    pepper = models.PositiveSmallIntegerField()
    last4 = models.CharField(max_length=4)
    public_text = models.CharField(max_length=64, null=True)  # noqa: DJ001 - absent, not empty, where not public
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField(null=True)
    modified_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    last_used_at = models.DateTimeField(null=True)
    last_used_client = models.CharField(max_length=40, default="")
    last_used_network = models.CharField(max_length=64, default="")
    category = models.CharField(max_length=64, default="default")
    remote_config_read_enabled = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="successors")
    replaced_at = models.DateTimeField(null=True)
    retires_at = models.DateTimeField(null=True)
    blocked_at = models.DateTimeField(null=True)
    blocked_until = models.DateTimeField(null=True)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="credential_kind_is_declared", condition=Q(kind__in=_values(KINDS))),
            models.CheckConstraint(name="credential_owner_fits_kind", condition=_owner_rule()),
            models.CheckConstraint(
                name="credential_scopes_fit_kind",
                condition=_presence_rule("scopes", {kind.value: kind.scopes for kind in KINDS}),
            ),
            models.CheckConstraint(
                name="credential_expiry_fits_kind",
                condition=_presence_rule("expires_at", {kind.value: kind.expiry for kind in KINDS}),
            ),
            models.CheckConstraint(
                name="credential_text_only_where_public",
                condition=_presence_rule(
                    "public_text",
                    {k.value: Rule.REQUIRED if k.is_public else Rule.NONE for k in KINDS},
                ),
            ),
            models.UniqueConstraint(
                name="credential_name_once_per_organization",
                fields=["organization", "kind", "name_key"],
                condition=Where.counted() & Q(kind__in=_values(k for k in KINDS if not k.unique_per_owner)),
            ),
            models.UniqueConstraint(
                name="credential_name_once_per_owner",
                fields=["owner", "kind", "name_key"],
                condition=Where.counted() & Q(kind__in=_values(k for k in KINDS if k.unique_per_owner)),
            ),
            models.UniqueConstraint(
                name="credential_has_one_successor", fields=["replaces"], condition=Q(revoked_at__isnull=True)
            ),
            models.CheckConstraint(
                name="credential_retires_once_replaced",
                condition=Q(retires_at__isnull=True) | Q(replaced_at__isnull=False),
            ),
            models.CheckConstraint(
                name="credential_unblocked_once_blocked",
                condition=Q(blocked_until__isnull=True) | Q(blocked_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "kind", "-created_at", "-id"], name="credential_newest"),
            models.Index(fields=["owner", "kind"], name="credential_by_owner"),
        ]

    def __str__(self) -> str:
        return self.name

    def state(self, now: datetime) -> State:
        """Where it stands now. Reads the owner, if there is one."""
        if self.revoked_at:
            return State.REVOKED
        if self.ends_at and self.ends_at <= now:
            return State.EXPIRED
        if self.is_blocked(now):
            return State.BLOCKED
        return State.OWNER_DISABLED if self.owner and self.owner.disabled_at else State.ACTIVE

    @property
    def ends_at(self) -> datetime | None:
        """When it stops being good by itself: at its own end, or at that of the overlap with its successor."""
        return min(filter(None, (self.expires_at, self.retires_at)), default=None)

    def is_blocked(self, now: datetime) -> bool:
        """Whether it is refused for now."""
        return self.blocked_at is not None and (self.blocked_until is None or self.blocked_until > now)

    @property
    def is_unscoped(self) -> bool:
        """Whether it has all of its owner's access though it could have less."""
        return self.kind.scopes is Rule.OPTIONAL and self.scopes is None
