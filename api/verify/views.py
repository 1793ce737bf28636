"""The same doors for a server that has Django alone, such as the one for development: no memory, a query a question."""

from collections.abc import Sequence
from datetime import datetime

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from api.answers import ApiError
from api.verify import answers, bulk, judging, questions
from api.verify.answers import Answer
from api.verify.questions import Asked, Question
from keys import standings
from keys.cache import Entry
from keys.usage import spool
from keys.verification import Outcome


@csrf_exempt
def verify(request: HttpRequest, **_route: str) -> HttpResponse:
    """200 with who it is, 401 or 403 with why not, 503 when that cannot be known now."""
    target = f"{request.path}?{request.META.get('QUERY_STRING', '')}"
    question = Question(target, _headers(request), request.META.get("REMOTE_ADDR", ""))
    try:
        return _response(_judged(request, [questions.read(question)])[0])
    except ApiError as refusal:
        return _response(answers.error(refusal))


@csrf_exempt
def verifications(request: HttpRequest) -> HttpResponse:
    """The JSON form: a verdict on every question."""
    try:
        peer = request.META.get("REMOTE_ADDR", "")
        asked = bulk.read(str(request.method), _headers(request), request.body, peer)
    except ApiError as refusal:
        return _response(answers.error(refusal))
    return _response(bulk.answered(asked, _judged(request, asked.questions)))


verify.guarded_by = verifications.guarded_by = "public"  # type: ignore[attr-defined]


def _headers(request: HttpRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _judged(request: HttpRequest, asked: Sequence[Asked]) -> list[Answer]:
    now = request.now  # type: ignore[attr-defined]  # by middleware
    try:
        found = standings.find(one.text for one in asked if not judging.without_looking(one.text))
        told = [_told(one, found.get(one.text), now) for one in asked]
        spool.current().write([line for _, line in told], at_ms=int(now.timestamp() * 1000))
    except DatabaseError:
        return [answers.UNAVAILABLE] * len(asked)
    except OSError:
        return [answers.UNCOUNTED] * len(asked)
    return [answer for answer, _ in told]


def _told(asked: Asked, standing: standings.Standing | None, now: datetime) -> tuple[Answer, bytes]:
    if standing is None:
        return asked.of_unknown(judging.without_looking(asked.text) or Outcome.UNKNOWN)
    return asked.of_known(Entry(standing), now)


def _response(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status)
    for name, value in answer.all_headers:
        response.headers[name] = value
    return response
