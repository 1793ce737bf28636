"""What one member or service account owns: its live credentials, kind by kind, as far as the actor may know of them."""

from dataclasses import dataclass

from accounts.models import Member
from console import kind_pages
from console.organization import listing
from console.requests import SignedInRequest
from keys import governance
from keys.kinds import KINDS, Kind, Owner
from keys.models import Credential

ROWS_SHOWN = 20


@dataclass(frozen=True)
class Section:
    """The newest of one kind. `partial` if the actor may not know of all there are."""

    kind: Kind
    words: kind_pages.KindPage
    rows: list[listing.Row]
    more: bool
    partial: bool
    may_create: bool


def sections(request: SignedInRequest, owner: Member) -> list[Section]:
    """One section for each kind that this sort of owner can have and the actor may know of."""
    return [
        _section(request, owner, kind)
        for kind in KINDS
        if Owner(owner.sort) in kind.owners and governance.may_see(request.actor, kind)
    ]


def _section(request: SignedInRequest, owner: Member, kind: Kind) -> Section:
    actor = request.actor
    visible = Credential.objects.visible_to(actor).of_kind(kind).owned_by(owner).live().with_people()
    found = list(visible.order_by("-created_at", "-pk")[: ROWS_SHOWN + 1])
    return Section(
        kind=kind,
        words=kind_pages.PAGES[kind],
        rows=listing.rows_for(actor, found[:ROWS_SHOWN], now=request.now),
        more=len(found) > ROWS_SHOWN,
        partial=not _knows_all(request, owner, kind),
        may_create=governance.owners_for(actor, kind).filter(pk=owner.pk).exists(),
    )


def _knows_all(request: SignedInRequest, owner: Member, kind: Kind) -> bool:
    general = kind.rights.service_account if owner.is_service_account else None
    return request.actor.can(kind.rights.read, general) or owner == request.member
