"""Service accounts: members without a person, for programs that must not depend on one."""

import uuid

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members, names, organizations, roles
from accounts.actors import Actor
from accounts.models import Member, Sort
from accounts.permissions import Permission
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event


@transaction.atomic
def create(*, name: str, email: str, role_slugs: frozenset[str], by: Actor) -> Member:
    """A new service account; notices about it go to the e-mail address. Raises NotAllowed."""
    by.require(Permission.SERVICE_ACCOUNT_WRITE)
    organizations.lock(by.organization)
    name = _checked_name(name, by=by)
    roles.check_grant(role_slugs, by=by)
    account = Member.objects.create(
        organization_id=by.organization,
        sort=Sort.SERVICE_ACCOUNT,
        name=name,
        name_key=names.key(name),
        email=email.strip().lower(),
        created_at=by.now,
        activated_at=by.now,
    )
    roles.replace(account, role_slugs)
    changes = {"email": account.email, "roles": sorted(role_slugs)}
    log.record(Event.SERVICE_ACCOUNT_CREATED, by=by, target=members.target(account), changes=changes)
    return account


@transaction.atomic
def edit(account_id: uuid.UUID, *, name: str, email: str, role_slugs: frozenset[str], by: Actor) -> Member:
    """Change name, e-mail address and roles; what did not change leaves no trace. Raises NotAllowed."""
    by.require(Permission.SERVICE_ACCOUNT_WRITE)
    account = members.locked(account_id, by=by)
    if not account.is_service_account:
        raise Member.DoesNotExist
    before = {"name": account.name, "email": account.email, "roles": sorted(account.role_slugs)}
    account.name = _checked_name(name, by=by, besides=account)
    account.name_key, account.email = names.key(account.name), email.strip().lower()
    if role_slugs != account.role_slugs:
        roles.check_grant(role_slugs, by=by)
        roles.replace(account, role_slugs)
    account.save(update_fields=["name", "name_key", "email"])
    after = {"name": account.name, "email": account.email, "roles": sorted(role_slugs)}
    changes = {field: [before[field], value] for field, value in after.items() if before[field] != value}
    if changes:
        log.record(Event.SERVICE_ACCOUNT_CHANGED, by=by, target=members.target(account), changes=changes)
    return account


def _checked_name(name: str, *, by: Actor, besides: Member | None = None) -> str:
    try:
        name = names.checked(name)
    except names.BadName as refusal:
        raise NotAllowed("name", refusal.message) from None
    others = Member.objects.of(by.organization).service_accounts()
    if besides:
        others = others.exclude(pk=besides.pk)
    taken = set(others.values_list("name_key", flat=True))
    if names.key(name) in taken:
        raise NotAllowed(
            "name", _("Another service account already has this name."), suggestion=names.free(name, taken)
        )
    return name
