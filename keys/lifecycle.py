"""The life of a credential: issue, rename, set scopes, revoke. The only writer of the credential table.

There is no transfer: a credential acts for its owner, and handing it over would let one act in another's name.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members, names, organizations
from accounts.actors import Actor, NotPermitted
from accounts.models import Member
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import governance, idempotency, minting, ownership, policies
from keys.kinds import Kind
from keys.minting import Secret
from keys.models import Credential, Ownership, Where
from keys.ownership import Owned

LONGEST_CATEGORY = 64


class Keep(Enum):
    """Stands for a value that is to stay, where None is a value too."""

    AS_IS = "as is"


@dataclass(frozen=True)
class Issued:
    """A new credential and, this once, its secret. `again` if an earlier sending of the same form made it."""

    credential: Credential
    secret: Secret
    again: bool = False


def target(credential: Credential) -> log.Target:
    """The credential as an audit target."""
    return log.Target(credential.kind.value, str(credential.id), credential.name)


@transaction.atomic
def issue(
    kind: Kind,
    *,
    name: str,
    by: Actor,
    owner: Member | None = None,
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
    category: str = "default",
    remote_config_read_enabled: bool = True,
    beyond_owner: bool = False,
    entitled: bool = False,
    owned: Owned = ownership.UNSAID,
    replaces: Credential | None = None,
    nonce: str = "",
) -> Issued:
    """Create a credential. Raises NotPermitted or NotAllowed; with a nonce, the same form creates only one.

    `owned` says who looks after one of the organisation's. One that `replaces` another takes over its name and its
    place in the quota: see keys.rotation, which alone asks for it.
    `beyond_owner` allows scopes that the owner does not have yet; `entitled` says that the caller has asked for
    another permission, which includes creating this one.
    """
    draft = _draft(kind, name=name, owner=owner, scopes=scopes, expires_at=expires_at, by=by)
    draft.category, draft.remote_config_read_enabled = _checked_category(category), remote_config_read_enabled
    draft.replaces = replaces
    content = {"kind": kind.value, "name": name, "owner": owner and owner.id, "scopes": draft.scopes}
    content |= {"owned": vars(owned), "replaces": replaces and replaces.pk}
    sending = idempotency.Sending(nonce, by, content, expires_at)
    if nonce and (earlier := idempotency.replayed(sending)):
        return Issued(*earlier, again=True)
    governance.check_issue(draft, by=by, beyond_owner=beyond_owner, entitled=entitled)
    secret = _insert(draft, _checked_ownership(draft, owned), by=by)
    if nonce:
        idempotency.remember(sending, credential=draft, secret=secret)
    _record_issue(draft, by=by)
    return Issued(draft, secret)


def _checked_ownership(draft: Credential, owned: Owned) -> Ownership | None:
    """What is said of who looks after it, if anything is; never of a kind that has an owner anyway."""
    if not draft.kind.belongs_to_organization:
        return None
    required = draft.replaces is None and policies.of(draft.organization_id, draft.kind).owner_required
    said = ownership.checked(owned, organization_id=draft.organization_id, required=required)
    return None if owned == ownership.UNSAID else said


def _draft(
    kind: Kind, *, name: str, owner: Member | None, scopes: list[str] | None, expires_at: datetime | None, by: Actor
) -> Credential:
    """What is asked for, not yet allowed. From here on the organisation is locked."""
    return Credential(
        organization=organizations.lock(by.organization),
        kind=kind,
        owner=owner,
        created_by=members.acting(by),
        name=name.strip(),
        scopes=sorted(set(scopes)) if scopes is not None else None,
        created_at=by.now,
        expires_at=expires_at,
    )


def _record_issue(credential: Credential, *, by: Actor) -> None:
    changes = {
        "kind": credential.kind.value,
        "last4": credential.last4,
        "owner": credential.owner.name if credential.owner else None,
        "scopes": credential.scopes,
        "expires_at": credential.expires_at.isoformat() if credential.expires_at else None,
    }
    if said := ownership.of(credential):
        changes |= ownership.told(said)
    log.record(Event.CREDENTIAL_ISSUED, by=by, target=target(credential), changes=changes)


def _insert(credential: Credential, said: Ownership | None, *, by: Actor) -> Secret:
    """Mint its secret and save it: name key, fingerprint and hint are filled in here. What it replaces makes room."""
    if old := credential.replaces:
        old.replaced_at = by.now
        old.save(update_fields=["replaced_at"])
    pepper, kind = minting.current_pepper(), credential.kind
    secret = minting.mint(kind, credential.id)
    _name(credential, credential.name, by=by)
    credential.fingerprint = minting.fingerprint(kind, secret.text, pepper=pepper)
    credential.pepper, credential.last4 = pepper, secret.hint
    credential.public_text = secret.text if kind.is_public else None
    credential.save(force_insert=True)
    if said:
        said.credential = credential
        said.save(force_insert=True)
    return secret


def _name(credential: Credential, name: str, *, by: Actor) -> None:
    """Name it; what has expired under that name gives it up."""
    credential.name, credential.name_key = name, names.key(name)
    expired = Credential.objects.of(by.organization).of_kind(credential.kind).where(Where.expired(by.now))
    if credential.kind.unique_per_owner:
        expired = expired.filter(owner=credential.owner)
    for rival in expired.filter(name_key=credential.name_key).exclude(pk=credential.pk):
        end(rival, by=by, reason="expired", besides=credential.name_key)


def _checked_category(category: str) -> str:
    try:
        category = names.checked(category)
    except names.BadName as refusal:
        raise NotAllowed("category", refusal.message) from None
    if len(category) > LONGEST_CATEGORY:
        raise NotAllowed("category", _("Use 64 characters or fewer."))
    return category


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
    credential = locked_for_edit(credential_id, by=by)
    if name is not None:
        credential = rename(credential_id, name=name, by=by)
    if scopes is not Keep.AS_IS:
        credential = set_scopes(credential_id, scopes=scopes, beyond_owner=True, by=by)
    settings = {
        "category": credential.category if category is None else _checked_category(category),
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
        log.record(Event.CREDENTIAL_CHANGED, by=by, target=target(credential), changes=changes)
    return credential


def _save(credential: Credential, *fields: str, by: Actor) -> None:
    credential.modified_at, credential.modified_by = by.now, members.acting(by)
    credential.save(update_fields=[*fields, "modified_at", "modified_by"])


@transaction.atomic
def rename(credential_id: uuid.UUID, *, name: str, by: Actor) -> Credential:
    """Give it another name. Raises NotPermitted, NotAllowed, or Credential.DoesNotExist."""
    credential = locked_for_edit(credential_id, by=by)
    before, after = credential.name, name.strip()
    if after == before:
        return credential
    governance.check_name(credential, after, now=by.now)
    _name(credential, after, by=by)
    _save(credential, "name", "name_key", by=by)
    log.record(Event.CREDENTIAL_RENAMED, by=by, target=target(credential), changes={"name": [before, after]})
    return credential


@transaction.atomic
def set_scopes(
    credential_id: uuid.UUID, *, scopes: list[str] | None, by: Actor, beyond_owner: bool = False
) -> Credential:
    """Replace its scopes; None means all of the owner's. Raises as `rename` does."""
    credential = locked_for_edit(credential_id, by=by)
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
        log.record(Event.CREDENTIAL_SCOPES_CHANGED, by=by, target=target(credential), changes=changes)
    return credential


