"""Looking up host names for many organisations, so that the dead names of one hold up nobody else's."""

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

SECONDS = 3.0
"""How long anybody waits for a name."""

DEAD_SECONDS = 10.0
"""How long a name that was not found is not looked for again."""

THREADS = 16
MOST_DEAD = 1000


class Resolver(AbstractResolver):
    """One look-up at a time for a name, each in a thread. For one event loop."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="resolve")
        self._looking: dict[tuple[str, int, int], asyncio.Future[list[ResolveResult]]] = {}
        self._dead: dict[str, float] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Its addresses. Raises OSError where there are none, or none were found in time."""
        if self._dead.get(host, float("-inf")) > time.monotonic():
            raise OSError(f"{host} was not found a moment ago")
        asked = (host, port, family)
        if asked not in self._looking:
            loop = asyncio.get_running_loop()
            self._looking[asked] = loop.run_in_executor(self._threads, _addresses, host, port, family)
            self._looking[asked].add_done_callback(lambda done: self._found(asked, done))
        try:
            return await asyncio.wait_for(asyncio.shield(self._looking[asked]), SECONDS)
        except TimeoutError:
            self._bury(host)
            raise OSError(f"{host} was not found in time") from None

    def _found(self, asked: tuple[str, int, int], done: asyncio.Future[list[ResolveResult]]) -> None:
        del self._looking[asked]
        if not done.cancelled() and done.exception():
            self._bury(asked[0])

    def _bury(self, host: str) -> None:
        if len(self._dead) >= MOST_DEAD:
            self._dead.clear()
        self._dead[host] = time.monotonic() + DEAD_SECONDS

    async def close(self) -> None:
        """Look up no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, port: int, family: int) -> list[ResolveResult]:
    found = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [
        ResolveResult(
            hostname=host,
            host=str(address[0]),
            port=port,
            family=kind,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for kind, _type, protocol, _name, address in found
    ]
