"""/api/v2/rum/applications: what browsers and phones report as."""

from typing import TypeVar

from django.db.models import QuerySet
from msgspec import UNSET, UnsetType

from accounts.permissions import Permission as P
from api.door import Call
from api.operations import Rate, operation
from api.paging import found
from api.v2.payloads import rum as payloads
from api.v2.representations import rum as shown
from keys import rum_applications
from keys.models import RumApplication

TAG = "RUM"
MISSING = "Application Not Found not found"
MISMATCH = "The id attribute in the request body does not match the id in the URL"

T = TypeVar("T")


@operation(tag=TAG, needs=(P.RUM_APPS_READ,))
def get_rum_applications(call: Call) -> shown.RumApplicationsDocument:
    """List all RUM applications, without their client tokens."""
    rows = _applications(call).live().with_tokens().order_by("created_at", "pk")
    return shown.RumApplicationsDocument([shown.application(row, call.actor.now, with_token=False) for row in rows])


@operation(tag=TAG, needs=(P.RUM_APPS_WRITE,), rate=Rate.WRITE)
def create_rum_application(call: Call, body: payloads.RumApplicationCreate) -> shown.RumApplicationDocument:
    """Create a RUM application, and the client token that its pages carry."""
    asked = body.data.attributes
    made = rum_applications.create(
        name=asked.name,
        application_type=asked.type,
        event_processing=asked.rum_event_processing_state,
        analytics_retention=asked.product_analytics_retention_state,
        by=call.actor,
    )
    return _document(call, made)


@operation(tag=TAG, needs=(P.RUM_APPS_READ,))
def get_rum_application(call: Call, id: str) -> shown.RumApplicationDocument:
    """Get a RUM application with its client token."""
    return _document(call, found(_applications(call).live(), id, MISSING))


@operation(tag=TAG, needs=(P.RUM_APPS_WRITE,), rate=Rate.WRITE, mismatch=MISMATCH)
def update_rum_application(call: Call, id: str, body: payloads.RumApplicationUpdate) -> shown.RumApplicationDocument:
    """Rename a RUM application, or change its type or what is kept of its events."""
    asked = body.data.attributes
    changed = rum_applications.edit(
        found(_applications(call).live(), id, MISSING).id,
        name=_given(asked.name),
        application_type=_given(asked.type),
        event_processing=_given(asked.rum_event_processing_state),
        analytics_retention=_given(asked.product_analytics_retention_state),
        by=call.actor,
    )
    return _document(call, changed)


@operation(tag=TAG, needs=(P.RUM_APPS_WRITE,), status=204, rate=Rate.WRITE)
def delete_rum_application(call: Call, id: str) -> None:
    """Delete a RUM application, and revoke its client tokens: its pages report no more."""
    rum_applications.delete(found(_applications(call), id, MISSING).id, by=call.actor)


def _applications(call: Call) -> QuerySet[RumApplication]:
    return RumApplication.objects.of(call.organization.id)


def _document(call: Call, application: RumApplication) -> shown.RumApplicationDocument:
    row = _applications(call).with_tokens().get(pk=application.pk)
    return shown.RumApplicationDocument(shown.application(row, call.actor.now))


def _given(value: T | UnsetType) -> T | None:
    return None if value is UNSET else value  # type: ignore[return-value]  # a union without UNSET
