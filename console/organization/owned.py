"""What one member or service account owns: its live credentials, kind by kind, as far as the actor may know of them."""

from dataclasses import dataclass

from accounts.models import Member
from console import kind_pages
from console.organization import listing
from console.requests import SignedInRequest
from keys import governance, policies
from keys.kinds import KINDS, Kind, Owner
from keys.models import Credential

ROWS_SHOWN = 20


@dataclass(frozen=True)
class Section:
    """The newest of one kind. `partial` if the actor may not know of all there are; `kept` if the policy leaves
    creating more to admins alone."""

    kind: Kind
    words: kind_pages.KindPage
    rows: list[listing.Row]
    more: bool
    partial: bool
    may_create: bool
    kept: bool


def sections(request: SignedInRequest, owner: Member) -> list[Section]:
    """One section for each kind that this sort of owner can have and the actor may know of."""
    actor = request.actor
    kinds = [kind for kind in KINDS if Owner(owner.sort) in kind.owners and governance.may_see(actor, kind)]
    found = [_newest(request, owner, kind) for kind in kinds]
    asked = policies.all_of(actor.organization)
    kept = {kind: governance.kept_to_admins(actor, asked[kind]) for kind in kinds}
    rows = listing.rows_by_kind(actor, [newest[:ROWS_SHOWN] for newest in found], now=request.now)
    return [
        Section(
            kind=kind,
            words=kind_pages.PAGES[kind],
            rows=shown,
            more=len(newest) > ROWS_SHOWN,
            partial=not _knows_all(request, owner, kind),
            may_create=not kept[kind] and _may_own(request, owner, kind),
            kept=kept[kind] and _may_own(request, owner, kind),
        )
        for kind, newest, shown in zip(kinds, found, rows, strict=True)
    ]


def _may_own(request: SignedInRequest, owner: Member, kind: Kind) -> bool:
    return governance.owners_for(request.actor, kind).filter(pk=owner.pk).exists()


def _newest(request: SignedInRequest, owner: Member, kind: Kind) -> list[Credential]:
    """One more than is shown, so as to know whether there are more."""
    visible = Credential.objects.visible_to(request.actor).of_kind(kind).owned_by(owner).live()
    return list(visible.with_people().with_browsers().order_by("-created_at", "-pk")[: ROWS_SHOWN + 1])


def _knows_all(request: SignedInRequest, owner: Member, kind: Kind) -> bool:
    general = kind.rights.service_account if owner.is_service_account else None
    return request.actor.can(kind.rights.read, general) or owner == request.member
