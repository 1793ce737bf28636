"""What every page's template can read."""

import functools
from typing import Any

from django.conf import settings

from console import navigation
from console.requests import ConsoleRequest
from keys.telling import reading


def page(request: ConsoleRequest) -> dict[str, Any]:
    """The actor, the person, the organisations they can switch to, the menu, and the look they chose."""
    context: dict[str, Any] = {
        "now": getattr(request, "now", None),
        "product": settings.PRODUCT_NAME,
        "theme": "auto",
        "density": "comfortable",
    }
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated or not hasattr(request, "memberships"):
        return context
    return context | {
        "actor": request.actor,
        "person": person,
        "member": request.member,
        "memberships": [
            {
                "member_id": member.id,
                "organization_name": member.organization.name,
                "current": member == request.member,
            }
            for member in request.memberships
        ],
        "navigation": navigation.menu(request),
        "unread": functools.partial(reading.unread, request.member) if request.member else 0,
        "theme": person.theme,
        "density": person.density,
    }
