"""An application's authenticated proxy: its terms, and changing them."""

import logging
import re
import secrets
import uuid
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members
from accounts.actors import Actor
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import egress, rum_applications, sealing
from keys.models import RumApplication, RumProxy

logger = logging.getLogger(__name__)

SHORTEST_KEY = 32
"""Characters of a shared key: HMAC-SHA-256 is no stronger than what it is keyed with."""
LONGEST_KEY = 512
LONGEST_CLAIM = 200
SHARED = "shared key"
_COOKIE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Terms(NamedTuple):
    """How visitors are told from strangers. Exactly one of `jwks_url` and `shared_key` is not empty."""

    jwks_url: str
    shared_key: str
    issuer: str
    audience: str
    cookie: str

    def __repr__(self) -> str:
        return f"Terms({self.jwks_url or 'shared key'})"


@dataclass(frozen=True, slots=True)
class Proxy:
    """An open proxy, as whoever answers at it needs to know it. `subjects` are the ids whose change outdates it."""

    application_id: uuid.UUID
    organization_id: uuid.UUID
    placeholder: str
    token_id: uuid.UUID
    token: str = field(repr=False)
    terms: Terms
    subjects: tuple[uuid.UUID, ...]


def of(application: RumApplication) -> RumProxy:
    """The application's proxy, or a closed one where nobody has set it up."""
    return RumProxy.objects.filter(application=application).first() or RumProxy(application=application)


def terms_of(proxy: RumProxy) -> Terms:
    """Its terms, with the shared key in the clear. Raises sealing.Unreadable."""
    key = sealing.unseal(bytes(proxy.shared_key)) if proxy.shared_key else ""
    return Terms(proxy.jwks_url, key, proxy.issuer, proxy.audience, proxy.cookie)


def find(application_id: uuid.UUID) -> Proxy | None:
    """The application's proxy, if it is open, there is a token to put in, and its key can be read. Two queries."""
    known = RumApplication.objects.live().filter(proxy__is_open=True).select_related("proxy").with_tokens()
    application = known.filter(pk=application_id).first()
    token = application.token if application else None
    if application is None or token is None:
        return None
    try:
        terms = terms_of(application.proxy)
    except sealing.Unreadable:
        logger.error("The shared key of the proxy of %s can no longer be read: its pepper has gone.", application.pk)
        return None
    return Proxy(
        application_id=application.pk,
        organization_id=application.organization_id,
        placeholder=application.proxy.placeholder,
        token_id=token.pk,
        token=token.public_text or "",
        terms=terms,
        subjects=(application.pk, token.pk),
    )


@transaction.atomic
def change(
    application_id: uuid.UUID,
    *,
    is_open: bool,
    jwks_url: str = "",
    shared_key: str = "",
    issuer: str = "",
    audience: str = "",
    cookie: str = "",
    by: Actor,
) -> RumProxy:
    """Set the terms, and open or close it. A shared key that is not given stays, unless there is a `jwks_url` now.
    Raises NotPermitted, DoesNotExist, or NotAllowed with the field."""
    application = rum_applications.locked(application_id, by=by)
    proxy = of(application)
    before = _told(proxy)
    proxy.is_open = is_open
    proxy.placeholder = proxy.placeholder or f"placeholder-{secrets.token_hex(8)}"
    key_is_new = _set_key(proxy, jwks_url=jwks_url.strip(), shared_key=shared_key)
    proxy.issuer, proxy.audience = _checked_claim("issuer", issuer), _checked_claim("audience", audience)
    proxy.cookie = _checked_cookie(cookie)
    changes = {name: [before[name], after] for name, after in _told(proxy).items() if before[name] != after}
    if key_is_new:
        changes.setdefault("key", [SHARED, "another shared key"])
    if changes:
        proxy.modified_at, proxy.modified_by = by.now, members.acting(by)
        proxy.save()
        log.record(Event.RUM_PROXY_CHANGED, by=by, target=rum_applications.target(application), changes=changes)
    return proxy


def _set_key(proxy: RumProxy, *, jwks_url: str, shared_key: str) -> bool:
    """Set where its key is found, or the key itself; whether that is a new shared key."""
    proxy.jwks_url = egress.checked(jwks_url, field="jwks_url") if jwks_url else ""
    if proxy.jwks_url:
        proxy.shared_key = None
    elif shared_key:
        proxy.shared_key = sealing.seal(_checked_key(shared_key))
    if proxy.is_open and not (proxy.jwks_url or proxy.shared_key):
        raise NotAllowed("jwks_url", _("Say where the keys of your site are, or give a shared key."))
    return bool(shared_key and not proxy.jwks_url)


def _told(proxy: RumProxy) -> dict[str, object]:
    """What the trail tells of it: never a key."""
    return {
        "proxy": "open" if proxy.is_open else "closed",
        "jwks_url": proxy.jwks_url,
        "key": SHARED if proxy.shared_key else None,
        "issuer": proxy.issuer,
        "audience": proxy.audience,
        "cookie": proxy.cookie,
    }


def _checked_key(key: str) -> str:
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY or not key.isprintable():
        words = {"shortest": SHORTEST_KEY, "longest": LONGEST_KEY}
        raise NotAllowed("shared_key", _("Give a key of %(shortest)d to %(longest)d characters.") % words)
    return key


def _checked_claim(field: str, value: str) -> str:
    value = value.strip()
    if len(value) > LONGEST_CLAIM or not value.isprintable():
        raise NotAllowed(field, _("Use 200 printable characters or fewer."))
    return value


def _checked_cookie(name: str) -> str:
    name = name.strip()
    if name and not _COOKIE.fullmatch(name):
        raise NotAllowed("cookie", _("Name a cookie by up to 64 letters, digits, dots, dashes and underscores."))
    return name
