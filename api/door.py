"""The door: from a request to an operation's answer. What is asked of every request is asked here, once."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from accounts.actors import Actor, BeyondToken, NotPermitted
from accounts.models import Member, Organization
from accounts.refusals import AlreadyExists, NotAllowed
from api import authentication, decoding
from api.answers import ApiError, Forbidden, NotFound, answered, refused
from api.operations import Opens, Operation
from keys import exposure, idempotency, ratelimits
from keys.models import NOBODY
from keys.usage import journal, spool
from keys.usage.observations import Observation, client_of, network_of
from keys.verification import Outcome, Verdict

log = logging.getLogger(__name__)

LONGEST_IDEMPOTENCY_KEY = 255
REFUSED = 60
"""How many refused uses of one credential are kept in a minute: whoever found a revoked key could fill the table."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request that may go ahead: who acts, for which organisation, by which credential. Operations get this.

    Where an API key alone is enough, nobody acts: then there is a verdict and nothing else.
    """

    verdict: Verdict
    caller: Actor | None = None
    member: Member | None = None

    @property
    def actor(self) -> Actor:
        """Whoever acts, for an operation that only somebody can call."""
        if self.caller is None:
            raise Forbidden
        return self.caller

    @property
    def owner(self) -> Member:
        """The member who acts, for an operation that only somebody can call."""
        if self.member is None:
            raise Forbidden
        return self.member

    @property
    def organization(self) -> Organization:
        """The organisation acted for."""
        return self.owner.organization


def methods(**operations: Operation) -> Callable[..., HttpResponse]:
    """The view of an address: an operation for each method it has."""

    def view(request: HttpRequest, **path: str) -> HttpResponse:
        with translation.override("en"):  # programs read these
            return _Visit(request, operations, path).answer()

    view.operations = operations  # type: ignore[attr-defined]
    view.guarded_by = "credential"  # type: ignore[attr-defined]
    return csrf_exempt(view)  # no session is read, so there is none to forge


class _Visit:
    """One request on its way through the door, and what is known of it so far."""

    def __init__(self, request: HttpRequest, operations: dict[str, Operation], path: dict[str, str]) -> None:
        self.request = request
        self.operations = operations
        self.path = path
        self.now = request.now  # type: ignore[attr-defined]  # by middleware
        self.presented: authentication.Presented | None = None
        self.member: Member | None = None
        self.headers: dict[str, str] = {}

    def answer(self) -> HttpResponse:
        """The operation's answer, or why there is none; either way the credential's use is remembered."""
        operation = None
        try:
            operation = self._operation()
            response = self._perform(operation)
        except ApiError as error:
            response = refused(error)
        except NotPermitted as refusal:
            response = refused(Forbidden(*self._reasons(refusal)))
        except NotAllowed as refusal:
            response = refused(_rule(refusal, operation))
        except ObjectDoesNotExist:
            response = refused(NotFound())
        for name, value in self.headers.items():
            response.headers[name] = value
        self._remember(response.status_code)
        return response

    def _operation(self) -> Operation:
        method = "GET" if self.request.method == "HEAD" else self.request.method
        if found := self.operations.get(method or ""):
            return found
        allowed = sorted({*self.operations, *(["HEAD"] if "GET" in self.operations else [])})
        raise ApiError(405, "Method Not Allowed", headers={"Allow": ", ".join(allowed)})

    def _perform(self, operation: Operation) -> HttpResponse:
        call = self._authenticated(operation)
        if operation.needs:
            call.actor.require(*operation.needs)
        arguments = self._arguments(operation)

        def perform() -> bytes | None:
            return _encoded(operation.view(call, **arguments))

        content = self._once(call, perform) if self.request.method == "POST" else perform()
        return answered(content, status=operation.status, media=operation.media)

    def _authenticated(self, operation: Operation) -> Call:
        """Who calls, if good and not too often."""
        find = authentication.api_key_presented if operation.opens is Opens.API_KEY else authentication.presented
        self.presented = find(self.request, now=self.now)
        self._observe(self.presented, operation)
        verdict = self.presented.acting
        authentication.check(verdict)
        self._count(operation, verdict)
        if operation.opens is Opens.API_KEY:
            return Call(verdict=verdict)
        self.member = authentication.owner_of(verdict)
        actor = authentication.actor_for(verdict, self.member, **self.request.whence)
        return Call(verdict=verdict, caller=actor, member=self.member)

    def _observe(self, presented: authentication.Presented, operation: Operation) -> None:
        """Count what was presented, and what the operation needs of it, before anything comes of it: 503 where that
        cannot be done."""
        whence = self.request.whence  # type: ignore[attr-defined]  # by middleware
        found = client_of(whence["user_agent"]), network_of(whence["ip"]), route_of(self.request)
        lines = [
            Observation(one.organization_id or NOBODY, one.credential_id or NOBODY, one.outcome, *found, needs).line
            for one, needs in ((presented.acting, operation.needs), (presented.api_key, ()))
            if one is not None
        ]
        try:
            spool.current().write(lines, at_ms=int(self.now.timestamp() * 1000))
        except OSError:
            raise ApiError(503, "Uses cannot be counted now. Try again.", headers={"Retry-After": "5"}) from None
        if presented.acting.outcome is Outcome.IN_BROWSER:
            self._expose(presented.acting)

    def _expose(self, verdict: Verdict) -> None:
        """Tell whose API key it is that a page carries it. The refusal stands even if this fails."""
        whence = self.request.whence  # type: ignore[attr-defined]  # by middleware
        origin = self.request.headers.get("Origin", "")
        try:
            exposure.seen_in_browser(
                verdict.credential_id,  # type: ignore[arg-type]  # known, or it would not be this outcome
                origin=origin,
                ip=whence["ip"],
                user_agent=whence["user_agent"],
                now=self.now,
            )
        except DatabaseError:
            log.exception("That the key %s was seen in a browser could not be noted.", verdict.credential_id)

    def _count(self, operation: Operation, verdict: Verdict) -> None:
        rate = ratelimits.Rate(operation.rate.value, *settings.API_RATES[operation.rate.value])
        allowance = ratelimits.take(rate, organization_id=verdict.organization_id, now=self.now)  # type: ignore[arg-type]
        self.headers |= {
            "X-RateLimit-Limit": str(rate.limit),
            "X-RateLimit-Period": str(rate.period),
            "X-RateLimit-Remaining": str(allowance.remaining),
            "X-RateLimit-Reset": str(allowance.reset),
            "X-RateLimit-Name": rate.name,
        }
        if allowance.exceeded:
            raise ApiError(
                429,
                f"Too many requests: {rate.limit} of the class {rate.name} in {rate.period} seconds are allowed. "
                f"Wait {allowance.reset} seconds.",
                headers={"Retry-After": str(allowance.reset)},
            )

    def _arguments(self, operation: Operation) -> dict[str, Any]:
        arguments: dict[str, Any] = dict(self.path)
        if operation.query:
            arguments["query"] = decoding.query_of(self.request.GET, operation.query)
        if operation.body:
            content = decoding.body_of(self.request)
            if content or operation.body_required:
                found = decoding.parsed(content)
                self._check_same_id(found, operation.mismatch)
                arguments["body"] = decoding.converted(found, operation.body)
        return arguments

    def _check_same_id(self, found: Any, mismatch: str) -> None:
        """An update names what it updates twice; 422 when the two differ, whatever else may be wrong with it."""
        data = found.get("data") if isinstance(found, dict) else None
        named = [value for name, value in self.path.items() if name.endswith("id")]
        if self.request.method != "PATCH" or not named or not isinstance(data, dict) or "id" not in data:
            return
        if str(data["id"]).lower() != named[-1].lower():
            raise ApiError(422, mismatch)

    def _once(self, call: Call, perform: Callable[[], bytes | None]) -> bytes | None:
        """Perform a POST; with an Idempotency-Key, once for all the times that it is sent."""
        key = self.request.headers.get("Idempotency-Key")
        if key is None or call.caller is None:
            return perform()
        if not (0 < len(key) <= LONGEST_IDEMPOTENCY_KEY and key.isascii() and key.isprintable()):
            raise ApiError(400, "Idempotency-Key: send 1 to 255 printable ASCII characters.")
        content = {"path": self.request.get_full_path(), "body": hashlib.sha256(self.request.body).hexdigest()}
        scopes = ",".join(sorted(call.verdict.scopes or ()))  # another credential, or this one narrowed, may do less
        nonce = f"Idempotency-Key {call.verdict.credential_id} {scopes} {key}"
        sending = idempotency.Sending(nonce, call.caller, content)
        try:
            answer, again = idempotency.once(sending, lambda: perform() or b"")
        except idempotency.SaidOtherwise as refusal:
            raise ApiError(422, str(refusal)) from None
        self.headers |= {"Idempotent-Replayed": "true"} if again else {}
        return answer or None

    def _reasons(self, refusal: NotPermitted) -> list[str]:
        """What was missing: a scope of the credential, or a permission of its owner."""
        if isinstance(refusal, BeyondToken):
            return [str(refusal.reason)]
        if not refusal.permission:
            return []
        if self.member and refusal.permission in self.member.permissions:
            return [f"This credential is not scoped for {refusal.permission}."]
        return [f"The owner of this credential lacks the permission {refusal.permission}."]

    def _remember(self, status: int) -> None:
        """Note the use of whatever known credential was presented. The answer stands even if this fails."""
        verdict = self.presented.acting if self.presented else None
        if verdict is None or verdict.credential_id is None or verdict.organization_id is None:
            return
        if (not verdict or status == 429) and self._too_many(verdict):
            return
        sender = self.presented.api_key if self.presented else None
        whence = self.request.whence  # type: ignore[attr-defined]  # by middleware
        use = journal.Request(
            organization_id=verdict.organization_id,
            credential_id=verdict.credential_id,
            api_key_id=sender.credential_id if sender else None,
            at=self.now,
            method=str(self.request.method)[:8],
            route=route_of(self.request),
            status=status,
            good=bool(verdict),
            client=whence["user_agent"],
            ip=whence["ip"],
            request_id=whence["request_id"],
        )
        try:
            journal.record(use)
        except DatabaseError:
            log.exception("The use of credential %s could not be recorded.", verdict.credential_id)

    def _too_many(self, verdict: Verdict) -> bool:
        """Whether enough refused uses of the credential were kept in this minute."""
        rate = ratelimits.Rate(f"refused {str(verdict.credential_id)[:23]}", REFUSED, 60)
        return ratelimits.take(rate, organization_id=verdict.organization_id, now=self.now).exceeded  # type: ignore[arg-type]


def route_of(request: HttpRequest) -> str:
    """The address without its values: /api/v2/api_keys/{api_key_id}."""
    match = request.resolver_match
    return "/" + (match.route if match else "").replace("<str:", "{").replace(">", "}")


def _encoded(answer: Any) -> bytes | None:
    return None if answer is None else msgspec.json.encode(answer)


def _rule(refusal: NotAllowed, operation: Operation | None) -> ApiError:
    """A rule that refuses, as the operation's clients expect to hear of it."""
    words = f"{refusal.field}: {refusal.message}" if refusal.field else str(refusal.message)
    if operation is None:
        return ApiError(400, words)
    status = operation.conflict if isinstance(refusal, AlreadyExists) else operation.refusal
    return ApiError(status, words)


def nothing_here(request: HttpRequest) -> HttpResponse:
    """What is no address of the API: 404 as JSON, for programs cannot read a page."""
    return refused(NotFound("Not found. /api/openapi.json lists every address."))


nothing_here.guarded_by = "public"  # type: ignore[attr-defined]
nothing_here = csrf_exempt(nothing_here)
