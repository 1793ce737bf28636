"""Around every request: facts about it, who acts, security headers, and answers that suit htmx."""

import functools
import ipaddress
import json
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from console import acting as acting_as
from console import health
from console.requests import ConsoleRequest
from keys import minting, revisions

GetResponse = Callable[[HttpRequest], HttpResponse]

CSP = "; ".join(f"{directive} {sources}" for directive, sources in settings.SECURE_CSP.items())
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def plain_health(get_response: GetResponse) -> GetResponse:
    """Answer /healthz before anything else, whatever host name it is asked under."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info == "/healthz":
            return health.answer(timezone.now())
        return get_response(request)

    return middleware


def request_facts(get_response: GetResponse) -> GetResponse:
    """Read the clock once, give the request an id, and find out which address it came from."""

    def middleware(request: ConsoleRequest) -> HttpResponse:
        request.now = timezone.now()
        request.id = uuid.uuid4().hex
        request.client_ip = _client_ip(request)
        request.whence = _whence(request)
        if not request.COOKIES.get(settings.SESSION_COOKIE_NAME, "").isalnum():
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)  # no session is called that; PostgreSQL refuses NUL
        response = get_response(request)
        response.headers["X-Request-Id"] = request.id
        return response

    return middleware  # type: ignore[return-value]


def _whence(request: ConsoleRequest) -> dict[str, Any]:
    """Where the request came from and when, as an Actor is told."""
    agent = request.headers.get("User-Agent", "")
    return {
        "ip": request.client_ip,
        "user_agent": minting.redacted("".join(mark for mark in agent if mark.isprintable()))[:256],
        "request_id": request.id,
        "now": request.now,
    }


def _client_ip(request: HttpRequest) -> str:
    """The peer's address, or the one the outermost trusted proxy saw."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        address = (hops[-settings.TRUSTED_PROXIES :] or [address])[0] or address
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ""


def changes_announced(get_response: GetResponse) -> GetResponse:
    """Whoever changed something hears of it after every process here could: the next question is judged by it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method not in {"GET", "HEAD", "OPTIONS"}:
            revisions.announce()
        return response

    return middleware


def security_headers(get_response: GetResponse) -> GetResponse:
    """Send the content security policy and its companions with every answer; only static files are ever cached."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Content-Security-Policy", CSP)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware


def acting(get_response: GetResponse) -> GetResponse:
    """Say who acts, in which organisation, language and time zone."""

    def middleware(request: ConsoleRequest) -> HttpResponse:
        request.memberships, request.member, request.actor = [], None, None
        if not request.user.is_authenticated:
            return get_response(request)
        acting_as.identify(request)
        with _preferences(request):
            return get_response(request)

    return middleware  # type: ignore[return-value]


@functools.cache
def _time_zones() -> set[str]:
    """The zones there are; finding them walks the disk."""
    return zoneinfo.available_timezones()


class _preferences:  # noqa: N801 - a context manager that reads as a phrase
    """The person's language and time zone, for as long as the request lasts."""

    def __init__(self, request: ConsoleRequest) -> None:
        self.request = request

    def __enter__(self) -> None:
        person = self.request.user
        if person.language:
            translation.activate(person.language)
            self.request.LANGUAGE_CODE = translation.get_language()
        if person.time_zone in _time_zones():
            timezone.activate(person.time_zone)

    def __exit__(self, *exception: object) -> None:
        timezone.deactivate()


def htmx_answers(get_response: GetResponse) -> GetResponse:
    """For htmx: a redirect leaves the page instead of landing in a cell, and messages become toasts."""

    def middleware(request: ConsoleRequest) -> HttpResponse:
        response = get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if not request.htmx:
            return response
        if response.status_code in {301, 302, 303}:
            return HttpResponseClientRedirect(response.headers["Location"])
        said = [{"text": str(message)} for message in messages.get_messages(request)]
        if said:
            response.headers["HX-Trigger"] = json.dumps({"toast": {"messages": said}})
        return response

    return middleware  # type: ignore[return-value]


def lost_forms(get_response: GetResponse) -> GetResponse:
    """A browser that opens an address to which only forms are sent gets a page, and the way back from there."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_bare = isinstance(response, HttpResponseNotAllowed) and not response.content
        if is_bare and "text/html" in request.headers.get("Accept", ""):
            response.content = render_to_string("405.html", request=request)
        return response

    return middleware
