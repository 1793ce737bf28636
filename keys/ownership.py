"""Who looks after a credential of the organisation, and what it is for."""

import uuid
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts import members, names
from accounts.actors import Actor
from accounts.models import Member, MemberQuerySet
from accounts.refusals import NotAllowed
from keys import minting
from keys.models import Credential, Ownership
from keys.models.ownership import LONGEST_NAME, LONGEST_PURPOSE

MOST_SUGGESTED = 200


@dataclass(frozen=True, kw_only=True)
class Owned:
    """What is said of it: a member, a team or both, and where and what for it is used. Nothing is an answer too."""

    member_id: uuid.UUID | None = None
    team: str = ""
    environment: str = ""
    purpose: str = ""


UNSAID = Owned()


@dataclass(frozen=True)
class Vocabulary:
    """The words an organisation uses already: teams, environments and purposes, each by name."""

    teams: list[str]
    environments: list[str]
    purposes: list[str]


def acting(by: Actor) -> Owned:
    """That whoever acts looks after it; nothing is said where no member acts."""
    member = members.acting(by)
    return Owned(member_id=member.pk) if member else UNSAID


def possible(organization_id: uuid.UUID) -> MemberQuerySet:
    """Who can be named: active members, then service accounts, by name."""
    return Member.objects.of(organization_id).active().order_by("-sort", "name_key", "pk")


def vocabulary(organization_id: uuid.UUID) -> Vocabulary:
    """What has been said so far. One query."""
    found = Ownership.objects.filter(credential__organization_id=organization_id)
    said = found.order_by().values_list("team", "environment", "purpose").distinct()[:MOST_SUGGESTED]
    columns = zip(*said, strict=True) if said else ((), (), ())
    return Vocabulary(*(sorted(filter(None, set(column))) for column in columns))


def of(credential: Credential) -> Ownership | None:
    """What is known, if anything is."""
    return getattr(credential, "ownership", None)


def checked(owned: Owned, *, organization_id: uuid.UUID, required: bool) -> Ownership:
    """As it will be stored. Raises NotAllowed with the field: owner, team, environment or purpose."""
    if required and not (owned.member_id or owned.team.strip()):
        raise NotAllowed("owner", _("Name an owner: a member, a service account or a team."))
    return Ownership(
        member=_member(owned.member_id, organization_id),
        team=_text("team", owned.team, LONGEST_NAME),
        environment=_text("environment", owned.environment, LONGEST_NAME),
        purpose=_text("purpose", owned.purpose, LONGEST_PURPOSE),
    )


def _member(member_id: uuid.UUID | None, organization_id: uuid.UUID) -> Member | None:
    if member_id is None:
        return None
    try:
        return Member.objects.of(organization_id).active().get(pk=member_id)
    except Member.DoesNotExist:
        raise NotAllowed("owner", _("Choose an active owner from the list.")) from None


def _text(field: str, text: str, longest: int) -> str:
    if not text.strip():
        return ""
    try:
        text = names.checked(text)
    except names.BadName as refusal:
        raise NotAllowed(field, refusal.message) from None
    if len(text) > longest:
        raise NotAllowed(field, _("Use %(longest)d characters or fewer.") % {"longest": longest})
    return minting.redacted(text)[:longest]


def told(ownership: Ownership) -> dict[str, object]:
    """What is said, as the audit trail keeps it."""
    return {
        "owner": ownership.member.name if ownership.member else None,
        "team": ownership.team or None,
        "environment": ownership.environment or None,
        "purpose": ownership.purpose or None,
    }
