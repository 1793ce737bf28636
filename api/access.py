"""Who may use an API address. Every view carries exactly one of these; a test walks the URL table."""

import functools
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

View = Callable[[HttpRequest], HttpResponse]


def refused(message: str, *, status: int = 403) -> JsonResponse:
    """An error in the shape every client of this API reads."""
    response = JsonResponse({"errors": [message]}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def credential(view: View) -> View:
    """Whoever presents a credential, which the view judges. No session is read, so there is none to forge."""

    @functools.wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            response: HttpResponse = refused("Method Not Allowed", status=405)
            response.headers["Allow"] = "GET, HEAD"
            return response
        response = view(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    guarded.guarded_by = "credential"  # type: ignore[attr-defined]
    return csrf_exempt(guarded)
