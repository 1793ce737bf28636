"""/api/v2/governance: what the controls of key hygiene look for, what they found, and what becomes of it."""

import uuid
from typing import Any

import msgspec
from django.db.models import Count, Max, Q, QuerySet
from msgspec import UNSET

from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from api.answers import JSON_API, ApiError, NotFound
from api.door import Call
from api.operations import Rate, operation
from api.paging import found, moment, page_of
from api.v2.payloads import governance as payloads
from api.v2.representations import governance as shown
from api.v2.representations import insights
from keys.editing import Keep
from keys.hygiene import configuring, detections, notices, settings
from keys.hygiene.controls import BY_SLUG, Control
from keys.hygiene.settings import Setting
from keys.models import Detection, DetectionState, Ending

TAG = "Governance"
MISSING, MISSING_CONTROL = "Detection not found", "Control not found"
BY_API = "Set through the API."
"""The reason of an exception: the API has no word for one."""
COLUMNS = {
    "id": "pk",
    "created_at": "created_at",
    "assigned_to": "assignee_id",
    "detection_type": "control",
    "display_name": "label",
    "exception_at": "excepted_at",
    "mitigate_after": "mitigate_after",
    "mitigated_at": "ended_at",
    "priority": "control",  # all of a control have the same
    "resource_id": "resource_id",
    "state": "stands",
}


@operation(tag=TAG, needs=(P.GOVERNANCE_CONSOLE_READ,), media=JSON_API)
def get_governance_config(call: Call) -> shown.GovernanceConfigDocument:
    """Get how the governance console is set up."""
    told = notices.of_assignments(call.organization.id)
    attributes = shown.GovernanceConfigAttributes(assignment_notifications_enabled=told)
    return shown.GovernanceConfigDocument(shown.GovernanceConfig(id=str(call.organization.id), attributes=attributes))


@operation(tag=TAG, needs=(P.GOVERNANCE_CONSOLE_READ,), media=JSON_API)
def list_governance_controls(call: Call) -> shown.GovernanceControlsDocument:
    """List all controls, as they are set."""
    return shown.GovernanceControlsDocument(_controls(call, list(settings.all_of(call.organization.id).values())))


@operation(tag=TAG, needs=(P.GOVERNANCE_CONSOLE_READ,), media=JSON_API)
def get_governance_control(call: Call, detection_type: str) -> shown.GovernanceControlDocument:
    """Get a control, as it is set."""
    return _control_document(call, settings.of(call.organization.id, _control(detection_type)))


@operation(tag=TAG, needs=(P.GOVERNANCE_CONSOLE_WRITE,), media=JSON_API, rate=Rate.WRITE)
def update_governance_control(
    call: Call, detection_type: str, body: payloads.GovernanceControlUpdate
) -> shown.GovernanceControlDocument:
    """Set what a control looks for, and whether it mitigates by itself. What it found is looked at anew at once."""
    control, asked = _control(detection_type), body.data.attributes
    _check_no_parameters(asked.mitigation_parameters)
    changed = configuring.configure(
        control,
        parameters=asked.detection_parameters,
        is_automatic=None if asked.mitigation_type is UNSET else _is_automatic(control, str(asked.mitigation_type)),
        by=call.actor,
    )
    return _control_document(call, changed)


@operation(tag=TAG, needs=(P.GOVERNANCE_CONSOLE_READ,), media=JSON_API)
def get_governance_control_notification_settings(call: Call, detection_type: str) -> shown.ControlNotificationDocument:
    """Get who hears of new detections of a control."""
    return shown.control_notification(settings.of(call.organization.id, _control(detection_type)))


@operation(tag=TAG, needs=(P.GOVERNANCE_CONSOLE_WRITE,), media=JSON_API, rate=Rate.WRITE)
def update_governance_control_notification_settings(
    call: Call, detection_type: str, body: payloads.ControlNotificationUpdate
) -> shown.ControlNotificationDocument:
    """Say who hears of new detections of a control, in place of who did."""
    control, asked = _control(detection_type), body.data.attributes.event_settings
    notices.set_events(control, msgspec.to_builtins(asked), by=call.actor)
    return shown.control_notification(settings.of(call.organization.id, control))


@operation(tag=TAG, needs=(P.GOVERNANCE_CONSOLE_READ,), media=JSON_API)
def list_governance_control_detections(
    call: Call, detection_type: str, query: payloads.DetectionsQuery
) -> shown.GovernanceDetectionsDocument:
    """List what a control found."""
    now = call.actor.now
    rows = _detections(call).of_control(_control(detection_type).slug).with_state(now)
    if query.state is not UNSET:
        rows = rows.filter(stands=query.state)
    if query.query:
        rows = rows.matching(query.query)
    ordered = rows.order_by(*_order(query.sort))
    return shown.GovernanceDetectionsDocument([shown.detection(row, now) for row in page_of(ordered, query)])


@operation(tag=TAG, needs=(P.GOVERNANCE_CONSOLE_READ,), media=JSON_API)
def get_governance_detection(call: Call, detection_id: str) -> shown.GovernanceDetectionDocument:
    """Get a detection."""
    row = found(_detections(call), detection_id, MISSING)
    return shown.GovernanceDetectionDocument(shown.detection(row, call.actor.now))


