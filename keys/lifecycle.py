"""The life of a credential: issue, rename, set scopes, revoke. The only writer of the credential table.

There is no transfer: a credential acts for its owner, and handing it over would let one act in another's name.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import names, organizations
from accounts.actors import Actor, NotPermitted
from accounts.models import Member, Organization
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import governance, idempotency, minting
from keys.kinds import Kind, Reveal
from keys.minting import Secret
from keys.models import Credential


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
    nonce: str = "",
) -> Issued:
    """Create a credential. Raises NotPermitted or NotAllowed; with a nonce, the same form creates only one."""
    organization = organizations.lock(by.organization)
    scopes = sorted(set(scopes)) if scopes is not None else None
    content = {"kind": kind.value, "name": name, "owner": owner and owner.id, "scopes": scopes}
    sending = idempotency.Sending(nonce, by, content, expires_at)
    if nonce and (earlier := idempotency.replayed(sending)):
        return Issued(*earlier, again=True)
    governance.check_issue(
        kind, organization=organization, owner=owner, name=name, scopes=scopes, expires_at=expires_at, by=by
    )
    credential, secret = _insert(kind, organization, owner, name.strip(), scopes, expires_at, by)
    if nonce:
        idempotency.remember(sending, organization=organization, credential=credential, secret=secret)
    log.record(
        Event.CREDENTIAL_ISSUED,
        by=by,
        target=target(credential),
        changes={
            "kind": kind.value,
            "last4": credential.last4,
            "owner": owner.name if owner else None,
            "scopes": scopes,
            "expires_at": expires_at.isoformat() if expires_at else None,
        },
    )
    return Issued(credential, secret)


def _insert(
    kind: Kind,
    organization: Organization,
    owner: Member | None,
    name: str,
    scopes: list[str] | None,
    expires_at: datetime | None,
    by: Actor,
) -> tuple[Credential, Secret]:
    row_id, pepper = uuid.uuid4(), minting.current_pepper()
    secret = minting.mint(kind, row_id)
    credential = Credential.objects.create(
        id=row_id,
        organization=organization,
        kind=kind,
        owner=owner,
        created_by=Member.objects.of(organization.id).filter(pk=by.id).first(),
        name=name,
        name_key=names.key(name),
        scopes=scopes,
        fingerprint=minting.fingerprint(kind, secret.text, pepper=pepper),
        pepper=pepper,
        last4=secret.hint,
        public_text=secret.text if kind.reveal is Reveal.PUBLIC else None,
        created_at=by.now,
        expires_at=expires_at,
    )
    return credential, secret


@transaction.atomic
def rename(credential_id: uuid.UUID, *, name: str, by: Actor) -> Credential:
    """Give it another name. Raises NotPermitted, NotAllowed, or Credential.DoesNotExist."""
    credential = _locked_for_edit(credential_id, by=by)
    before, after = credential.name, name.strip()
    if after == before:
        return credential
    organization = credential.organization
    governance.check_name(
        credential.kind, organization=organization, owner=credential.owner, name=after, besides=credential
    )
    credential.name, credential.name_key = after, names.key(after)
    credential.save(update_fields=["name", "name_key"])
    log.record(Event.CREDENTIAL_RENAMED, by=by, target=target(credential), changes={"name": [before, after]})
    return credential


@transaction.atomic
def set_scopes(credential_id: uuid.UUID, *, scopes: list[str] | None, by: Actor) -> Credential:
    """Replace its scopes; None means all of the owner's. Raises as `rename` does."""
    credential = _locked_for_edit(credential_id, by=by)
    after = sorted(set(scopes)) if scopes is not None else None
    governance.check_scopes(credential.kind, owner=credential.owner, scopes=after)
    before = credential.scopes
    if after != before:
        credential.scopes = after
        credential.save(update_fields=["scopes"])
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
    organizations.lock(by.organization)
    return Credential.objects.visible_to(by).with_people().select_related("organization").get(pk=credential_id)


def _locked_for_edit(credential_id: uuid.UUID, *, by: Actor) -> Credential:
    credential = _locked(credential_id, by=by)
    if not governance.may_edit(by, credential):
        raise NotPermitted(credential.kind.rights.edit)
    if credential.revoked_at:
        raise NotAllowed("", _("%(name)s was revoked already.") % {"name": credential.name})
    return credential
