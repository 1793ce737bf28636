"""The tables of the keys room."""

from keys.models.credential import Credential, CredentialQuerySet, State, Where
from keys.models.limit import KindSwitch, Limit
from keys.models.ownership import Ownership
from keys.models.policy import LeakAction, Policy
from keys.models.request import Decision, SupportRequest
from keys.models.revision import Revision
from keys.models.rum_application import (
    AnalyticsRetention,
    ApplicationType,
    ClientTokenUse,
    EventProcessing,
    RumApplication,
    RumApplicationQuerySet,
)
from keys.models.rum_proxy import RumProxy
from keys.models.sighting import BrowserSighting
from keys.models.submission import Submission
from keys.models.upstream import Upstream
from keys.models.usage import EVERYBODY, NOBODY, Facet, UsageDay, UsageFacet, UsageHour, UsageMinute, UsageSegment
from keys.models.use import RateWindow, Use

__all__ = [
    "EVERYBODY",
    "NOBODY",
    "AnalyticsRetention",
    "ApplicationType",
    "BrowserSighting",
    "ClientTokenUse",
    "Credential",
    "CredentialQuerySet",
    "Decision",
    "EventProcessing",
    "Facet",
    "KindSwitch",
    "LeakAction",
    "Limit",
    "Ownership",
    "Policy",
    "RateWindow",
    "Revision",
    "RumApplication",
    "RumApplicationQuerySet",
    "RumProxy",
    "State",
    "Submission",
    "SupportRequest",
    "Upstream",
    "UsageDay",
    "UsageFacet",
    "UsageHour",
    "UsageMinute",
    "UsageSegment",
    "Use",
    "Where",
]
