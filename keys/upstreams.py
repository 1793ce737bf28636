"""Where an organisation's data goes on to after the intake."""

import uuid

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members, organizations
from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import egress
from keys.models import Upstream


def address_of(organization_id: uuid.UUID) -> str:
    """The address, or "" where what is sent is discarded."""
    return Upstream.objects.filter(organization_id=organization_id).values_list("address", flat=True).first() or ""


@transaction.atomic
def set_address(address: str, *, by: Actor) -> str:
    """Forward to this address from now on; with "", discard. Raises NotPermitted, or NotAllowed("address")."""
    by.require(Permission.ORG_MANAGEMENT)
    organization = organizations.lock(by.organization)
    before, after = address_of(organization.pk), _checked(address) if address.strip() else ""
    if after == before:
        return after
    if after:
        changed = {"address": after, "modified_at": by.now, "modified_by": members.acting(by)}
        Upstream.objects.update_or_create(organization=organization, defaults=changed)
    else:
        Upstream.objects.filter(organization=organization).delete()
    target = organizations.target(organization)
    log.record(Event.UPSTREAM_CHANGED, by=by, target=target, changes={"address": [before, after]})
    return after


def _checked(address: str) -> str:
    """Paths and queries are put behind it as they come, so it has no query of its own."""
    if "?" in address:
        raise NotAllowed("address", _("Leave out the question mark: what is sent brings its own query."))
    return egress.checked(address, field="address")
