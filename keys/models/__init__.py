"""The tables of the keys room."""

from keys.models.credential import Credential, CredentialQuerySet, State, Where
from keys.models.limit import KindSwitch, Limit
from keys.models.request import Decision, SupportRequest
from keys.models.submission import Submission

__all__ = [
    "Credential",
    "CredentialQuerySet",
    "Decision",
    "KindSwitch",
    "Limit",
    "State",
    "Submission",
    "SupportRequest",
    "Where",
]
