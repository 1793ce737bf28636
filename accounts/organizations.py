"""Organisations: making one, and locking one."""

import uuid
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.actors import Actor, ActorType
from accounts.builtin_roles import ADMIN
from accounts.models import Organization
from accounts.permissions import Permission
from accounts.refusals import AlreadyExists, NotAllowed
from audit import log
from audit.events import Event


def target(organization: Organization) -> log.Target:
    """The organisation as an audit target."""
    return log.Target("organization", str(organization.id), organization.name)


def lock(organization_id: uuid.UUID) -> Organization:
    """Lock the organisation's row until the transaction ends. Every change in an organisation starts with this.

    Whoever locks several takes them in the order of their ids, and whatever else it needs after them: the order is in
    docs/adr/0016. What only names the organisation, as the note of a use does, waits for nobody.
    """
    return Organization.objects.select_for_update(no_key=True).get(pk=organization_id)


@transaction.atomic
def create(*, name: str, by: Actor) -> Organization:
    """A new organisation. Raises names.BadName; the name must not be taken (an IntegrityError if it is)."""
    name = names.checked(name)
    organization = Organization.objects.create(name=name, name_key=names.key(name), created_at=by.now)
    log.record(Event.ORGANIZATION_CREATED, by=in_organization(by, organization), target=target(organization))
    return organization


@transaction.atomic
def rename(*, name: str, by: Actor) -> Organization:
    """Give the actor's organisation another name. Raises NotPermitted, NotAllowed, AlreadyExists."""
    by.require(Permission.ORG_MANAGEMENT)
    organization = lock(by.organization)
    try:
        name = names.checked(name)
    except names.BadName as refusal:
        raise NotAllowed("name", refusal.message) from None
    before = organization.name
    if name != before:
        organization.name, organization.name_key = name, names.key(name)
        _save_name(organization)
        changes = {"name": [before, name]}
        log.record(Event.ORGANIZATION_CHANGED, by=by, target=target(organization), changes=changes)
    return organization


def _save_name(organization: Organization) -> None:
    """No lock is over all organisations: that another has the name, perhaps since this moment, the database says."""
    try:
        with transaction.atomic():
            organization.save(update_fields=["name", "name_key"])
    except IntegrityError:
        raise AlreadyExists("name", _("Another organization already has this name.")) from None


def in_organization(by: Actor, organization: Organization) -> Actor:
    """The same actor, acting in this organisation."""
    return replace(by, organization_id=organization.id, organization_name=organization.name)


def by_itself(organization: Organization, *, now: datetime) -> Actor:
    """What acts when nobody does: the product, by the organisation's own policies, in its own time."""
    return Actor(
        organization_id=organization.id,
        organization_name=organization.name,
        type=ActorType.SYSTEM,
        id="",
        label=settings.PRODUCT_NAME,
        permissions=ADMIN.permissions,
        auth_method="POLICY",
        now=now,
    )