@transaction.atomic
def revoke(credential_id: uuid.UUID, *, by: Actor, reason: str = "") -> Credential:
    """End it at once. Raises NotPermitted, NotAllowed (revoked already, or the last one)."""
    credential = locked(credential_id, by=by)
    if not governance.may_revoke(by, credential):
        raise NotPermitted(credential.kind.rights.revoke)
    governance.check_revoke(credential)
    return end(credential, by=by, reason=reason)


def end(credential: Credential, *, by: Actor, reason: str = "", besides: str = "") -> Credential:
    """Mark it revoked and record it. For verbs that hold the organisation's lock and have asked governance.

    If it is the successor in a rotation that is still open, the old one takes back its name and place, and stays; but
    not the name with the key `besides`, which is about to be another's."""
    old = Credential.objects.replaced_by(credential).where(Where.being_rotated(by.now)).first()
    credential.revoked_at = by.now
    if old:
        credential.replaced_at = by.now
    # `replaced_at` is left as it is in the database otherwise: it may have been taken back meanwhile
    credential.save(update_fields=["revoked_at", "replaced_at"] if old else ["revoked_at"])
    if old:
        _take_back(old, by=by, besides=besides)
    log.record_all(Event.CREDENTIAL_REVOKED, [_ending(credential, reason)], by=by)
    return credential


