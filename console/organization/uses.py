"""The last requests made with a credential, for whoever may see it."""

from dataclasses import dataclass

from accounts.actors import Actor
from keys.models import Credential, Use

SHOWN = 20


@dataclass(frozen=True)
class UseRow:
    """A request, and the other credential of the pair it came with: as what acted, or as what stood beside it."""

    use: Use
    acting: Credential | None
    beside: Credential | None
    may_see_other: bool

    @property
    def succeeded(self) -> bool:
        return self.use.status < 400

    @property
    def failed(self) -> bool:
        """Whether it was us who could not answer."""
        return self.use.status >= 500


def last_uses(actor: Actor, credential: Credential) -> list[UseRow]:
    """The newest first; none of a credential that cannot open the API."""
    if not credential.kind.opens_api:
        return []
    uses = list(Use.objects.with_credential(credential).with_credentials().newest_first()[:SHOWN])
    others = {_other(use, credential) for use in uses} - {None}
    visible = set(Credential.objects.visible_to(actor).filter(pk__in=[other.pk for other in others if other]))
    return [_row(use, credential, visible) for use in uses]


def _other(use: Use, credential: Credential) -> Credential | None:
    return use.api_key if use.credential == credential else use.credential


def _row(use: Use, credential: Credential, visible: set[Credential]) -> UseRow:
    other = _other(use, credential)
    acted = use.credential == credential
    return UseRow(
        use=use,
        acting=None if acted else other,
        beside=other if acted else None,
        may_see_other=other in visible,
    )
