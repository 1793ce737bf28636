"""The life of a credential: issue, rename, set scopes, revoke. The only writer of the credential table.

There is no transfer: a credential acts for its owner, and handing it over would let one act in another's name.
"""

import uuid
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
from keys import governance, idempotency, minting
from keys.kinds import Kind
from keys.minting import Secret
from keys.models import Credential, Where

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
    nonce: str = "",
) -> Issued:
    """Create a credential. Raises NotPermitted or NotAllowed; with a nonce, the same form creates only one.

    `beyond_owner` allows scopes that the owner does not have yet; `entitled` says that the caller has asked for
    another permission, which includes creating this one.
    """
    draft = _draft(kind, name=name, owner=owner, scopes=scopes, expires_at=expires_at, by=by)
    draft.category, draft.remote_config_read_enabled = _checked_category(category), remote_config_read_enabled
    content = {"kind": kind.value, "name": name, "owner": owner and owner.id, "scopes": draft.scopes}
    sending = idempotency.Sending(nonce, by, content, expires_at)
    if nonce and (earlier := idempotency.replayed(sending)):
        return Issued(*earlier, again=True)
    governance.check_issue(draft, by=by, beyond_owner=beyond_owner, entitled=entitled)
    secret = _insert(draft, by=by)
    if nonce:
        idempotency.remember(sending, credential=draft, secret=secret)
    _record_issue(draft, by=by)
    return Issued(draft, secret)


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
    log.record(Event.CREDENTIAL_ISSUED, by=by, target=target(credential), changes=changes)


def _insert(credential: Credential, *, by: Actor) -> Secret:
    """Mint its secret and save it: name key, fingerprint and hint are filled in here."""
    pepper, kind = minting.current_pepper(), credential.kind
    secret = minting.mint(kind, credential.id)
    _name(credential, credential.name, by=by)
    credential.fingerprint = minting.fingerprint(kind, secret.text, pepper=pepper)
    credential.pepper, credential.last4 = pepper, secret.hint
    credential.public_text = secret.text if kind.is_public else None
    credential.save(force_insert=True)
    return secret


def _name(credential: Credential, name: str, *, by: Actor) -> None:
    """Name it; what has expired under that name gives it up."""
    credential.name, credential.name_key = name, names.key(name)
    expired = Credential.objects.of(by.organization).of_kind(credential.kind).where(Where.expired(by.now))
    if credential.kind.unique_per_owner:
        expired = expired.filter(owner=credential.owner)
    for rival in expired.filter(name_key=credential.name_key).exclude(pk=credential.pk):
        end(rival, by=by, reason="expired")


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
    governance.check_scopes(credential.kind, owner=credential.owner, scopes=after, beyond_owner=beyond_owner)
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
    """End it for good, at once. Raises NotPermitted, NotAllowed (revoked already, or the last one)."""
    credential = _locked(credential_id, by=by)
    if not governance.may_revoke(by, credential):
        raise NotPermitted(credential.kind.rights.revoke)
    governance.check_revoke(credential)
    return end(credential, by=by, reason=reason)


def end(credential: Credential, *, by: Actor, reason: str = "") -> Credential:
    """Mark it revoked and record it. For verbs that hold the organisation's lock and have asked governance."""
    credential.revoked_at = by.now
    credential.save(update_fields=["revoked_at"])
    changes = {"kind": credential.kind.value, "last4": credential.last4}
    log.record(Event.CREDENTIAL_REVOKED, by=by, target=target(credential), changes=changes, reason=reason)
    return credential


def _locked(credential_id: uuid.UUID, *, by: Actor) -> Credential:
    """The credential, with its organisation locked, if the actor may know of it: by seeing it or by changing it."""
    organizations.lock(by.organization)
    known = Credential.objects.of(by.organization).with_people().select_related("organization")
    credential = known.get(pk=credential_id)
    if not (governance.may_edit(by, credential) or governance.may_revoke(by, credential)):
        Credential.objects.visible_to(by).get(pk=credential_id)
    return credential


def locked_for_edit(credential_id: uuid.UUID, *, by: Actor) -> Credential:
    """The credential to change, with its organisation locked. Raises as `rename` does."""
    credential = _locked(credential_id, by=by)
    if not governance.may_edit(by, credential):
        raise NotPermitted(credential.kind.rights.edit)
    if credential.revoked_at:
        raise NotAllowed("", _("%(name)s was revoked already.") % {"name": credential.name})
    governance.check_token(credential.kind, scopes=credential.scopes, expires_at=credential.expires_at, by=by)
    return credential
