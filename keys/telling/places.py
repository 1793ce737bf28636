"""Where what people were told about can be looked at."""

from collections.abc import Callable

from django.conf import settings
from django.urls import reverse

from keys.kinds import KINDS


def _page(name: str) -> Callable[[str, str], str]:
    return lambda _type, target_id: reverse(name, args=[target_id])


def _one_page(name: str) -> Callable[[str, str], str]:
    return lambda _type, _target_id: reverse(name)


def _credential(kind: str, target_id: str) -> str:
    return reverse("credential-detail", args=[_SLUGS[kind], target_id])


_SLUGS = {kind.value: kind for kind in KINDS}
_PAGES: dict[str, Callable[[str, str], str]] = {
    "control": _page("hygiene-control"),
    "detection": _page("detection-detail"),
    **dict.fromkeys(_SLUGS, _credential),
    "leak": _page("leak-detail"),
    "role": _page("role-detail"),
    "rum_application": _page("rum-application-detail"),
    "safety": _one_page("safety"),
    "security_contacts": _one_page("security-contacts"),
    "service_account": _page("service-account-detail"),
    "user": _page("member-detail"),
    "webhook": _page("webhook-detail"),
}


def path_of(target_type: str, target_id: str) -> str:
    """The path of the page about it, or "" for what has none."""
    page = _PAGES.get(target_type)
    return page(target_type, target_id) if page else ""


def link_to(target_type: str, target_id: str) -> str:
    """The same as a whole address, or ""."""
    path = path_of(target_type, target_id)
    return settings.SITE_URL + path if path else ""
