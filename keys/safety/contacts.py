"""Whom an organisation wants told of leaks besides its admins, and asking twice a year whether that is still right."""

import uuid
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import members, organizations
from accounts.actors import Actor
from accounts.models import Organization
from accounts.permissions import Permission
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys.models import SecurityContacts
from keys.safety import alerts
from keys.steps import each

REVIEWED_EVERY = timedelta(days=182)
LONGEST = 254


def of(organization_id: uuid.UUID) -> SecurityContacts:
    """The contacts; nobody, where nobody was named. One query."""
    found = SecurityContacts.objects.select_related("reviewed_by").filter(pk=organization_id).first()
    return found or SecurityContacts(organization_id=organization_id)


def due_at(contacts: SecurityContacts) -> datetime | None:
    """When they should be looked at again; None where there are none to look at."""
    return contacts.reviewed_at + REVIEWED_EVERY if contacts.reviewed_at else None


@transaction.atomic
def change(*, primary: str, secondary: str, by: Actor) -> SecurityContacts:
    """Name them, and say that they are right as of now, be they new or not. Raises NotPermitted, or NotAllowed with
    the field."""
    by.require(Permission.ORG_MANAGEMENT)
    organization = organizations.lock(by.organization)
    contacts = of(organization.pk)
    before = (contacts.primary, contacts.secondary)
    contacts.primary, contacts.secondary = _checked("primary", primary), _checked("secondary", secondary)
    if not contacts.primary:
        raise NotAllowed("primary", _("Name at least one address."))
    if contacts.primary == contacts.secondary:
        raise NotAllowed("secondary", _("Name another address than the first, or none."))
    contacts.reviewed_at, contacts.reviewed_by = by.now, members.acting(by)
    contacts.save()
    after = (contacts.primary, contacts.secondary)
    pairs = zip(("primary", "secondary"), before, after, strict=True)
    changes = {field: [old, new] for field, old, new in pairs if old != new}
    event = Event.SECURITY_CONTACTS_CHANGED if changes else Event.SECURITY_CONTACTS_REVIEWED
    log.record(event, by=by, target=organizations.target(organization), changes=changes)
    return contacts


def _checked(field: str, address: str) -> str:
    address = address.strip().lower()
    try:
        if address:
            validate_email(address)
    except ValidationError:
        raise NotAllowed(field, _("Enter an e-mail address, such as ada@example.com.")) from None
    if len(address) > LONGEST:
        raise NotAllowed(field, _("Use an e-mail address of 254 characters or fewer."))
    return address


def remind(now: datetime) -> int:
    """Ask the admins of every organisation whose contacts are due to look at them; returns how many were asked. A job:
    once for each period, safe to repeat and to miss."""
    due = now - REVIEWED_EVERY
    known = SecurityContacts.objects.filter(_due(due)).values_list("pk", flat=True)
    without = Organization.objects.filter(created_at__lte=due).exclude(pk__in=SecurityContacts.objects.values("pk"))
    waiting = [*known, *without.values_list("pk", flat=True)]
    return each(waiting, lambda organization_id: _remind(organization_id, now))


def _due(moment: datetime) -> Q:
    reviewed_long_ago = Q(reviewed_at__isnull=True) | Q(reviewed_at__lte=moment)
    return reviewed_long_ago & (Q(reminded_at__isnull=True) | Q(reminded_at__lte=moment))


@transaction.atomic
def _remind(organization_id: uuid.UUID, now: datetime) -> bool:
    organization = organizations.lock(organization_id)
    contacts, is_new = SecurityContacts.objects.get_or_create(organization=organization)
    if not (is_new or SecurityContacts.objects.filter(_due(now - REVIEWED_EVERY), pk=organization_id).exists()):
        return False
    contacts.reminded_at = now
    contacts.save(update_fields=["reminded_at"])
    alerts.review_due(contacts, now=now)
    return True
