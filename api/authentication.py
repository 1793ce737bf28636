"""Credentials in a request: where clients put them, and whether they are good."""

from datetime import datetime

from django.http import HttpRequest

from keys import verification
from keys.kinds import API_KEY, APPLICATION_KEY, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN
from keys.verification import Outcome, Verdict

TOKENS = (PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN)


def api_key_in(request: HttpRequest) -> str:
    """The API key as presented: in the header, or as Agents ask, in the query string."""
    return request.headers.get("DD-API-KEY") or request.GET.get("api_key", "")


def api_key_verdict(request: HttpRequest, *, now: datetime) -> Verdict:
    """Whether the API key presented is good."""
    return verification.verify(api_key_in(request), now=now, accepting=(API_KEY,))


def acting_verdict(request: HttpRequest, *, now: datetime) -> Verdict:
    """Whether the request may act through the API.

    With a token alone, as a bearer or where an application key goes; or with an API key and an application key of the
    same organisation.
    """
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return verification.verify(bearer.strip(), now=now, accepting=TOKENS)
    presented = request.headers.get("DD-APPLICATION-KEY", "")
    token = verification.verify(presented, now=now, accepting=TOKENS)
    if token.outcome is not Outcome.WRONG_KIND:
        return token
    sender = api_key_verdict(request, now=now)
    if not sender:
        return sender
    return verification.verify(presented, now=now, accepting=(APPLICATION_KEY,), organization_id=sender.organization_id)
