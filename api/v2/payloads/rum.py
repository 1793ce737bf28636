"""What the API takes of RUM applications."""

from typing import Literal

from msgspec import UNSET, UnsetType

from api.v2.payloads.shapes import Name, Strict
from keys.models import AnalyticsRetention, ApplicationType, EventProcessing


class RumApplicationCreateAttributes(Strict, frozen=True):
    name: Name
    type: ApplicationType = ApplicationType.BROWSER
    rum_event_processing_state: EventProcessing = EventProcessing.ALL
    product_analytics_retention_state: AnalyticsRetention = AnalyticsRetention.NONE


class RumApplicationCreateData(Strict, frozen=True):
    type: Literal["rum_application_create"]
    attributes: RumApplicationCreateAttributes


class RumApplicationCreate(Strict, frozen=True):
    """A new RUM application."""

    data: RumApplicationCreateData


class RumApplicationUpdateAttributes(Strict, frozen=True):
    name: Name | UnsetType = UNSET
    type: ApplicationType | UnsetType = UNSET
    rum_event_processing_state: EventProcessing | UnsetType = UNSET
    product_analytics_retention_state: AnalyticsRetention | UnsetType = UNSET


class RumApplicationUpdateData(Strict, frozen=True):
    type: Literal["rum_application_update"]
    id: str
    attributes: RumApplicationUpdateAttributes = RumApplicationUpdateAttributes()


class RumApplicationUpdate(Strict, frozen=True):
    """Another name, type or state for a RUM application. What is left out stays."""

    data: RumApplicationUpdateData
