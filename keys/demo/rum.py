"""What happens in the demo around browsers: applications and their client tokens, a proxy, and a key gone astray."""

import secrets
from collections.abc import Callable

from accounts.actors import Actor
from keys import client_tokens, exposure, rotation, rum_applications, rum_proxies
from keys.kinds import API_KEY, CLIENT_TOKEN, Kind, Track
from keys.models import Credential, RumApplication
from keys.rotation import Overlap

SHOP, WIDGET = "storefront-web", "support-widget"
_CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"


def _new(name: str) -> Callable[[Actor], None]:
    def step(by: Actor) -> None:
        rum_applications.create(name=name, by=by)

    return step


def _narrowed(name: str, sends: tuple[Track, ...], *origins: str) -> Callable[[Actor], None]:
    def step(by: Actor) -> None:
        application = _application(name, by)
        token = _credential(CLIENT_TOKEN, name, by)
        client_tokens.set_use(token.pk, application_id=application.pk, sends=sends, origins=origins, by=by)

    return step


def _rotated(by: Actor) -> None:
    rotation.rotate(_credential(CLIENT_TOKEN, SHOP, by).pk, overlap=Overlap.FIRST_USE, by=by)


def _proxied(by: Actor) -> None:
    rum_proxies.change(
        _application(WIDGET, by).pk,
        is_open=True,
        shared_key=secrets.token_urlsafe(32),
        issuer="https://help.acme.example",
        audience=WIDGET,
        cookie="acme_visitor",
        by=by,
    )


def _gone_astray(by: Actor) -> None:
    key = _credential(API_KEY, "laptop-dev", by)
    origin = "https://preview.acme.example"
    exposure.seen_in_browser(key.pk, origin=origin, ip="198.51.100.201", user_agent=_CHROME, now=by.now)


def _application(name: str, by: Actor) -> RumApplication:
    return RumApplication.objects.of(by.organization).live().get(name=name)


def _credential(kind: Kind, name: str, by: Actor) -> Credential:
    return Credential.objects.of(by.organization).of_kind(kind).get(name=name)


STEPS: tuple[tuple[float, str, Callable[[Actor], None]], ...] = (
    (66.5, "Camille Laurent", _new(SHOP)),
    (66.4, "Camille Laurent", _narrowed(SHOP, CLIENT_TOKEN.sends, "https://shop.acme.example", "https://acme.example")),
    (31.9, "Emma Rossi", _new(WIDGET)),
    (31.8, "Emma Rossi", _narrowed(WIDGET, (Track.RUM,))),
    (12.4, "Noah Kim", _proxied),
    (9.2, "Camille Laurent", _rotated),
    (3.2, "Noah Kim", _gone_astray),
)
"""How many days ago, who, and what. Nobody does the last: a browser did."""
