"""The least that our server can serve: an ASGI application that says what a good /verify says, and knows nothing."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

BODY = b'{"outcome":"valid"}'
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())],
}
END = {"type": "http.response.body", "body": BODY}


async def application(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """The same 200 to everything."""
    if scope["type"] == "lifespan":
        for _ in ("startup", "shutdown"):
            await send({"type": f"{(await receive())['type']}.complete"})
    elif scope["type"] == "http":
        await send(START)
        await send(END)
