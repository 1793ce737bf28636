"""What the browser SDKs ask a proxy to forward: path and query in one parameter, `ddforward`. Version 3 and 4 name a
whole address there. Nothing is ever fetched from a host that is named: all go to the organisation's own upstream.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote

from api.answers import ApiError
from api.intake import requests, routes
from api.intake.routes import Route
from keys.kinds import Track

LONGEST = 8000
SITES = (
    "datadoghq.com",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "datadoghq.eu",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "ddog-gov.com",
    "us2.ddog-gov.com",
)
_BROWSER_INTAKES = "|".join(
    rf"(?:[a-z-]+\.)?browser-intake-{re.escape(head.replace('.', '-'))}\.{re.escape(top)}"
    for head, _, top in (site.rpartition(".") for site in SITES)
)
_ELDER_INTAKES = "|".join(rf"[a-z-]*http-intake\.logs\.{re.escape(site)}" for site in SITES)
_ADDRESS = re.compile(rf"https://({_BROWSER_INTAKES}|{_ELDER_INTAKES})(/.*)", re.DOTALL)
"""A whole address as the SDKs write it: one of Datadog's own intakes, to the letter."""

_TARGET = re.compile(r"/[!-~]*")


class Forward(NamedTuple):
    """What is to be forwarded, with the token it carries; `before` and `after` stand around that in path and query."""

    route: Route
    token: str
    before: str
    after: str

    def target(self, token: str) -> str:
        """Path and query with this token in place of what stood there."""
        return self.before + token + self.after


def read(query: str) -> Forward:
    """What a proxy's query string asks to forward. 400 with the reason for what no SDK asks."""
    asked = [value for name, value, _ in requests.pairs(query) if name == "ddforward"]
    if len(asked) != 1 or not asked[0]:
        raise ApiError(400, "ddforward: send it once, as the browser SDKs do.")
    target, host = _target(asked[0])
    path, _, inner = target.partition("?")
    found = routes.find(path, host)
    if found is None or Track.AGENT is found[0].track or "%" in path:
        raise ApiError(400, "ddforward: this is no address that browsers send to.")
    route, in_path = found
    places = _places(inner)
    if bool(in_path) + len(places) != 1:
        raise ApiError(400, "ddforward: send exactly one token in it, as dd-api-key.")
    if in_path:
        return Forward(route, in_path, f"{routes.INPUT.path}/", target[len(routes.INPUT.path) + 1 + len(in_path) :])
    start, token = places[0]
    start += len(path) + 1
    return Forward(route, unquote(token), target[:start], target[start + len(token) :])


def _target(asked: str) -> tuple[str, str]:
    """Path and query, and the host that an elder SDK names."""
    host = ""
    if match := _ADDRESS.fullmatch(asked):
        host, asked = match[1], match[2]
    if len(asked) > LONGEST or not _TARGET.fullmatch(asked) or asked.startswith("//") or set("\\#;") & set(asked):
        raise ApiError(400, "ddforward: expected a path such as /api/v2/rum?…, and no other host.")
    return asked, host


def _places(query: str) -> list[tuple[int, str]]:
    """Where in a query string tokens stand, as they are spelled."""
    found, start = [], 0
    for name, _value, field in requests.pairs(query):
        if name.lower() in requests.SECRETS:
            spelled = field.partition("=")[2]
            found.append((start + len(field) - len(spelled), spelled))
        start += len(field) + 1
    return found