def end_all(credentials: Iterable[Credential], *, by: Actor, reason: str = "") -> None:
    """End several of the organisation's at once, each as `end` does; what that costs hardly grows with their number,
    but for successors in a rotation."""
    found = list(credentials)
    replaced = {one.replaces_id for one in found if one.replaces_id}
    still_open = Credential.objects.filter(pk__in=replaced).where(Where.being_rotated(by.now))
    giving_back = set(still_open.values_list("pk", flat=True)) if replaced else set()
    for successor in (one for one in found if one.replaces_id in giving_back):
        end(successor, by=by, reason=reason)
    others = [one for one in found if one.replaces_id not in giving_back]
    Credential.objects.filter(pk__in=[one.pk for one in others]).update(revoked_at=by.now)
    log.record_all(Event.CREDENTIAL_REVOKED, [_ending(one, reason) for one in others], by=by)
    for one in others:
        one.revoked_at = by.now


def _ending(credential: Credential, reason: str) -> log.Happening:
    changes = {"kind": credential.kind.value, "last4": credential.last4}
    return log.Happening(target(credential), changes, minting.redacted(reason))


def _take_back(old: Credential, *, by: Actor, besides: str) -> None:
    """The name and the place its successor had; another name, if somebody took that meanwhile."""
    old.replaced_at = old.retires_at = None
    _name(old, governance.free_name(old, old.name, now=by.now, besides=besides), by=by)
    old.save(update_fields=["replaced_at", "retires_at", "name", "name_key"])


@transaction.atomic
def restore(credential_id: uuid.UUID, *, by: Actor) -> Credential:
    """Bring back a revoked one, with the same text; under another name, if its own is taken. Raises NotPermitted,
    NotAllowed."""
    credential = locked(credential_id, by=by)
    if not governance.may_restore(by, credential):
        raise NotPermitted(credential.kind.rights.create or "")
    governance.check_restore(credential, now=by.now)
    before = credential.name
    credential.revoked_at = credential.replaces = credential.replaced_at = credential.retires_at = None
    _name(credential, governance.free_name(credential, before, now=by.now), by=by)
    credential.save(update_fields=["revoked_at", "replaces", "replaced_at", "retires_at", "name", "name_key"])
    changes = {} if credential.name == before else {"name": [before, credential.name]}
    log.record(Event.CREDENTIAL_RESTORED, by=by, target=target(credential), changes=changes)
    return credential


@transaction.atomic
def assign(credential_id: uuid.UUID, owned: Owned, *, by: Actor) -> Credential:
    """Say who looks after it and what it is for. Raises as `rename` does, with the field."""
    credential = locked_for_edit(credential_id, by=by)
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
        log.record(Event.CREDENTIAL_OWNERSHIP_CHANGED, by=by, target=target(credential), changes=changes)
    return credential


def locked(credential_id: uuid.UUID, *, by: Actor) -> Credential:
    """The credential, with its organisation locked, if the actor may know of it: by seeing it or by changing it."""
    organizations.lock(by.organization)
    known = Credential.objects.of(by.organization).with_people().select_related("organization")
    credential = known.get(pk=credential_id)
    if not (governance.may_edit(by, credential) or governance.may_revoke(by, credential)):
        Credential.objects.visible_to(by).get(pk=credential_id)
    return credential


def locked_for_edit(credential_id: uuid.UUID, *, by: Actor) -> Credential:
    """The credential to change, with its organisation locked. Raises as `rename` does."""
    credential = locked(credential_id, by=by)
    if not governance.may_edit(by, credential):
        raise NotPermitted(credential.kind.rights.edit)
    if credential.revoked_at:
        raise NotAllowed("", _("%(name)s was revoked already.") % {"name": credential.name})
    governance.check_token(credential.kind, scopes=credential.scopes, expires_at=credential.expires_at, by=by)
    return credential
