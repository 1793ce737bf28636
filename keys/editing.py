"""Changing a credential: its name, scopes and settings, and who looks after it.

There is no transfer: a credential acts for its owner, and handing it over would let one act in another's name.
"""

import uuid
from enum import Enum

from django.db import transaction

from accounts import members
from accounts.actors import Actor, NotPermitted
from audit import log
from audit.events import Event
from keys import governance, lifecycle, ownership, policies
from keys.models import Credential, Ownership
from keys.ownership import Owned


class Keep(Enum):
    """Stands for a value that is to stay, where None is a value too."""

    AS_IS = "as is"


@transaction.atomic
def edit(
    credential_id: uuid.UUID,
    *,
    by: Actor,
    name: str | None = None,
    scopes: list[str] | Keep | None = Keep.AS_IS,
    category: str | None = None,
    remote_config_read_enabled: bool | None = None,
) -> Credential:
    """Change several things at once; what is not given stays. Raises as `rename` does; scopes may go beyond the
    owner's."""
    credential = locked(credential_id, by=by)
    if name is not None:
        credential = rename(credential_id, name=name, by=by)
    if scopes is not Keep.AS_IS:
        credential = set_scopes(credential_id, scopes=scopes, beyond_owner=True, by=by)
    settings = {
        "category": credential.category if category is None else lifecycle.checked_category(category),
        "remote_config_read_enabled": remote_config_read_enabled,
    }
    changes = {
        field: [getattr(credential, field), value]
        for field, value in settings.items()
        if value is not None and value != getattr(credential, field)
    }
    for field, (_before, after) in changes.items():
        setattr(credential, field, after)
    if changes:
        _save(credential, *changes, by=by)
        log.record(Event.CREDENTIAL_CHANGED, by=by, target=lifecycle.target(credential), changes=changes)
    return credential


def _save(credential: Credential, *fields: str, by: Actor) -> None:
    credential.modified_at, credential.modified_by = by.now, members.acting(by)
    credential.save(update_fields=[*fields, "modified_at", "modified_by"])


@transaction.atomic
def rename(credential_id: uuid.UUID, *, name: str, by: Actor) -> Credential:
    """Give it another name. Raises NotPermitted, NotAllowed, or Credential.DoesNotExist."""
    credential = locked(credential_id, by=by)
    before, after = credential.name, name.strip()
    if after == before:
        return credential
    governance.check_name(credential, after, now=by.now)
    lifecycle.give_name(credential, after, by=by)
    _save(credential, "name", "name_key", by=by)
    log.record(Event.CREDENTIAL_RENAMED, by=by, target=lifecycle.target(credential), changes={"name": [before, after]})
    return credential


@transaction.atomic
def set_scopes(
    credential_id: uuid.UUID, *, scopes: list[str] | None, by: Actor, beyond_owner: bool = False
) -> Credential:
    """Replace its scopes; None means all of the owner's. Raises as `rename` does."""
    credential = locked(credential_id, by=by)
    after = sorted(set(scopes)) if scopes is not None else None
    governance.check_token(credential.kind, scopes=after, expires_at=credential.expires_at, by=by)
    policy = policies.of(by.organization, credential.kind)
    governance.check_scopes(policy, owner=credential.owner, scopes=after, beyond_owner=beyond_owner)
    governance.check_rank(credential.owner, by=by)
    before = credential.scopes
    if after != before:
        credential.scopes = after
        _save(credential, "scopes", by=by)
        changes = {"scopes": [before, after]}
        log.record(Event.CREDENTIAL_SCOPES_CHANGED, by=by, target=lifecycle.target(credential), changes=changes)
    return credential


@transaction.atomic
def assign(credential_id: uuid.UUID, owned: Owned, *, by: Actor) -> Credential:
    """Say who looks after it and what it is for. Raises as `rename` does, with the field."""
    credential = locked(credential_id, by=by)
    if not credential.kind.belongs_to_organization:
        raise Credential.DoesNotExist
    required = policies.of(by.organization, credential.kind).owner_required
    after = ownership.checked(owned, organization_id=by.organization, required=required)
    before = ownership.told(ownership.of(credential) or Ownership())
    changes = {
        field: [before[field], value] for field, value in ownership.told(after).items() if before[field] != value
    }
    if changes:
        after.credential = credential
        Ownership.objects.filter(credential=credential).delete()
        after.save(force_insert=True)
        log.record(Event.CREDENTIAL_OWNERSHIP_CHANGED, by=by, target=lifecycle.target(credential), changes=changes)
    return credential


def locked(credential_id: uuid.UUID, *, by: Actor) -> Credential:
    """The credential to change, with its organisation locked. Raises as `rename` does."""
    credential = lifecycle.locked(credential_id, by=by)
    if not governance.may_edit(by, credential):
        raise NotPermitted(credential.kind.rights.edit)
    governance.check_live(credential)
    governance.check_token(credential.kind, scopes=credential.scopes, expires_at=credential.expires_at, by=by)
    return credential
