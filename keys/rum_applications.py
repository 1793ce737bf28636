"""The life of a RUM application: create it with its client token, change it, delete it with all of its tokens."""

import uuid

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members, names, organizations
from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import governance, lifecycle
from keys.kinds import CLIENT_TOKEN
from keys.models import (
    AnalyticsRetention,
    ApplicationType,
    ClientTokenUse,
    Credential,
    EventProcessing,
    RumApplication,
)
from keys.ownership import Owned

MOST = 1000
"""Applications an organisation may have that are not deleted."""


def target(application: RumApplication) -> log.Target:
    """The application as an audit target."""
    return log.Target("rum_application", str(application.id), application.name)


@transaction.atomic
def create(
    *,
    name: str,
    application_type: ApplicationType = ApplicationType.BROWSER,
    event_processing: EventProcessing = EventProcessing.ALL,
    analytics_retention: AnalyticsRetention = AnalyticsRetention.NONE,
    by: Actor,
) -> RumApplication:
    """A new application with a client token of its own, named like it. Raises NotPermitted or NotAllowed."""
    by.require(Permission.RUM_APPS_WRITE)
    organization, maker = organizations.lock(by.organization), members.acting(by)
    if RumApplication.objects.of(by.organization).live().count() >= MOST:
        raise NotAllowed(
            "", _("There are %(most)d applications, as many as there can be. Delete one.") % {"most": MOST}
        )
    application = RumApplication.objects.create(
        organization=organization,
        name=_checked_name(name),
        type=application_type,
        event_processing=event_processing,
        event_processing_at=by.now,
        analytics_retention=analytics_retention,
        analytics_retention_at=by.now,
        created_at=by.now,
        created_by=maker,
        modified_at=by.now,
        modified_by=maker,
    )
    log.record(Event.RUM_APPLICATION_CREATED, by=by, target=target(application), changes={"type": application.type})
    draft = Credential(organization=organization, kind=CLIENT_TOKEN)
    name = governance.free_name(draft, application.name, now=by.now)
    owned = Owned(member_id=maker.pk if maker else None)
    token = lifecycle.issue(CLIENT_TOKEN, name=name, entitled=True, owned=owned, by=by).credential
    ClientTokenUse.objects.create(credential=token, application=application, sends=list(CLIENT_TOKEN.sends))
    return application


@transaction.atomic
def edit(
    application_id: uuid.UUID,
    *,
    name: str | None = None,
    application_type: ApplicationType | None = None,
    event_processing: EventProcessing | None = None,
    analytics_retention: AnalyticsRetention | None = None,
    by: Actor,
) -> RumApplication:
    """Change what is given; no change leaves no trace. Raises NotPermitted, NotAllowed, or DoesNotExist."""
    application = locked(application_id, by=by)
    asked = {
        "name": None if name is None else _checked_name(name),
        "type": application_type,
        "event_processing": event_processing,
        "analytics_retention": analytics_retention,
    }
    changes = {
        field: [getattr(application, field), value]
        for field, value in asked.items()
        if value is not None and value != getattr(application, field)
    }
    if not changes:
        return application
    for field, (_before, after) in changes.items():
        setattr(application, field, after)
    states = [field for field in ("event_processing", "analytics_retention") if field in changes]
    for field in states:
        setattr(application, f"{field}_at", by.now)
    application.modified_at, application.modified_by = by.now, members.acting(by)
    application.save(update_fields=[*changes, *(f"{field}_at" for field in states), "modified_at", "modified_by"])
    log.record(Event.RUM_APPLICATION_CHANGED, by=by, target=target(application), changes=changes)
    return application


@transaction.atomic
def delete(application_id: uuid.UUID, *, by: Actor) -> None:
    """Delete it, and revoke its client tokens: its pages report no more. Deleting it again changes nothing. Raises
    NotPermitted or DoesNotExist."""
    application = locked(application_id, by=by, deleted=True)
    if application.deleted_at:
        return
    tokens = Credential.objects.of(by.organization).live().filter(use__application=application)
    for token in tokens.with_people():
        lifecycle.end(token, by=by, reason="application deleted")
    application.deleted_at = by.now
    application.save(update_fields=["deleted_at"])
    log.record(Event.RUM_APPLICATION_DELETED, by=by, target=target(application))


def locked(application_id: uuid.UUID, *, by: Actor, deleted: bool = False) -> RumApplication:
    """The application to change, with its organisation locked. Raises NotPermitted or DoesNotExist."""
    by.require(Permission.RUM_APPS_WRITE)
    organizations.lock(by.organization)
    known = RumApplication.objects.of(by.organization)
    return (known if deleted else known.live()).get(pk=application_id)


def _checked_name(name: str) -> str:
    try:
        return names.checked(name)
    except names.BadName as refusal:
        raise NotAllowed("name", refusal.message) from None
