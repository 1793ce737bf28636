"""What is said of a client token beyond its name: whose pages carry it, what they may send, and from where."""

import re
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import editing, lifecycle
from keys.kinds import CLIENT_TOKEN, Track
from keys.models import ClientTokenUse, Credential, RumApplication

MOST_ORIGINS = 50
ALONE = ClientTokenUse(application=None, sends=[Track.LOGS.value], origins=[])
"""How a token may be used of which nothing is said."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(
    rf"https?://(?:\*\.)?(?:{_LABEL}\.)*{_LABEL}(?::[1-9]\d{{0,4}})?|https?://\[[0-9a-f:.]+\](?::\d+)?"
)


def use_of(credential: Credential) -> ClientTokenUse:
    """How the client token may be used."""
    return getattr(credential, "use", None) or ALONE


@transaction.atomic
def set_use(
    credential_id: uuid.UUID,
    *,
    application_id: uuid.UUID | None,
    sends: Iterable[Track],
    origins: Iterable[str],
    by: Actor,
) -> Credential:
    """Say whose pages carry it, what they may send and from which origins; from any, if none is given. Raises as
    `editing.rename` does, with the field: application, sends or origins."""
    credential = editing.locked(credential_id, by=by)
    if not credential.kind.is_public:
        raise Credential.DoesNotExist
    before = use_of(credential)
    after = ClientTokenUse(
        credential=credential,
        application=_application(application_id, by=by),
        sends=_checked_sends(sends),
        origins=_checked_origins(origins),
    )
    changes = {name: [old, new] for name, old, new in _compared(before, after) if old != new}
    if changes:
        ClientTokenUse.objects.update_or_create(
            credential=credential,
            defaults={"application": after.application, "sends": after.sends, "origins": after.origins},
        )
        log.record(Event.CLIENT_TOKEN_USE_CHANGED, by=by, target=lifecycle.target(credential), changes=changes)
    return Credential.objects.with_people().select_related("use__application").get(pk=credential.pk)


def _compared(before: ClientTokenUse, after: ClientTokenUse) -> list[tuple[str, object, object]]:
    """Field, what it was and what it becomes."""
    return [
        ("application", before.application and before.application.name, after.application and after.application.name),
        ("sends", before.sends, after.sends),
        ("origins", before.origins, after.origins),
    ]


def _application(application_id: uuid.UUID | None, *, by: Actor) -> RumApplication | None:
    if application_id is None:
        return None
    try:
        return RumApplication.objects.of(by.organization).live().get(pk=application_id)
    except RumApplication.DoesNotExist:
        raise NotAllowed("application", _("Choose an application from the list.")) from None


def _checked_sends(sends: Iterable[Track]) -> list[str]:
    chosen = [track.value for track in CLIENT_TOKEN.sends if track in set(sends)]
    if not chosen:
        raise NotAllowed("sends", _("Choose logs, RUM events or both."))
    return chosen


def _checked_origins(origins: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(filter(None, map(_tidied, origins))))
    for origin in found:
        if not _ORIGIN.fullmatch(origin):
            words = {"origin": origin[:64]}
            raise NotAllowed("origins", _("%(origin)s is no origin. Write one like https://shop.example.com.") % words)
    if len(found) > MOST_ORIGINS:
        raise NotAllowed("origins", _("List %(most)d origins or fewer.") % {"most": MOST_ORIGINS})
    return found


def _tidied(origin: str) -> str:
    """As browsers spell it: in small letters, without the port that everybody means."""
    origin = origin.strip().lower().removesuffix("/")
    usual = {"https": ":443", "http": ":80"}.get(origin.partition("://")[0], "")
    return origin.removesuffix(usual) if usual else origin
