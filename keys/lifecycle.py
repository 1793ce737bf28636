"""The life of a credential: how it begins, how it ends, and how it comes back."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members, names, organizations
from accounts.actors import Actor, ActorType, NotPermitted
from accounts.models import Member
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import governance, idempotency, minting, ownership, policies, recipients
from keys.kinds import Kind
from keys.minting import Secret
from keys.models import Credential, Ownership, Policy, Where
from keys.ownership import Owned
from keys.telling import News, tell

LONGEST_CATEGORY = 64


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
    draft.category, draft.remote_config_read_enabled = checked_category(category), remote_config_read_enabled
    draft.replaces = replaces
    content = {"kind": kind.value, "name": name, "owner": owner and owner.id, "scopes": draft.scopes}
    content |= {"owned": vars(owned), "replaces": replaces and replaces.pk}
    sending = idempotency.Sending(nonce, by, content, expires_at)
    if nonce and (earlier := idempotency.replayed(sending)):
        return Issued(*earlier, again=True)
    policy = policies.of(draft.organization_id, kind)
    governance.check_issue(draft, policy, by=by, beyond_owner=beyond_owner, entitled=entitled)
    secret = _insert(draft, _checked_ownership(draft, policy, owned), by=by)
    if nonce:
        idempotency.remember(sending, credential=draft, secret=secret)
    _record_issue(draft, by=by)
    return Issued(draft, secret)


def _checked_ownership(draft: Credential, policy: Policy, owned: Owned) -> Ownership | None:
    """What is said of who looks after it, if anything is; never of a kind that has an owner anyway."""
    if not draft.kind.belongs_to_organization:
        return None
    required = draft.replaces is None and policy.owner_required
    said = ownership.checked(owned, organization_id=draft.organization_id, required=required)
    return None if owned == ownership.UNSAID else said


def _draft(
    kind: Kind, *, name: str, owner: Member | None, scopes: list[str] | None, expires_at: datetime | None, by: Actor
) -> Credential:
    """What is asked for, not yet allowed. From here on the organisation is locked."""
    return Credential(
        organization=organizations.lock(by.organization),
        kind=kind,
        owner=owner and Member.objects.of(by.organization).get(pk=owner.pk),  # they may have been disabled meanwhile
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
    give_name(credential, credential.name, by=by)
    credential.fingerprint = minting.fingerprint(kind, secret.text, pepper=pepper)
    credential.pepper, credential.last4 = pepper, secret.hint
    credential.public_text = secret.text if kind.is_public else None
    credential.save(force_insert=True)
    if said:
        said.credential = credential
        said.save(force_insert=True)
    return secret


def give_name(credential: Credential, name: str, *, by: Actor) -> None:
    """Name it, not yet saved; what has expired under that name gives it up. For verbs that hold the organisation's lock
    and have asked governance."""
    credential.name, credential.name_key = name, names.key(name)
    expired = Credential.objects.of(by.organization).of_kind(credential.kind).where(Where.expired(by.now))
    if credential.kind.unique_per_owner:
        expired = expired.filter(owner=credential.owner)
    for rival in expired.filter(name_key=credential.name_key).exclude(pk=credential.pk):
        end(rival, by=by, reason="expired", besides=credential.name_key)


def checked_category(category: str) -> str:
    """As it will be stored. Raises NotAllowed: category."""
    try:
        category = names.checked(category)
    except names.BadName as refusal:
        raise NotAllowed("category", refusal.message) from None
    if len(category) > LONGEST_CATEGORY:
        raise NotAllowed("category", _("Use 64 characters or fewer."))
    return category


def tell_others(news: News, credential: Credential, *, by: Actor) -> None:
    """Tell whoever looks after it what somebody else has done to it. What the product does by itself is told where it
    does that."""
    if by.type is ActorType.SYSTEM:
        return
    is_owner = by.id == str(credential.owner_id)
    tell(
        news,
        organization_id=by.organization,
        to=[] if is_owner else [one for one in recipients.responsible_for(credential) if str(one.pk) != by.id],
        about=target(credential),
        words={"by": by.label, "last4": credential.last4},
        key=f"{news.value}:{credential.pk}:{by.now.isoformat()}",
        now=by.now,
    )


@transaction.atomic
def revoke(credential_id: uuid.UUID, *, by: Actor, reason: str = "") -> Credential:
    """End it at once. Raises NotPermitted, NotAllowed (revoked already, or the last one)."""
    credential = locked(credential_id, by=by)
    if not governance.may_revoke(by, credential):
        raise NotPermitted(credential.kind.rights.revoke)
    governance.check_revoke(credential)
    tell_others(News.CREDENTIAL_REVOKED, credential, by=by)
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
    give_name(old, governance.free_name(old, old.name, now=by.now, besides=besides), by=by)
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
    give_name(credential, governance.free_name(credential, before, now=by.now), by=by)
    credential.save(update_fields=["revoked_at", "replaces", "replaced_at", "retires_at", "name", "name_key"])
    credential.successors.live().update(replaces=None)  # each a key of its own from now on
    changes = {} if credential.name == before else {"name": [before, credential.name]}
    log.record(Event.CREDENTIAL_RESTORED, by=by, target=target(credential), changes=changes)
    tell_others(News.CREDENTIAL_RESTORED, credential, by=by)
    return credential


def locked(credential_id: uuid.UUID, *, by: Actor) -> Credential:
    """The credential, with its organisation locked, if the actor may know of it: by seeing it or by changing it."""
    organizations.lock(by.organization)
    known = Credential.objects.of(by.organization).with_people().select_related("organization")
    credential = known.get(pk=credential_id)
    if not (governance.may_edit(by, credential) or governance.may_revoke(by, credential)):
        Credential.objects.visible_to(by).get(pk=credential_id)
    return credential
