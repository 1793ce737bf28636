"""The JSON form, for applications that ask for themselves: one question, or up to a hundred in one request.

POST /verifications
{"credential": "…", "accept": ["api_key"], "scope": ["dashboards_read"], "organization": "0f2c…",
 "ip": "203.0.113.9", "user_agent": "curl/8.1", "path": "/v1/orders"}
{"questions": [{"credential": "…"}, …]}
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from api import decoding
from api.answers import ApiError
from api.v2.payloads.shapes import Strict
from api.verify import answers, routes
from api.verify.answers import Answer
from api.verify.questions import Asked, asker_of, check_asker
from keys.usage.observations import client_of, endpoint_of, network_of
from keys.verification import Outcome

PATH = "/verifications"
MOST = 100


class OneQuestion(Strict, frozen=True):
    """A credential and what it should be good for; where it was presented, as far as that is known."""

    credential: str
    accept: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    organization: str | UnsetType = UNSET
    ip: str = ""
    user_agent: str = ""
    path: str = ""


class SeveralQuestions(Strict, frozen=True):
    """Questions that are answered in their order."""

    questions: tuple[OneQuestion, ...]


class Several(NamedTuple):
    """What a request asks, and whether it put its questions in a list."""

    questions: Sequence[Asked]
    is_list: bool


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer. Whose the credential is, is said of good ones alone."""

    valid: bool
    outcome: Outcome
    message: str = ""
    missing_scope: str = ""
    credential_id: uuid.UUID | None = None
    kind: str = ""
    organization_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    scopes: Sequence[str] | None = None


def read(method: str, headers: Mapping[str, str], body: bytes, peer: str) -> Several:
    """What a request asks. 4xx for what cannot be understood, naming the field."""
    if method != "POST":
        raise ApiError(405, "Method Not Allowed", headers={"Allow": "POST"})
    check_asker(headers.get("x-verify-secret", ""), asker_of(headers, peer))
    media, packing = headers.get("content-type", ""), headers.get("content-encoding", "")
    found = decoding.parsed(decoding.unpacked(body, media=media, encoding=packing))
    if isinstance(found, dict) and "questions" in found:
        asked = decoding.converted(found, SeveralQuestions).questions
        if not 0 < len(asked) <= MOST:
            raise ApiError(400, f"questions: ask 1 to {MOST} at once, not {len(asked)}.")
        return Several([_asked(one, f"questions[{place}].") for place, one in enumerate(asked)], is_list=True)
    return Several([_asked(decoding.converted(found, OneQuestion))], is_list=False)


def _asked(one: OneQuestion, place: str = "") -> Asked:
    try:
        wants = routes.of(one.accept, one.scope, None if one.organization is UNSET else one.organization)
    except ApiError as refusal:
        raise ApiError(refusal.status, *(place + message for message in refusal.messages)) from None
    return Asked(
        text=one.credential,
        wanted=wants,
        client=client_of(one.user_agent),
        network=network_of(one.ip),
        endpoint=endpoint_of(one.path.partition("?")[0]),
    )


def answered(asked: Several, judged: Sequence[Answer]) -> Answer:
    """200 with a verdict on every question, good or not; 503 for all if one of them cannot be judged now."""
    if unjudged := next((one for one in judged if one.outcome is None), None):
        return unjudged
    verdicts = [_verdict(one) for one in judged]
    found: Any = {"verdicts": verdicts} if asked.is_list else verdicts[0]
    return Answer(200, (), msgspec.json.encode(found))


def _verdict(one: Answer) -> Verdict:
    outcome: Outcome = one.outcome  # type: ignore[assignment]
    standing = one.standing
    if standing is None:
        return Verdict(
            valid=False, outcome=outcome, message=answers.words(outcome, one.missing), missing_scope=one.missing
        )
    return Verdict(
        valid=True,
        outcome=outcome,
        credential_id=standing.credential_id,
        kind=standing.kind.value,
        organization_id=standing.organization_id,
        owner_id=standing.owner_id,
        scopes=sorted(standing.permissions) if standing.owner_id else None,
    )
