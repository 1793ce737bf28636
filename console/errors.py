"""The pages for what went wrong, and for programs the same as JSON. None says more than its reader may know."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader

API = "/api/"
RETRY_AFTER = {"Retry-After": "5"}


def _said(request: HttpRequest, status: int, words: str) -> HttpResponse:
    """For a program, the words in the shape the API has them; for everybody else, the page."""
    if request.path_info.startswith(API):
        return JsonResponse({"errors": [words]}, status=status)
    return render(request, f"{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: what was sent cannot be read, or is too large."""
    return _said(request, 400, "The request cannot be read.")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403, naming the permission that is missing if there is one."""
    return render(request, "403.html", {"permission": str(exception or "")}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, the same for what never was and what belongs to somebody else."""
    return _said(request, 404, "Not found")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our mistake; 503 where the database was away, or kept busy by others for too long. The page is drawn without
    a request's help."""
    unavailable = isinstance(sys.exception(), OperationalError | InterfaceError)
    status, headers = (503, RETRY_AFTER) if unavailable else (500, {})
    if request.path_info.startswith(API):
        words = "The database did not answer in time." if unavailable else "Internal server error."
        return JsonResponse({"errors": [f"{words} It was logged; try again."]}, status=status, headers=headers)
    return HttpResponse(loader.get_template("500.html").render({"status": status}), status=status, headers=headers)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form from before a sign-in elsewhere, or from another site: reload and send it again."""
    return render(request, "403_csrf.html", status=403)
