"""/verify: the question a gateway asks before it lets a request through. Is its credential good for this, now?

Any method, any address below, no redirect, no session. What the gateway's route wants stands in the address it asks,
where only whoever configures the gateway writes: after `;` in the first segment of the path, or in the query string,
where the first of several counts, so that nothing a client appends can widen it.

    /verify?accept=api_key,personal_access_token&scope=metrics_read&organization=0f2c…
    /verify;accept=api_key;scope=metrics_read/api/v2/series
"""

import hmac
import uuid
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt

from accounts.permissions import unknown
from api.answers import ApiError, answered, refused
from api.authentication import CHALLENGE, REASONS
from keys import minting, verification
from keys.kinds import BY_VALUE, KINDS, Kind
from keys.usage import journal
from keys.verification import Outcome, Verdict

STATUSES = {
    Outcome.VALID: 200,
    Outcome.UNKNOWN: 401,
    Outcome.REVOKED: 401,
    Outcome.EXPIRED: 401,
    Outcome.OWNER_DISABLED: 401,
    Outcome.SWITCHED_OFF: 403,
    Outcome.WRONG_KIND: 403,
    Outcome.WRONG_ORGANIZATION: 403,
    Outcome.MISSING_SCOPE: 403,
}
HERE = {
    Outcome.UNKNOWN: "This credential is not known.",
    Outcome.WRONG_KIND: "This kind of credential is not accepted here.",
    Outcome.WRONG_ORGANIZATION: "This credential belongs to another organization.",
}
PARAMETERS = ("dd-api-key", "api_key", "application_key")
"""Where Datadog's browser SDKs, Agents and old clients put a credential in a query string."""

LONGEST_SCOPES = 4000  # characters: a header longer than this is refused by the gateways themselves


@dataclass(frozen=True)
class Wanted:
    """What a gateway's route asks for: kinds it accepts, scopes it needs, the organisation it belongs to."""

    accepting: tuple[Kind, ...]
    needs: tuple[str, ...]
    organization_id: uuid.UUID | None


@csrf_exempt
def verify(request: HttpRequest, route: str | None = None) -> HttpResponse:
    """200 with who it is, 401 or 403 with why not, 503 when that cannot be known now."""
    try:
        _check_asker(request)
        wanted = _wanted(_parameters(request, route))
        return _judged(request, wanted)
    except ApiError as error:
        return refused(error)
    except DatabaseError:
        return refused(ApiError(503, "The credential cannot be checked now. Try again.", headers={"Retry-After": "1"}))


verify.guarded_by = "public"  # type: ignore[attr-defined]


def _check_asker(request: HttpRequest) -> None:
    given = request.headers.get("X-Verify-Secret", "")
    if settings.VERIFY_SECRET and not hmac.compare_digest(given.encode(), settings.VERIFY_SECRET.encode()):
        raise ApiError(403, "X-Verify-Secret: only the gateways that know it may ask.")


def _parameters(request: HttpRequest, route: str | None) -> dict[str, str]:
    """What the route says, first of each name: from the path if it says anything there, else from the query string."""
    said = QueryDict(unquote(route).removeprefix(";").replace(";", "&")) if route else request.GET
    return {name: values[0] for name, values in said.lists()}


def _wanted(said: dict[str, str]) -> Wanted:
    kinds, scopes = _words(said.get("accept", "")), _words(said.get("scope", ""))
    if strange := [kind for kind in kinds if kind not in BY_VALUE]:
        raise ApiError(400, f"accept: there is no kind {strange[0][:64]!a}. Use {', '.join(BY_VALUE)}.")
    if strange := sorted(unknown(frozenset(scopes))):
        raise ApiError(400, f"scope: there is no scope {strange[0][:64]!a}.")
    try:
        organization_id = uuid.UUID(said["organization"]) if "organization" in said else None
    except ValueError:
        raise ApiError(400, "organization: expected the id of an organization.") from None
    return Wanted(tuple(BY_VALUE[kind] for kind in kinds) or KINDS, tuple(scopes), organization_id)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _judged(request: HttpRequest, wanted: Wanted) -> HttpResponse:
    text = _credential(request, wanted)
    if text is None:
        raise ApiError(401, "Unauthorized", "No credential was sent.", headers=CHALLENGE)
    now = request.now  # type: ignore[attr-defined]  # by middleware
    verdict = verification.verify(
        text, now=now, accepting=wanted.accepting, needs=wanted.needs, organization_id=wanted.organization_id
    )
    if not verdict:
        raise _refusal(verdict)
    journal.touch(verdict, now=now)
    return _good(verdict)


def _refusal(verdict: Verdict) -> ApiError:
    status = STATUSES[verdict.outcome]
    reason = f"The scope {verdict.missing} is missing." if verdict.missing else ""
    words = HERE.get(verdict.outcome) or reason or REASONS[verdict.outcome]
    headers = CHALLENGE if status == 401 else {}
    return ApiError(status, "Unauthorized" if status == 401 else "Forbidden", words, headers=headers)


def _good(verdict: Verdict) -> HttpResponse:
    response = answered(b'{"outcome":"valid"}', status=200)
    response.headers["X-Credential-Id"] = str(verdict.credential_id)
    response.headers["X-Credential-Kind"] = str(verdict.kind)
    response.headers["X-Organization-Id"] = str(verdict.organization_id)
    response.headers["X-Owner-Id"] = str(verdict.owner_id or "")  # said even where it is nobody: a gateway copies it
    response.headers["X-Scopes"] = _scopes(verdict)
    return response


def _scopes(verdict: Verdict) -> str:
    """What it may do now: a star for all that its owner may; nothing where the list would be too long to send."""
    if not verdict.owner_id:
        return ""
    scopes = "*" if verdict.scopes is None else ",".join(sorted(verdict.permissions))
    return scopes if len(scopes) <= LONGEST_SCOPES else ""


def _credential(request: HttpRequest, wanted: Wanted) -> str | None:
    """The credential that counts: of those sent, the first that is spelled like a kind the route accepts."""
    sent = [text for text in _sent(request) if text]
    for text in sent:
        parsed = minting.parse(text)
        if parsed and parsed.kind in wanted.accepting:
            return text
    return sent[0] if sent else None


def _sent(request: HttpRequest) -> list[str]:
    """From every place a credential may be in: a bearer, Datadog's headers, the query string of the first request."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    headers = [request.headers.get(name, "") for name in ("DD-APPLICATION-KEY", "DD-API-KEY")]
    query = _original_query(request)
    return [
        bearer.strip() if scheme.lower() == "bearer" else "",
        *headers,
        *(query.get(name, [""])[0] for name in PARAMETERS),
    ]


def _original_query(request: HttpRequest) -> dict[str, list[str]]:
    """The query string of the request that the gateway holds: as it passes it on, else that of the question."""
    passed = request.headers.get("X-Original-URI") or request.headers.get("X-Forwarded-Uri")
    query = urlsplit(passed).query if passed else request.META.get("QUERY_STRING", "")
    return parse_qs(query, max_num_fields=100) if query.count("&") < 100 else {}
