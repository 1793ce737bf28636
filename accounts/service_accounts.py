"""Service accounts: members without a person, for programs that must not depend on one."""

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import details, granting, members, names, organizations
from accounts.actors import Actor
from accounts.models import Manager, Member, Sort
from accounts.permissions import Permission
from accounts.refusals import AlreadyExists, NotAllowed
from audit import log
from audit.events import Event


@transaction.atomic
def create(*, name: str = "", email: str, title: str = "", role_ids: frozenset[uuid.UUID], by: Actor) -> Member:
    """A new service account, which the member who makes it manages. Raises NotAllowed.

    Without a name it takes the part before the @, with a number if another one has that name.
    """
    by.require(Permission.SERVICE_ACCOUNT_WRITE)
    organizations.lock(by.organization)
    email = details.checked_email(email)
    given, name = bool(name), _checked_name(name, by=by) if name else _name_from(email, by=by)
    granting.check_grant(role_ids, by=by)
    account = Member.objects.create(
        organization_id=by.organization,
        sort=Sort.SERVICE_ACCOUNT,
        name=name,
        name_key=names.key(name),
        name_is_given=given,
        email=email,
        title=details.checked_title(title),
        created_at=by.now,
        activated_at=by.now,
    )
    granting.replace(account, role_ids)
    maker = members.acting(by)
    if maker and not maker.is_service_account:
        Manager.objects.create(service_account=account, member=maker)
    changes = {"email": email, "title": account.title or None, "roles": granting.named(account)}
    log.record(Event.SERVICE_ACCOUNT_CREATED, by=by, target=members.target(account), changes=changes)
    return account


@transaction.atomic
def edit(
    account_id: uuid.UUID,
    *,
    name: str | None = None,
    email: str | None = None,
    title: str | None = None,
    role_ids: frozenset[uuid.UUID] | None = None,
    by: Actor,
) -> Member:
    """Change any of it, None leaving what there is; what did not change leaves no trace. Raises NotAllowed."""
    by.require(Permission.SERVICE_ACCOUNT_WRITE)
    account = members.locked(account_id, by=by)
    if not account.is_service_account:
        raise Member.DoesNotExist
    name = None if name is None else _checked_name(name, by=by, besides=account)
    email = account.email if email is None else details.checked_email(email)
    changes = details.change(account, name=name, email=email, title=title, now=by.now)
    if role_ids is not None and role_ids != account.role_ids:
        changes["roles"] = _regranted(account, role_ids, by=by)
    if changes:
        log.record(Event.SERVICE_ACCOUNT_CHANGED, by=by, target=members.target(account), changes=changes)
    return account


def managers_of(account: Member) -> QuerySet[Member]:
    """The active members who manage the service account, by name."""
    return Member.objects.users().active().filter(manages__service_account=account).order_by("name_key", "pk")


@transaction.atomic
def set_managers(account_id: uuid.UUID, *, member_ids: Iterable[uuid.UUID], by: Actor) -> Member:
    """Let these active members, and nobody else, manage the service account. Raises NotAllowed("managers")."""
    by.require(Permission.SERVICE_ACCOUNT_WRITE)
    account = members.locked(account_id, by=by)
    if not account.is_service_account:
        raise Member.DoesNotExist
    wanted = set(member_ids)
    chosen = Member.objects.of(by.organization).users().active().filter(pk__in=wanted)
    if len(chosen) != len(wanted):
        raise NotAllowed("managers", _("Choose active members from the list."))
    before = list(managers_of(account))
    Manager.objects.filter(service_account=account).delete()
    Manager.objects.bulk_create(Manager(service_account=account, member=member) for member in chosen)
    changes = {"managers": [[member.name for member in found] for found in (before, managers_of(account))]}
    if changes["managers"][0] != changes["managers"][1]:
        log.record(Event.SERVICE_ACCOUNT_CHANGED, by=by, target=members.target(account), changes=changes)
    return account


def _regranted(account: Member, role_ids: frozenset[uuid.UUID], *, by: Actor) -> list[object]:
    """Give other roles; returns their names before and after."""
    granting.check_grant(role_ids, by=by)
    before = granting.named(account)
    granting.replace(account, role_ids)
    account.modified_at = by.now
    account.save(update_fields=["modified_at"])
    return [before, granting.named(account)]


def _taken(by: Actor, besides: Member | None = None) -> set[str]:
    others = Member.objects.of(by.organization).service_accounts()
    if besides:
        others = others.exclude(pk=besides.pk)
    return set(others.values_list("name_key", flat=True))


def _checked_name(name: str, *, by: Actor, besides: Member | None = None) -> str:
    name, taken = details.checked_name(name), _taken(by, besides)
    if names.key(name) in taken:
        message = _("Another service account already has this name.")
        raise AlreadyExists("name", message, suggestion=names.free(name, taken))
    return name


def _name_from(email: str, *, by: Actor) -> str:
    wanted, taken = details.name_from(email), _taken(by)
    return names.free(wanted, taken) if names.key(wanted) in taken else wanted
