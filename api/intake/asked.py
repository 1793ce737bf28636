"""What a request to the intake asks, whichever door it came to: its own addresses, or a proxy's `ddforward`."""

from typing import NamedTuple

from api.answers import ApiError, NotFound
from api.browsers import is_browser
from api.intake import ddforward, requests, routes
from api.intake.ddforward import Forward
from api.intake.requests import Request
from api.intake.routes import Route
from keys.kinds import Kind

PROXY = "/rum-proxy"


class Asked(NamedTuple):
    """What a request asks: to which route, by which credential, as which path and query, and how its body is packed;
    `forward` is what it asks a proxy for."""

    route: Route
    text: str
    target: str
    coding: str
    is_browser: bool
    forward: Forward | None = None

    def target_for(self, kind: Kind) -> str:
        """Path and query as they go on: a secret is no business of an upstream's, a client token is public."""
        if kind.is_public:
            return self.target
        query = requests.without_credential(self.target.partition("?")[2])
        return f"{self.route.path}?{query}" if query else self.route.path


def read(request: Request) -> Asked:
    """What it asks. 404 for no address of the intake, 400 for one that makes no sense."""
    return _of_proxy(request) if request.path.startswith(PROXY) else _of_intake(request)


def _of_intake(request: Request) -> Asked:
    host = requests.first(request.query, "ddhost") or request.headers.get("host", "")
    found = routes.find(request.path, host)
    if found is None:
        raise NotFound("This is no address of the intake.")
    route, in_path = found
    target = f"{request.path}?{request.query}" if request.query else request.path
    if not (target.isascii() and target.isprintable()):
        raise ApiError(400, "The address must be plain ASCII.")
    coding = request.headers.get("content-encoding") or requests.first(request.query, "dd-evp-encoding")
    evp_origin = requests.first(request.query, "dd-evp-origin")
    return Asked(route, request.credential(in_path), target, coding, is_browser(request.headers, evp_origin))


def _of_proxy(request: Request) -> Asked:
    """Only browsers are made to ask like this."""
    forward = ddforward.read(request.query)
    target = forward.target(forward.token)
    coding = request.headers.get("content-encoding") or requests.first(target.partition("?")[2], "dd-evp-encoding")
    return Asked(forward.route, forward.token, target, coding, is_browser=True, forward=forward)
