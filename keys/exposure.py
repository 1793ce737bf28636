"""API keys that are where everybody can read them: noticing it, and telling whom it concerns."""

import uuid
from datetime import datetime, timedelta

from django.db import transaction

from accounts import organizations
from accounts.actors import Actor, ActorType
from audit import log
from audit.events import Event
from keys import lifecycle, minting, recipients, telling
from keys.models import BrowserSighting, Credential

TOLD_EVERY = timedelta(days=1)
"""How often somebody is told, however often the key is seen."""

NOTED_EVERY = timedelta(minutes=1)
"""How exact the time is that it was last seen."""


def seen_in_browser(credential_id: uuid.UUID, *, origin: str, ip: str, user_agent: str, now: datetime) -> None:
    """Note that an API key came from a browser; the first time, and then at most once a day, write it into the trail
    and tell its owner."""
    if not BrowserSighting.objects.filter(credential=credential_id, last_at__gt=now - NOTED_EVERY).exists():
        _note(credential_id, origin=_plain(origin, 200), ip=_plain(ip, 64), user_agent=_plain(user_agent, 256), now=now)


def _plain(text: str, longest: int) -> str:
    """What a stranger's browser says, as it may be kept: printable, so long and no longer, without a secret."""
    return minting.redacted("".join(filter(str.isprintable, text)))[:longest]


@transaction.atomic
def _note(credential_id: uuid.UUID, *, origin: str, ip: str, user_agent: str, now: datetime) -> None:
    credential = Credential.objects.with_people().select_related("organization").get(pk=credential_id)
    organizations.lock(credential.organization_id)
    earlier = BrowserSighting.objects.filter(credential=credential).first()
    is_news = earlier is None or now - earlier.told_at >= TOLD_EVERY
    sighting = earlier or BrowserSighting(credential=credential, first_at=now)
    sighting.origin, sighting.last_at = origin, now
    if is_news:
        sighting.told_at = now
    sighting.save()
    if is_news:
        by = Actor(
            organization_id=credential.organization_id,
            organization_name=credential.organization.name,
            type=ActorType.ANONYMOUS,
            id="",
            label="",
            auth_method="NONE",
            ip=ip,
            user_agent=user_agent,
            now=now,
        )
        _tell(credential, sighting, by=by)


def _tell(credential: Credential, sighting: BrowserSighting, *, by: Actor) -> None:
    log.record(
        Event.CREDENTIAL_SEEN_IN_BROWSER,
        by=by,
        target=lifecycle.target(credential),
        changes={"last4": credential.last4, "origin": sighting.origin},
    )
    telling.tell(
        telling.News.SEEN_IN_BROWSER,
        organization_id=credential.organization_id,
        to=recipients.responsible_for(credential),
        about=lifecycle.target(credential),
        words={"last4": credential.last4, "where": sighting.origin},
        key=f"seen_in_browser:{credential.id}:{sighting.told_at.isoformat()}",
        now=by.now,
    )
