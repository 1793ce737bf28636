"""The menu: what this actor can open, in groups."""

from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import Permission as P
from console.requests import ConsoleRequest
from keys import governance
from keys.models import SupportRequest


@dataclass(frozen=True)
class Item:
    """One link. `current` when the page shown is it or lies nearest below it; `count` is shown when it is not zero."""

    label: str
    url: str
    icon: str
    count: int = 0
    current: bool = False


@dataclass(frozen=True)
class Group:
    label: str
    items: list[Item]


def menu(request: ConsoleRequest) -> list[Group]:
    """The groups that have anything in them for this request's actor."""
    groups = _organization_groups(request) if request.member else []
    if request.user.is_support:
        groups.append(_support_group(request))
    here = max(
        (item.url for group in groups for item in group.items if request.path.startswith(item.url)), key=len, default=""
    )
    return [
        Group(group.label, [replace(item, current=item.url == here) for item in group.items])
        for group in groups
        if group.items
    ]


def _organization_groups(request: ConsoleRequest) -> list[Group]:
    member_actor = request.actor
    may = member_actor.can if member_actor else lambda *_permissions: False
    sees_keys = member_actor is not None and bool(governance.kinds_seen_by(member_actor))
    return [
        Group(
            _("Integrations"),
            _present(
                sees_keys and _item(_("APIs"), "apis", "key-round"),
                may(P.RUM_APPS_READ) and _item(_("RUM applications"), "rum-application-list", "app-window"),
                _item(_("Service accounts"), "service-account-list", "bot"),
                _item(_("API reference"), "reference", "book-open"),
            ),
        ),
        Group(
            _("Governance"),
            _present(
                may(P.GOVERNANCE_CONSOLE_READ) and _item(_("Key hygiene"), "hygiene", "list-checks"),
                sees_keys and _item(_("Policies"), "policy-list", "scale"),
                may(P.USAGE_READ) and _item(_("Usage"), "usage", "chart-no-axes-column"),
                may(P.AUDIT_LOGS_READ) and _item(_("Audit trail"), "audit-trail", "scroll-text"),
                _item(_("Safety center"), "safety", "shield-alert")
                if may(P.GOVERNANCE_CONSOLE_READ)
                else _item(_("Report a leak"), "leak-report", "shield-alert"),
            ),
        ),
        Group(
            _("Organization"),
            _present(
                _item(_("Members"), "member-list", "users"),
                _item(_("Roles"), "role-list", "shield-check"),
                sees_keys and _item(_("Limits & requests"), "limits", "gauge"),
                _item(_("Data intake"), "data-intake", "waypoints"),
                may(P.ORG_MANAGEMENT) and _item(_("Webhooks"), "webhook-list", "webhook"),
                may(P.ORG_MANAGEMENT) and _item(_("Timed work"), "timed-work", "timer"),
            ),
        ),
    ]


def _support_group(request: ConsoleRequest) -> Group:
    waiting = SupportRequest.objects.open().count()
    return Group(
        _("Support"),
        _present(
            _item(_("Organizations"), "support-organizations", "building-2"),
            _item(_("Requests"), "support-requests", "inbox", waiting),
            not _manages(request) and _item(_("Timed work"), "timed-work", "timer"),
        ),
    )


def _manages(request: ConsoleRequest) -> bool:
    """Whether it is in the organisation's own group already."""
    return request.member is not None and request.actor is not None and request.actor.can(P.ORG_MANAGEMENT)


def _present(*items: Item | bool) -> list[Item]:
    return [item for item in items if isinstance(item, Item)]


def _item(label: str, url_name: str, icon: str, count: int = 0) -> Item:
    return Item(label, reverse(url_name), icon, count)
