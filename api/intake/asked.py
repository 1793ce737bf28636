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
    """What a request asks: to which route, by which credential, as which path and query; `forward` is what it asks a
    proxy for."""

    route: Route
    text: str
    target: str
    is_browser: bool
    forward: Forward | None = None

    def target_for(self, kind: Kind) -> str:
        """Path and query as they go on: a secret is no business of an upstream's, a client token is public."""
        path, _, query = self.target.partition("?")
        path = path if kind.is_public and path.endswith(self.text) else self.route.path
        query = requests.without_secrets(query, keeping=self.text if kind.is_public else "")
        return f"{path}?{query}" if query else path


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
    evp_origin = requests.first(request.query, "dd-evp-origin")
    return Asked(route, request.credential(in_path), target, is_browser(request.headers, evp_origin))


def _of_proxy(request: Request) -> Asked:
    """Only browsers are made to ask like this."""
    forward = ddforward.read(request.query)
    target = forward.target(forward.token)
    return Asked(forward.route, forward.token, target, is_browser=True, forward=forward)


def target_of(request: Request) -> str:
    """Path and query that are asked for: of a proxy, by `ddforward`."""
    forwarded = request.path.startswith(PROXY)
    return requests.first(request.query, "ddforward") if forwarded else f"{request.path}?{request.query}"


def coding_of(request: Request) -> str:
    """How the body is compressed, as a header says, or as browsers do: in the query, where it costs no preflight."""
    said = request.headers.get("content-encoding", "").strip().lower()
    if said and said != "identity":
        return said
    return requests.first(target_of(request).partition("?")[2], "dd-evp-encoding")
