"""What the API takes of the governance console."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.paging import Paging
from api.v2.payloads.shapes import Moment, Strict

Parameters = dict[Annotated[str, Meta(max_length=64)], Any]
"""Values by the names of parameters, as the control declares them."""
Text = Annotated[str, Meta(max_length=128)]
State = Literal[
    "active", "exception", "mitigated", "inactive", "obsolete", "resolved_externally", "mitigation_in_progress"
]


class DetectionsQuery(Paging):
    """The order is a list of attributes between commas, `-` before one for descending."""

    state: State | UnsetType = msgspec.field(name="filter[state]", default=UNSET)
    query: Text = msgspec.field(name="filter[query]", default="")
    sort: Annotated[str, Meta(max_length=200, pattern="^-?[a-z_]+(,-?[a-z_]+)*$")] = "created_at,-id"


class InsightsQuery(msgspec.Struct, kw_only=True):
    product: list[Text] = msgspec.field(name="filter[product]", default_factory=list)


class GovernanceControlUpdateAttributes(Strict, frozen=True):
    """`mitigation_type` is the id of one of the control's mitigations, or empty for what is done by hand."""

    detection_parameters: Parameters = {}
    mitigation_parameters: Parameters = {}
    mitigation_type: Text | UnsetType = UNSET


class GovernanceControlUpdateData(Strict, frozen=True):
    type: Literal["governance_control"]
    attributes: GovernanceControlUpdateAttributes = GovernanceControlUpdateAttributes()


class GovernanceControlUpdate(Strict, frozen=True):
    """Other settings for a control. What is left out stays."""

    data: GovernanceControlUpdateData


class NotificationTarget(Strict, frozen=True):
    """Members hear of it, by `email` or `at_mention`; the handle is their e-mail address."""

    type: Literal["email", "slack", "at_mention", "case"]
    handle: Annotated[str, Meta(min_length=1, max_length=255)]


class NotificationEvent(Strict, frozen=True):
    event_type: Annotated[str, Meta(max_length=64)]
    enabled: bool
    targets: Annotated[list[NotificationTarget], Meta(max_length=20)]


class ControlNotificationUpdateAttributes(Strict, frozen=True):
    event_settings: Annotated[list[NotificationEvent], Meta(max_length=5)] = []


class ControlNotificationUpdateData(Strict, frozen=True):
    type: Literal["control_notification_settings"]
    attributes: ControlNotificationUpdateAttributes = ControlNotificationUpdateAttributes()


class ControlNotificationUpdate(Strict, frozen=True):
    """Who hears of new detections of a control, in place of the admins."""

    data: ControlNotificationUpdateData


class DetectionUpdateAttributes(Strict, frozen=True):
    """An empty text clears who it is assigned to."""

    state: Literal["exception", "active"] | UnsetType = UNSET
    assigned_to: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    assigned_team: Text | UnsetType = UNSET
    mitigate_after: Moment | UnsetType = UNSET


class DetectionUpdateData(Strict, frozen=True):
    type: Literal["governance_control_detection"]
    attributes: DetectionUpdateAttributes = DetectionUpdateAttributes()


class DetectionUpdate(Strict, frozen=True):
    """Another state, assignment or time for a detection. What is left out stays."""

    data: DetectionUpdateData


class MitigationAttributes(Strict, frozen=True):
    detection_ids: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(min_length=1, max_length=100)]
    detection_type: Text
    mitigation_type: Text | UnsetType = UNSET
    mitigation_parameters: Parameters = {}


class MitigationData(Strict, frozen=True):
    type: Literal["governance_control_detection"]
    attributes: MitigationAttributes


class MitigationRequest(Strict, frozen=True):
    """Detections of one control that are to be mitigated now."""

    data: MitigationData


class GovernanceNotificationUpdateAttributes(Strict, frozen=True):
    assignment_notifications_enabled: bool


class GovernanceNotificationUpdateData(Strict, frozen=True):
    type: Literal["governance_notification_settings"]
    attributes: GovernanceNotificationUpdateAttributes


class GovernanceNotificationUpdate(Strict, frozen=True):
    """Whether members hear of what is assigned to them."""

    data: GovernanceNotificationUpdateData
