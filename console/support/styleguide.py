"""Every component on one page, for those who work on the look. Routed in DEBUG only."""

from django.http import HttpResponse

from console.access import public
from console.pages import page
from console.requests import ConsoleRequest


@public
def styleguide(request: ConsoleRequest) -> HttpResponse:
    """The components, with made-up data."""
    return page(request, "styleguide.html")
