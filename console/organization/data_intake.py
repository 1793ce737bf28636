"""Data intake: what is taken, from whom, and where it goes on to."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from console.access import member
from console.forms.data_intake import UpstreamForm
from console.forms.errors import add_refusal
from console.kind_pages import Snippet
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import governance, upstreams
from keys.kinds import KINDS, Kind, Track


@dataclass(frozen=True)
class Way:
    """Addresses that take the same, what that is, and the kinds of credential it is taken from."""

    paths: tuple[str, ...]
    what: Promise
    track: Track

    @property
    def kinds(self) -> list[Kind]:
        return [kind for kind in KINDS if self.track in kind.sends]


WAYS = (
    Way(("/api/v2/logs", "/v1/input", "/v1/input/<token>"), gettext_lazy("Logs"), Track.LOGS),
    Way(("/api/v2/rum", "/api/v2/replay", "/api/v2/profile"), gettext_lazy("What visitors do"), Track.RUM),
    Way(
        ("/api/v2/series", "/api/v1/series", "/api/v1/check_run", "/intake/"),
        gettext_lazy("What Agents measure"),
        Track.AGENT,
    ),
)
ADDED = ("X-Organization-Id", "X-Credential-Id", "X-Credential-Kind", "X-Application-Id")
"""The headers that what is sent on carries."""

_CURL = (
    'curl -s -X POST {site}/api/v2/logs \\\n  -H "DD-API-KEY: $DD_API_KEY" \\\n'
    '  -H "Content-Type: application/json" \\\n  -d \'[{{"message": "hello", "service": "checkout"}}]\''
)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def data_intake(request: SignedInRequest) -> HttpResponse:
    """For everybody to read; whoever manages the organisation says where data goes on to."""
    address = upstreams.address_of(request.actor.organization)
    form = UpstreamForm(posted(request), initial={"address": address})
    if request.method == "POST":
        request.actor.require(P.ORG_MANAGEMENT)
        if form.is_valid() and _saved(request, form):
            return moved(reverse("data-intake"))
    site = settings.SITE_URL
    context = {
        "address": address,
        "form": form,
        "may_change": request.actor.can(P.ORG_MANAGEMENT),
        "ways": WAYS,
        "seen": governance.kinds_seen_by(request.actor),
        "added": ADDED,
        "site": site,
        "snippets": [Snippet("curl", _CURL.format(site=site))],
    }
    return page(request, "organization/data_intake.html", context, status=422 if form.is_bound else 200)


def _saved(request: SignedInRequest, form: UpstreamForm) -> bool:
    """Whether the address could be set; if not, the form says why."""
    try:
        address = upstreams.set_address(form.cleaned_data["address"], by=request.actor)
    except NotAllowed as refusal:
        add_refusal(form, refusal)
        return False
    said = _("Data goes on to %(address)s.") if address else _("Data is accepted and discarded.")
    messages.success(request, said % {"address": address})
    return True
