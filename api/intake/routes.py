"""The addresses of the intake, as Datadog's clients have them by heart."""

from typing import NamedTuple

from keys.kinds import Track


class Route(NamedTuple):
    """One address: what is sent there, and what is answered when it is taken in."""

    path: str
    track: Track
    taken: bytes
    status: int = 202


_NOTHING, _NO_ERRORS, _OK = b"{}", b'{"errors":[]}', b'{"status":"ok"}'

INPUT = Route("/v1/input", Track.LOGS, _NOTHING, 200)
"""Where clients of old send logs, and version 3 of the browser SDKs everything."""

QUOTA = "/api/v2/profiling/quota"
"""Where version 7 asks, before it profiles, whether it may; a question that carries no credential we look at."""

RUM_HOSTS = ("rum-http-intake.", "rum.browser-intake-")

ROUTES = {
    route.path: route
    for route in (
        Route("/api/v2/logs", Track.LOGS, _NOTHING),
        Route("/api/v2/rum", Track.RUM, _NOTHING),
        Route("/api/v2/replay", Track.RUM, _NOTHING),
        Route("/api/v2/profile", Track.RUM, _NOTHING),
        Route("/api/v2/series", Track.AGENT, _NO_ERRORS),
        Route("/api/v1/series", Track.AGENT, _OK),
        Route("/api/v1/check_run", Track.AGENT, _OK),
        Route("/intake", Track.AGENT, _OK),
        Route("/intake/", Track.AGENT, _OK),
        INPUT,
    )
}


def find(path: str, host: str) -> tuple[Route, str] | None:
    """The route of a path, and the credential that stands in it. Version 3 of the SDKs names the track in the host
    alone, and behind a host of one's own (`proxyHost`) in the parameter `ddhost`."""
    if path in ROUTES:
        found, text = ROUTES[path], ""
    elif path.startswith(f"{INPUT.path}/") and "/" not in path[len(INPUT.path) + 1 :]:
        found, text = INPUT, path[len(INPUT.path) + 1 :]
    else:
        return None
    if found is INPUT and host.startswith(RUM_HOSTS):
        found = found._replace(track=Track.RUM)
    return found, text


def is_path(path: str) -> bool:
    """Whether the path is one of these, perhaps with a credential in it."""
    return path in ROUTES or path == QUOTA or path.startswith(f"{INPUT.path}/")
