"""The intake's doors in the event loop: its own addresses and /rum-proxy, as ASGI has them, their beginning and end."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from api.answers import ApiError
from api.intake import answers, asked, requests, routes
from api.intake.asked import PROXY, Asked
from api.intake.bodies import Body, Gone, Receive
from api.intake.ddforward import Forward
from api.intake.exposures import Exposures
from api.intake.proxies import Proxies, WrongVisitor
from api.intake.requests import Request
from api.intake.sent import Sent
from api.intake.upstream import Upstreams
from api.verify import asgi as verify
from api.verify.answers import UNAVAILABLE, Answer
from api.verify.verifier import Verifier
from keys import sending
from keys.rum_proxies import Proxy
from keys.sending import Sending
from keys.standings import Standing
from keys.usage.observations import client_of, network_of
from keys.verification import Outcome

Send = Callable[[dict[str, Any]], Any]

_running: "Intake | None" = None


async def start() -> None:
    """Begin to take in, by this process's verifier, which has been started."""
    global _running
    verifier = verify.running()
    _running = Intake(verifier) if verifier else None


async def stop() -> None:
    """End, and close what is open."""
    global _running
    if _running:
        intake, _running = _running, None
        await intake.close()


def answers_at(path: str) -> bool:
    """Whether the address is one of these doors."""
    return routes.is_path(path) or path == PROXY or path.startswith(f"{PROXY}/")


async def answer(scope: Any, receive: Receive, send: Send) -> None:
    """Answer a request, whose body has yet to be read."""
    request = requests.read(scope)
    if request.method != "POST":
        await _send(_unsent(request), send)
        return
    body = Body(receive, request.length, asked.coding_of(request))
    try:
        found = await _running.take_in(request, asked.read(request), body) if _running else UNAVAILABLE
    except ApiError as refusal:
        found = answers.error(refusal, request.path)
    except Gone:
        return
    await body.skip()
    await _send(found, send, closing=not body.is_whole)
    await body.linger()


def _unsent(request: Request) -> Answer:
    """What is answered where nothing is sent."""
    if request.method == "OPTIONS":
        return answers.PREFLIGHT
    if request.method == "GET" and asked.target_of(request).startswith(f"{routes.QUOTA}?"):
        return answers.ADMITTED
    return answers.error(ApiError(405, "Send what is to be taken in by POST.", headers={"Allow": "POST"}), request.path)


async def _send(found: Answer, send: Send, *, closing: bool = False) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in found.all_headers]
    headers += [(b"connection", b"close")] if closing else []
    await send({"type": "http.response.start", "status": found.status, "headers": headers})
    await send({"type": "http.response.body", "body": found.body})


class Intake:
    """One process's intake."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._upstreams = Upstreams()
        self._proxies = Proxies(verifier)
        self._exposures = Exposures()

    async def close(self) -> None:
        """Close what is open."""
        await self._upstreams.close()
        await self._proxies.close()
        self._exposures.close()

    async def take_in(self, request: Request, what: Asked, body: Body) -> Answer:
        """Let in by its credential, count, send on. Raises ApiError and Gone."""
        application = request.path[len(PROXY) :].strip("/") if what.forward else ""
        if what.forward and application:
            what = await self._with_token(application, what.forward, request, what)
        sent = _sent(request, what)
        found = await verify.judged(self._verifier, sent)
        if found.outcome is Outcome.IN_BROWSER:
            self._expose(sent, request)
        if found.outcome is Outcome.VALID and sent.standing:
            found = await self._sent_on(sent.standing, what, request, body)
        return _for_page(found, sent)

    async def _sent_on(self, standing: Standing, what: Asked, request: Request, body: Body) -> Answer:
        """Forward it or, where there is no upstream, take it and forget it."""
        first = await body.begin()
        if not standing.upstream:
            await body.forget(first)
            return answers.taken(what.route, what.route.status)
        target = what.target_for(standing.kind)
        return answers.passed(await self._upstreams.forward(standing, target, request, first, body), what.route)

    async def _with_token(self, application: str, forward: Forward, request: Request, what: Asked) -> Asked:
        """The same with the application's token for the placeholder, once the visitor is known."""
        proxy = await self._proxies.find(application, request)
        try:
            await self._proxies.check(proxy, forward, request)
        except WrongVisitor:
            await self._count_stranger(proxy, request, what)
            raise
        return what._replace(text=proxy.token, target=forward.target(proxy.token))

    async def _count_stranger(self, proxy: Proxy, request: Request, what: Asked) -> None:
        """Count, for the application's token, that somebody was not let in."""
        sent = _sent(request, what)
        sent.whose = (proxy.organization_id, proxy.token_id)
        await verify.counted(self._verifier, *sent.refused(Outcome.WRONG_VISITOR))

    def _expose(self, sent: Sent, request: Request) -> None:
        self._exposures.note(
            sent.whose[1],
            origin=sent.sending.origin,
            ip=request.ip,
            user_agent=request.headers.get("user-agent", ""),
            now=timezone.now(),
        )


def _sent(request: Request, what: Asked) -> Sent:
    origin = request.headers.get("origin", "")
    return Sent(
        text=what.text,
        sending=Sending(what.route.track, origin, what.is_browser),
        client=client_of(request.headers.get("user-agent", "")),
        network=network_of(request.ip),
        endpoint=what.route.path,
    )


def _for_page(found: Answer, sent: Sent) -> Answer:
    """Where a token names its origins, those pages are told that they are expected."""
    standing, origin = sent.standing, sent.sending.origin
    if standing and standing.origins and sending.allows(standing.origins, origin):
        return answers.with_origin(found, origin)
    return found
