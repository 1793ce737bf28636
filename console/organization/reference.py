"""The API reference: what programs can ask, section by section, as the API describes itself."""

from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import resolve, reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from console import api_document, api_snippets
from console.access import member
from console.api_document import Operation, Section
from console.kind_pages import Snippet
from console.pages import page
from console.requests import SignedInRequest
from keys import governance
from keys.kinds import KINDS

RATES = {
    "read": _("Reading"),
    "write": _("Changing"),
    "search": _("Searching the audit trail"),
    "validate": _("Validating API keys"),
}


@dataclass(frozen=True)
class Shown:
    """An operation with the ways to call it."""

    operation: Operation
    snippets: list[Snippet]


@dataclass(frozen=True)
class RateShown:
    """How many requests of a class an organisation may make in so many seconds."""

    label: str | Promise
    limit: str
    period: int


@require_safe
@member
def reference(request: SignedInRequest) -> HttpResponse:
    """What holds for every request, and every operation in a line."""
    sections = _sections(request)
    seen = [kind for kind in KINDS if governance.may_see(request.actor, kind)]
    context = {
        "sections": sections,
        "site": settings.SITE_URL,
        "kinds": {kind.value: kind for kind in seen},
        "rates": [
            RateShown(RATES.get(name, name), number_format(limit, force_grouping=True), period)
            for name, (limit, period) in settings.API_RATES.items()
        ],
        "refusals": api_document.refusals(sections),
    }
    return page(request, "organization/reference/index.html", context)


@require_safe
@member
def reference_section(request: SignedInRequest, slug: str) -> HttpResponse:
    """Every operation of a section, with all it takes and ways to call it."""
    sections = _sections(request)
    section = next((found for found in sections if found.slug == slug), None)
    if section is None:
        raise Http404
    site = settings.SITE_URL
    context = {
        "sections": sections,
        "section": section,
        "site": site,
        "operations": [
            Shown(each, api_snippets.snippets(each, section.title, site=site)) for each in section.operations
        ],
    }
    return page(request, "organization/reference/section.html", context)


def _sections(request: SignedInRequest) -> tuple[Section, ...]:
    """As the API describes itself at its address: the two doors share the table of addresses, and nothing else."""
    description = resolve(reverse("api-description")).func(request)
    return api_document.read(description.content)
