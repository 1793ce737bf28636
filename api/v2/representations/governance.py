"""The governance console as the API gives it: its controls, what they found, and how people are told."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from accounts.models import Organization
from api.v2.representations.shapes import Moment, zulu
from keys.hygiene.controls import BY_SLUG, EXCLUSIONS, Control, Parameter
from keys.hygiene.mitigations import Mitigation
from keys.hygiene.notices import NEW_DETECTION
from keys.hygiene.settings import Setting
from keys.models import Detection, DetectionState


class ParameterDefinition(msgspec.Struct, kw_only=True):
    """A parameter that can be set; `type` is integer, or pattern_list for names with `*` and `?`."""

    name: str
    display_name: str
    description: str
    type: str
    required: bool = False
    supported_values: list[str] = []
    default_value: Any


class MitigationDefinition(msgspec.Struct, kw_only=True):
    """What can be done about a detection, and which permissions that takes: one of them."""

    id: str
    title: str
    description: str
    supported_parameters: list[ParameterDefinition] = []
    permissions: list[str]
    execution_modes: tuple[str, ...] = ("manual", "automatic")


class GovernanceControlAttributes(msgspec.Struct, kw_only=True):
    """`mitigation_type` is empty where it is done by hand, else the mitigation that is done by itself."""

    name: str
    description: str
    category: str = "security"
    product: str
    resource_type: str
    resource_type_display_name: str
    priority: str
    type: str = "Proactive"
    usage_concern: str = "Security"
    detection_frequency: str = "daily"
    active_detections_count: int
    mitigated_detections_count: int
    last_detection_at: Moment | None
    created_at: Moment
    created_by: str
    detection_parameters: dict[str, Any]
    supported_detection_parameters: list[ParameterDefinition]
    mitigation_type: str
    mitigation_parameters: dict[str, Any] = {}
    mitigations: list[MitigationDefinition]
    insights: list[str] = []


class GovernanceControl(msgspec.Struct, tag_field="type", tag="governance_control", kw_only=True):
    """A control, named by what it detects."""

    id: str
    attributes: GovernanceControlAttributes


class GovernanceControlDocument(msgspec.Struct):
    data: GovernanceControl


class GovernanceControlsDocument(msgspec.Struct):
    data: list[GovernanceControl]


class DetectionAttributes(msgspec.Struct, kw_only=True):
    """`control_id` says the same as `detection_type`, for older clients. `metadata` is what the control saw."""

    created_at: Moment
    detection_type: str
    control_id: str
    display_name: str
    resource_id: str
    resource_type: str
    priority: int
    state: str
    assigned_to: str | UnsetType = UNSET
    assigned_team: str | UnsetType = UNSET
    assignment_source: str
    exception_at: Moment | UnsetType = UNSET
    exception_by: str | UnsetType = UNSET
    mitigate_after: Moment | UnsetType = UNSET
    mitigated_at: Moment | UnsetType = UNSET
    metadata: dict[str, Any]


class GovernanceDetection(msgspec.Struct, tag_field="type", tag="governance_control_detection", kw_only=True):
    """Something a control found."""

    id: str
    attributes: DetectionAttributes


class GovernanceDetectionDocument(msgspec.Struct):
    data: GovernanceDetection


class GovernanceDetectionsDocument(msgspec.Struct):
    data: list[GovernanceDetection]


class NotificationTargetShown(msgspec.Struct):
    type: str
    handle: str


class NotificationEventShown(msgspec.Struct):
    event_type: str
    enabled: bool
    targets: list[NotificationTargetShown]


class ControlNotificationAttributes(msgspec.Struct):
    event_settings: list[NotificationEventShown]


class ControlNotification(msgspec.Struct, tag_field="type", tag="control_notification_settings", kw_only=True):
    """Who hears of new detections. Without targets it is the admins."""

    id: str
    attributes: ControlNotificationAttributes


class ControlNotificationDocument(msgspec.Struct):
    data: ControlNotification


class GovernanceNotificationAttributes(msgspec.Struct):
    assignment_notifications_enabled: bool


class GovernanceNotification(msgspec.Struct, tag_field="type", tag="governance_notification_settings", kw_only=True):
    """How the organization tells people of detections."""

    id: str
    attributes: GovernanceNotificationAttributes


class GovernanceNotificationDocument(msgspec.Struct):
    data: GovernanceNotification


class GovernanceConfigAttributes(msgspec.Struct, kw_only=True):
    assignment_notifications_enabled: bool
    enabled: bool = True
    usage_attribution_configured: bool = False
    xorg_insights_enabled: bool = False


class GovernanceConfig(msgspec.Struct, tag_field="type", tag="governance_console_config", kw_only=True):
    """The console of the organization."""

    id: str
    attributes: GovernanceConfigAttributes


class GovernanceConfigDocument(msgspec.Struct):
    data: GovernanceConfig


def control(
    setting: Setting, organization: Organization, *, active: int, mitigated: int, last_at: datetime | None
) -> GovernanceControl:
    """A control as it is set, with how much of what it found is active and mitigated, and when it found something."""
    found, mitigation = setting.control, setting.control.mitigation
    attributes = GovernanceControlAttributes(
        name=str(found.name),
        description=str(found.description),
        product=found.product,
        resource_type=found.resource_type,
        resource_type_display_name=str(found.resource),
        priority=found.priority.value[0],
        active_detections_count=active,
        mitigated_detections_count=mitigated,
        last_detection_at=zulu(last_at) if last_at else None,
        created_at=zulu(setting.modified_at or organization.created_at),
        created_by=str(setting.modified_by.pk) if setting.modified_by else "",
        detection_parameters=dict(setting.parameters),
        supported_detection_parameters=_parameters(found),
        mitigation_type=mitigation.id if mitigation and setting.is_automatic else "",
        mitigations=[_mitigation(mitigation)] if mitigation else [],
    )
    return GovernanceControl(id=found.slug, attributes=attributes)


def _parameters(control: Control) -> list[ParameterDefinition]:
    patterns = ParameterDefinition(
        name=EXCLUSIONS,
        display_name="Names to leave out",
        description="Names that are no finding; * stands for anything, ? for one character.",
        type="pattern_list",
        default_value=[],
    )
    return [*map(_number, control.parameters), patterns, *map(_number, control.numbers[len(control.parameters) :])]


def _number(parameter: Parameter) -> ParameterDefinition:
    return ParameterDefinition(
        name=parameter.name,
        display_name=str(parameter.label),
        description=f"{parameter.description} From {parameter.least} to {parameter.most}.",
        type="integer",
        default_value=parameter.default,
    )


def _mitigation(mitigation: Mitigation) -> MitigationDefinition:
    return MitigationDefinition(
        id=mitigation.id,
        title=str(mitigation.title),
        description=str(mitigation.description),
        permissions=list(mitigation.permissions),
    )


def detection(row: Detection, now: datetime) -> GovernanceDetection:
    """A detection, as it stands now."""
    is_exception = row.state(now) is DetectionState.EXCEPTION
    said = {"exception_reason": row.exception_reason} if is_exception else {}
    ends = {"exception_until": zulu(row.excepted_until)} if is_exception and row.excepted_until else {}
    attributes = DetectionAttributes(
        created_at=zulu(row.created_at),
        detection_type=row.control,
        control_id=row.control,
        display_name=row.label,
        resource_id=str(row.resource_id),
        resource_type=row.resource_type,
        priority=BY_SLUG[row.control].priority.number,
        state=row.state(now).value,
        assigned_to=str(row.assignee_id) if row.assignee_id else UNSET,
        assigned_team=row.team or UNSET,
        assignment_source=row.assignment,
        exception_at=_given(row.excepted_at if is_exception else None),
        exception_by=str(row.excepted_by_id) if is_exception and row.excepted_by_id else UNSET,
        mitigate_after=_given(row.mitigate_after),
        mitigated_at=_given(row.mitigated_at),
        metadata={**row.facts, **said, **ends, **({"note": row.note} if row.note else {})},
    )
    return GovernanceDetection(id=str(row.pk), attributes=attributes)


def _given(moment: datetime | None) -> str | UnsetType:
    return zulu(moment) if moment else UNSET


def control_notification(setting: Setting) -> ControlNotificationDocument:
    """Who hears of new detections of a control."""
    kept = setting.events
    events = [{"event_type": NEW_DETECTION, "enabled": True, "targets": []}] if kept is None else kept
    shown = msgspec.convert(events, list[NotificationEventShown])
    return ControlNotificationDocument(
        ControlNotification(id=setting.control.slug, attributes=ControlNotificationAttributes(shown))
    )