@operation(tag=TAG, needs=(P.GOVERNANCE_CONSOLE_WRITE,), media=JSON_API, rate=Rate.WRITE)
def update_governance_detection(
    call: Call, detection_id: str, body: payloads.DetectionUpdate
) -> shown.GovernanceDetectionDocument:
    """Make an exception of a detection or end one, assign it, or put off what is done about it."""
    asked = body.data.attributes
    state, until = asked.state, asked.mitigate_after
    row = detections.edit(
        found(_detections(call), detection_id, MISSING).pk,
        excepted=None if state is UNSET else state == "exception",
        reason=BY_API,
        member_id=Keep.AS_IS if asked.assigned_to is UNSET else _member_id(str(asked.assigned_to)),
        team=Keep.AS_IS if asked.assigned_team is UNSET else str(asked.assigned_team),
        mitigate_after=None if until is UNSET else moment(str(until), "mitigate_after"),
        by=call.actor,
    )
    return shown.GovernanceDetectionDocument(shown.detection(row, call.actor.now))


@operation(tag=TAG, needs=(P.GOVERNANCE_CONSOLE_WRITE,), status=202, rate=Rate.WRITE)
def mitigate_governance_detections(call: Call, body: payloads.MitigationRequest) -> None:
    """Mitigate detections of one control now, each by itself; what stands in the way of one keeps no other back. If it
    stands in the way of all, it is said."""
    asked = body.data.attributes
    control = _control(asked.detection_type)
    _check_no_parameters(asked.mitigation_parameters)
    if asked.mitigation_type is not UNSET:
        _is_automatic(control, str(asked.mitigation_type))
    if control.mitigation:
        call.actor.require(*control.mitigation.permissions)
    known = _detections(call).of_control(control.slug)
    ids = [found(known, text, MISSING).pk for text in asked.detection_ids]
    results = detections.mitigate_all(ids, by=call.actor)
    problems = [str(result.problem) for result in results if result.problem]
    if len(problems) == len(results):
        raise ApiError(400, *dict.fromkeys(problems))


@operation(tag=TAG, needs=(P.GOVERNANCE_CONSOLE_READ,), media=JSON_API)
def list_governance_insights(call: Call, query: payloads.InsightsQuery) -> insights.InsightsDocument:
    """List figures about the organization, each with the query of the audit trail that gives its value."""
    wanted = {product.casefold() for product in query.product}
    rows = [row for row in insights.INSIGHTS if not wanted or row.attributes.product.casefold() in wanted]
    return insights.InsightsDocument(rows)


@operation(tag=TAG, needs=(P.GOVERNANCE_CONSOLE_READ,), media=JSON_API)
def get_governance_notification_settings(call: Call) -> shown.GovernanceNotificationDocument:
    """Get whether members hear of what is assigned to them."""
    return _notification_document(call)


@operation(tag=TAG, needs=(P.GOVERNANCE_CONSOLE_WRITE,), media=JSON_API, rate=Rate.WRITE)
def update_governance_notification_settings(
    call: Call, body: payloads.GovernanceNotificationUpdate
) -> shown.GovernanceNotificationDocument:
    """Say whether members hear of what is assigned to them."""
    notices.set_of_assignments(body.data.attributes.assignment_notifications_enabled, by=call.actor)
    return _notification_document(call)


def _notification_document(call: Call) -> shown.GovernanceNotificationDocument:
    attributes = shown.GovernanceNotificationAttributes(notices.of_assignments(call.organization.id))
    row = shown.GovernanceNotification(id=str(call.organization.id), attributes=attributes)
    return shown.GovernanceNotificationDocument(row)


def _control(slug: str) -> Control:
    if slug not in BY_SLUG:
        raise NotFound(MISSING_CONTROL)
    return BY_SLUG[slug]


def _detections(call: Call) -> Any:
    return Detection.objects.of(call.organization.id).filter(control__in=BY_SLUG).with_people()


def _control_document(call: Call, setting: Setting) -> shown.GovernanceControlDocument:
    return shown.GovernanceControlDocument(_controls(call, [setting])[0])


def _controls(call: Call, wanted: list[Setting]) -> list[shown.GovernanceControl]:
    """The controls with their counts. One query."""
    counts = {row["control"]: row for row in _counts(call)}
    nothing = {"waiting": 0, "done": 0, "last_at": None}
    rows = [(setting, counts.get(setting.control.slug, nothing)) for setting in wanted]
    return [
        shown.control(setting, call.organization, active=row["waiting"], mitigated=row["done"], last_at=row["last_at"])
        for setting, row in rows
    ]


def _counts(call: Call) -> QuerySet[Any, dict[str, Any]]:
    rows = Detection.objects.of(call.organization.id).with_state(call.actor.now).order_by().values("control")
    return rows.annotate(
        waiting=Count("pk", filter=Q(stands=DetectionState.ACTIVE)),
        done=Count("pk", filter=Q(ending=Ending.MITIGATED)),
        last_at=Max("created_at"),
    )


def _order(sort: str) -> list[str]:
    asked = [(part.startswith("-"), part.removeprefix("-")) for part in sort.split(",")]
    if strange := next((name for _down, name in asked if name not in COLUMNS), None):
        raise ApiError(400, f"sort: there is no attribute {strange[:64]!a}. Use {', '.join(COLUMNS)}.")
    columns = [("-" if down else "") + COLUMNS[name] for down, name in asked]
    return columns if {"pk", "-pk"} & set(columns) else [*columns, "-pk"]


def _is_automatic(control: Control, asked: str) -> bool:
    """Whether a mitigation is named. 400 for one that is not the control's."""
    if not asked:
        return False
    if control.mitigation is None or asked != control.mitigation.id:
        known = control.mitigation.id if control.mitigation else "nothing"
        raise NotAllowed("mitigation_type", f"This control knows {known}, or an empty text for what is done by hand.")
    return True


def _check_no_parameters(given: dict[str, Any]) -> None:
    if given:
        raise NotAllowed("mitigation_parameters", "No mitigation has parameters. Leave them out.")


def _member_id(text: str) -> uuid.UUID | None:
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotAllowed("assigned_to", "Expected the id of a member, or an empty text for nobody.") from None
