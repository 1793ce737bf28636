"""What scanners ask without a credential: GitHub's reports of leaks, and what our credentials look like."""

import logging
from collections.abc import Callable
from typing import Any

import msgspec
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from api.answers import ApiError, answered, refused
from api.verify.throttle import Throttle
from keys.models import Way
from keys.safety import github, leaks, patterns
from keys.usage.observations import network_of

log = logging.getLogger(__name__)

REFUSED_A_MINUTE = 60
"""How many reports that are not GitHub's a worker looks at from one network; then it looks at none for a while."""

_refusals = Throttle(REFUSED_A_MINUTE)


def _public(*methods: str) -> Callable[[Callable[[HttpRequest], HttpResponse]], Callable[[HttpRequest], HttpResponse]]:
    """A view for anybody, by these methods, that refuses in the API's shape."""

    def declare(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
        def guarded(request: HttpRequest) -> HttpResponse:
            if request.method not in methods:
                return refused(ApiError(405, "Method Not Allowed", headers={"Allow": ", ".join(methods)}))
            try:
                return view(request)
            except ApiError as error:
                return refused(error)

        guarded.guarded_by = "public"  # type: ignore[attr-defined]
        return csrf_exempt(guarded)  # no session is read, so there is none to forge

    return declare


@_public("POST")
def github_report(request: HttpRequest) -> HttpResponse:
    """GitHub's secret-scanning partner protocol. What is leaked is stopped before this answers."""
    _check_signature(request)
    try:
        matches = github.read(request.body)
    except github.Unreadable as trouble:
        raise ApiError(400, f"The report is not what GitHub's protocol says: {trouble}.") from None
    reporter = leaks.Reporter(way=Way.GITHUB, name=github.NAME, **request.whence)  # type: ignore[attr-defined]  # by middleware
    try:
        found = leaks.accept(matches, reporter=reporter)
    except DatabaseError:
        log.exception("A report of GitHub's could not be worked off.")
        raise ApiError(503, "Not all of it could be done now. Send it again.", headers={"Retry-After": "10"}) from None
    told = github.feedback(matches, [leak is not None for leak in found])
    return answered(msgspec.json.encode(told), status=200)


def _check_signature(request: HttpRequest) -> None:
    """Refuse what GitHub did not sign, and for a while whoever tries that too often."""
    network = network_of(request.whence["ip"])  # type: ignore[attr-defined]  # by middleware
    minute = int(request.now.timestamp()) // 60  # type: ignore[attr-defined]  # by middleware
    if not _refusals.allows(network, minute=minute):
        raise ApiError(429, "Too many reports without a good signature. Wait a minute.", headers={"Retry-After": "60"})
    key_id, signature = (request.headers.get(f"Github-Public-Key-{name}", "") for name in ("Identifier", "Signature"))
    try:
        github.check(request.body, key_id=key_id, signature=signature, keys=github.KEYS)
    except github.NotSigned as refusal:
        _refusals.count(network)
        raise ApiError(403, f"Forbidden: {refusal}.") from None
    except github.KeysUnavailable as trouble:
        _refusals.count(network)
        words = f"The signature cannot be checked now: {trouble}. Send it again."
        raise ApiError(503, words, headers={"Retry-After": "60"}) from None


@_public("GET", "HEAD")
def published_patterns(request: HttpRequest) -> HttpResponse:
    """What each kind of credential looks like, and where one that was found is reported."""
    site = settings.SITE_URL
    document = {
        "service": settings.PRODUCT_NAME,
        "site": site,
        "report": {"github": f"{site}/api/leaks/github", "scanners": f"{site}/api/v2/leaks"},
        "patterns": [_published(pattern) for pattern in patterns.PATTERNS],
    }
    return answered(msgspec.json.encode(document), status=200)


def _published(pattern: patterns.Pattern) -> dict[str, Any]:
    return {
        "type": pattern.type,
        "kind": pattern.kind.value,
        "is_public": pattern.kind.is_public,
        "prefix": pattern.prefix,
        "regex": pattern.regex,
        "not_beside": patterns.BOUNDARY,
        "checksum": pattern.checksum,
        "example": pattern.example,
    }
