"""What a control finds, and whom it asks: the value every finder gives."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from accounts.models import Member, MemberQuerySet
from keys import rotation
from keys.models import Credential, Where

SERVICE_ACCOUNT, MEMBER, ROLE = "service_account", "user", "role"


@dataclass(frozen=True, kw_only=True)
class Look:
    """Where and when a control looks, and its parameters as they are set there. `only` asks about one thing alone."""

    organization_id: uuid.UUID
    now: datetime
    parameters: Mapping[str, Any]
    only: uuid.UUID | None = None

    def days(self, name: str) -> timedelta:
        """A parameter that is a number of days."""
        return timedelta(days=self.parameters[name])

    def credentials(self) -> QuerySet[Credential]:
        """The organisation's credentials that let somebody in now, or would if they were asked, and are there to
        stay."""
        found = Credential.objects.of(self.organization_id).where(Where.active(self.now))
        found = found.where(rotation.rule_lasting(self.now)).select_related("owner", "created_by", "ownership__member")
        return found.filter(pk=self.only) if self.only else found

    def members(self) -> MemberQuerySet:
        """The organisation's people and programs."""
        found = Member.objects.of(self.organization_id)
        return found.filter(pk=self.only) if self.only else found


@dataclass(frozen=True, kw_only=True)
class Found:
    """One thing that a control found: what it is, whoever is responsible, and what there is to read about it."""

    resource_type: str
    resource_id: uuid.UUID
    label: str
    responsible_id: uuid.UUID | None = None
    facts: dict[str, Any] = field(default_factory=dict)
