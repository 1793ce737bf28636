"""The tables of the keys room."""

from keys.models.credential import Credential, CredentialQuerySet, State, Where
from keys.models.hygiene import (
    Assignment,
    ControlSetting,
    Detection,
    DetectionQuerySet,
    DetectionState,
    Ending,
    HygieneNotices,
    HygieneScore,
)
from keys.models.leak import Acted, Leak, LeakQuerySet, LeakStep, SecurityContacts, Step, Way
from keys.models.limit import KindSwitch, Limit
from keys.models.mail import Mail
from keys.models.notification import MailChoice, NewsChoice, Notification
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
from keys.models.tick import TickRun
from keys.models.upstream import Upstream
from keys.models.usage import EVERYBODY, NOBODY, Facet, UsageDay, UsageFacet, UsageHour, UsageMinute, UsageSegment
from keys.models.use import RateWindow, Use
from keys.models.webhook import Delivery, Webhook

__all__ = [
    "EVERYBODY",
    "NOBODY",
    "Acted",
    "AnalyticsRetention",
    "ApplicationType",
    "Assignment",
    "BrowserSighting",
    "ClientTokenUse",
    "ControlSetting",
    "Credential",
    "CredentialQuerySet",
    "Decision",
    "Delivery",
    "Detection",
    "DetectionQuerySet",
    "DetectionState",
    "Ending",
    "EventProcessing",
    "Facet",
    "HygieneNotices",
    "HygieneScore",
    "KindSwitch",
    "Leak",
    "LeakAction",
    "LeakQuerySet",
    "LeakStep",
    "Limit",
    "Mail",
    "MailChoice",
    "NewsChoice",
    "Notification",
    "Ownership",
    "Policy",
    "RateWindow",
    "Revision",
    "RumApplication",
    "RumApplicationQuerySet",
    "RumProxy",
    "SecurityContacts",
    "State",
    "Step",
    "Submission",
    "SupportRequest",
    "TickRun",
    "Upstream",
    "UsageDay",
    "UsageFacet",
    "UsageHour",
    "UsageMinute",
    "UsageSegment",
    "Use",
    "Way",
    "Webhook",
    "Where",
]
