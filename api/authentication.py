"""Credentials in a request: where clients put them, whether they are good, and who acts by them.

Of several, the first of these counts, and only that one:

1. `Authorization: Bearer` with a personal or service access token (another scheme is refused, whatever else is sent);
2. a personal or service access token in `DD-APPLICATION-KEY` (an API key beside it is not looked at);
3. an API key in `DD-API-KEY` with an application key of the same organisation in `DD-APPLICATION-KEY`.

A header counts before the query parameter of old clients (`api_key`, `application_key`).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.http import HttpRequest

from accounts.actors import Actor, ActorType, Delegation
from accounts.models import Member
from api.answers import ApiError, Forbidden
from api.browsers import is_browser
from keys import standings, verification
from keys.kinds import API_KEY, APPLICATION_KEY, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN, Kind
from keys.standings import Standing
from keys.verification import Outcome, Verdict

TOKENS = (PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN)
METHODS = {
    APPLICATION_KEY: "API + App Key",
    PERSONAL_ACCESS_TOKEN: "Personal Access Token",
    SERVICE_ACCESS_TOKEN: "Service Access Token",
}
"""What the audit trail calls each way of acting."""

REASONS = {
    Outcome.REVOKED: "This credential was revoked.",
    Outcome.EXPIRED: "This credential has expired.",
    Outcome.BLOCKED: "This credential is blocked for now. Whoever looks after it can lift that.",
    Outcome.OWNER_DISABLED: "The owner of this credential is disabled.",
    Outcome.SWITCHED_OFF: "This kind of credential is switched off for the organization.",
    Outcome.WRONG_KIND: "This kind of credential does not open this address.",
    Outcome.IN_BROWSER: "An API key must not be in a browser. Use a client token; the owner of this key is told.",
    Outcome.WRONG_ORGANIZATION: "The API key and the application key belong to different organizations.",
}
"""Why a credential that we know is refused. Whoever presents it holds it, and may know."""

HOW_TO = "Send DD-API-KEY and DD-APPLICATION-KEY, or an access token as Authorization: Bearer."
NO_OTHER_SCHEME = "Authorization: only Bearer is understood. Leave the header out to act by keys."
CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True)
class Presented:
    """What a request carries: the verdict that counts and, beside an application key, that of the API key."""

    acting: Verdict
    api_key: Verdict | None = None


def api_key_in(request: HttpRequest) -> str:
    """The API key as presented: in the header, or as Agents ask, in the query string."""
    return request.headers.get("DD-API-KEY") or request.GET.get("api_key", "")


def _application_key_in(request: HttpRequest) -> str:
    return request.headers.get("DD-APPLICATION-KEY") or request.GET.get("application_key", "")


def api_key_presented(request: HttpRequest, *, now: datetime) -> Presented:
    """The API key of a request that needs no more. 403 without one."""
    if not api_key_in(request):
        raise ApiError(403, "API key required")
    return Presented(_not_from_page(request, verification.verify(api_key_in(request), now=now, accepting=(API_KEY,))))


def presented(request: HttpRequest, *, now: datetime) -> Presented:
    """What the request acts with. 401 when nothing that could act was presented."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return Presented(verification.verify(bearer.strip(), now=now, accepting=TOKENS))
    text = _application_key_in(request)
    if "Authorization" in request.headers:
        raise ApiError(401, "Unauthorized", NO_OTHER_SCHEME, headers=CHALLENGE)
    if not text:
        raise ApiError(401, "Unauthorized", HOW_TO, headers=CHALLENGE)
    known = standings.find([text, api_key_in(request)])
    token = verification.verdict(known.get(text), now=now, accepting=TOKENS)
    if token.outcome is not Outcome.WRONG_KIND:
        return Presented(token)
    sender = verification.verdict(known.get(api_key_in(request)), now=now, accepting=(API_KEY,))
    return _pair(known.get(text), _not_from_page(request, sender), now=now)


def _not_from_page(request: HttpRequest, api_key: Verdict) -> Verdict:
    """An API key is not good in a browser, where everybody can read it."""
    return replace(api_key, outcome=Outcome.IN_BROWSER) if api_key and is_browser(request.headers) else api_key


def _pair(application_key: Standing | None, sender: Verdict, *, now: datetime) -> Presented:
    found = verification.verdict(
        application_key, now=now, accepting=(APPLICATION_KEY,), organization_id=sender.organization_id
    )
    return Presented(found if sender else sender, api_key=sender if found else None)


def check(verdict: Verdict) -> None:
    """Refuse what is not good: 403, with the reason where the credential is known."""
    if not verdict:
        raise Forbidden(*filter(None, [REASONS.get(verdict.outcome)]))


def actor_for(verdict: Verdict, owner: Member, **whence: object) -> Actor:
    """Whoever owns the credential, acting by it: with their own permissions within its scopes."""
    kind: Kind = verdict.kind  # type: ignore[assignment]
    delegation = None
    if kind in TOKENS:
        delegation = Delegation(kind=kind.value, scopes=verdict.scopes or frozenset(), expires_at=verdict.expires_at)
    return Actor(
        organization_id=owner.organization_id,
        organization_name=owner.organization.name,
        type=ActorType.SERVICE_ACCOUNT if owner.is_service_account else ActorType.USER,
        id=str(owner.id),
        label=owner.name,
        permissions=verdict.permissions,
        standing=owner.permissions,
        auth_method=METHODS[kind],
        auth_id=str(verdict.credential_id),
        delegation=delegation,
        **whence,  # type: ignore[arg-type]
    )


def owner_of(verdict: Verdict) -> Member:
    """The member whose credential it is, with organisation and roles."""
    return Member.objects.select_related("organization", "person").with_roles().get(pk=verdict.owner_id)
