"""The menu: what this actor can open, in groups."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import Permission as P
from console.requests import ConsoleRequest
from keys import governance
from keys.models import SupportRequest


@dataclass(frozen=True)
class Item:
    """One link. `current` when the page shown is it or lies below it; `count` is shown when it is not zero."""

    label: str
    url: str
    icon: str
    current: bool
    count: int = 0


@dataclass(frozen=True)
class Group:
    label: str
    items: list[Item]


def menu(request: ConsoleRequest) -> list[Group]:
    """The groups that have anything in them for this request's actor."""
    groups = _organization_groups(request) if request.member else []
    if request.user.is_support:
        groups.append(_support_group(request))
    return [group for group in groups if group.items]


def _organization_groups(request: ConsoleRequest) -> list[Group]:
    member_actor = request.actor
    may = member_actor.can if member_actor else lambda *_permissions: False
    sees_keys = member_actor is not None and bool(governance.kinds_seen_by(member_actor))
    return [
        Group(
            _("Integrations"),
            _present(
                sees_keys and _item(request, _("APIs"), "apis", "key-round"),
                _item(request, _("Service accounts"), "service-account-list", "bot"),
                _item(request, _("API reference"), "reference", "book-open"),
            ),
        ),
        Group(
            _("Governance"),
            _present(may(P.AUDIT_LOGS_READ) and _item(request, _("Audit trail"), "audit-trail", "scroll-text")),
        ),
        Group(
            _("Organization"),
            _present(
                _item(request, _("Members"), "member-list", "users"),
                sees_keys and _item(request, _("Limits & requests"), "limits", "gauge"),
            ),
        ),
    ]


def _support_group(request: ConsoleRequest) -> Group:
    waiting = SupportRequest.objects.open().count()
    return Group(
        _("Support"),
        _present(
            _item(request, _("Organizations"), "support-organizations", "building-2"),
            _item(request, _("Requests"), "support-requests", "inbox", waiting),
        ),
    )


def _present(*items: Item | bool) -> list[Item]:
    return [item for item in items if isinstance(item, Item)]


def _item(request: ConsoleRequest, label: str, url_name: str, icon: str, count: int = 0) -> Item:
    url = reverse(url_name)
    return Item(label, url, icon, request.path.startswith(url), count)
