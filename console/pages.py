"""How a view answers: with a page or one of its fragments, with a file, or by moving on."""

from collections.abc import Iterable, Mapping

from django.http import HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.shortcuts import render

from console.requests import ConsoleRequest


def page(
    request: ConsoleRequest,
    template: str,
    context: Mapping[str, object] | None = None,
    *,
    fragments: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """The whole page, or, when htmx asks for one of the named fragments, that fragment alone."""
    wanted = request.htmx.target if request.htmx and not request.htmx.history_restore_request else None
    if wanted in fragments:
        template = f"{template}#{wanted}"
    return render(request, template, dict(context or {}), status=status)


def csv_file(name: str, lines: Iterable[str]) -> StreamingHttpResponse:
    """A CSV file to keep, sent line by line."""
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def posted(request: ConsoleRequest) -> QueryDict | None:
    """What a form is bound to: what was posted, be it nothing, or None for a form only looked at."""
    return request.POST if request.method == "POST" else None


def moved(url: str) -> HttpResponseRedirect:
    """Go and look there (303): a refresh repeats nothing."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response
