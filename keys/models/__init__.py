"""The tables of the keys room."""

from keys.models.credential import Credential, CredentialQuerySet, State, Where
from keys.models.limit import KindSwitch, Limit
from keys.models.request import Decision, SupportRequest
from keys.models.submission import Submission
from keys.models.use import RateWindow, Use

__all__ = [
    "Credential",
    "CredentialQuerySet",
    "Decision",
    "KindSwitch",
    "Limit",
    "RateWindow",
    "State",
    "Submission",
    "SupportRequest",
    "Use",
    "Where",
]
