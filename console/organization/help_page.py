"""Help: which credential when, the rules and their reasons, and whom to ask."""

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from console.access import signed_in
from console.pages import page
from console.requests import SignedInRequest
from keys import governance
from keys.kinds import API_KEY, KINDS


@require_safe
@signed_in
def help_page(request: SignedInRequest) -> HttpResponse:
    """The page, for members and support staff alike."""
    context = {
        "reachable": {kind.value: kind for kind in KINDS if request.member and governance.may_see(request.actor, kind)},
        "most": API_KEY.quota.maximum if API_KEY.quota else 0,
        "contact": settings.SUPPORT_CONTACT,
        "contact_is_mail": "@" in settings.SUPPORT_CONTACT and "://" not in settings.SUPPORT_CONTACT,
        "contact_is_link": settings.SUPPORT_CONTACT.startswith(("https://", "http://")),
    }
    return page(request, "organization/help.html", context)
