"""How a worker takes in connections that come at once."""

import asyncio
import socket

import pytest
import uvloop

from console import gunicorn_conf

AT_ONCE = 20


class Counted(asyncio.Protocol):
    """Notes in which turn of the loop each connection is made."""

    turns = 0
    made: list

    def connection_made(self, transport):
        self.made.append(type(self).turns)
        transport.close()


@pytest.fixture
def waiting():
    """A socket at which connections wait, and what they say when they are made."""
    Counted.turns, Counted.made = 0, []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        clients = [socket.create_connection(listening.getsockname()) for _ in range(AT_ONCE)]
        yield listening
        for client in clients:
            client.close()


async def taken_in(listening):
    server = await asyncio.get_running_loop().create_server(Counted, sock=listening, backlog=gunicorn_conf.backlog)
    async with server, asyncio.timeout(10):
        while len(Counted.made) < AT_ONCE:
            Counted.turns += 1
            await asyncio.sleep(0)


def test_one_is_taken_a_turn_so_that_the_other_workers_have_their_share(waiting):
    assert gunicorn_conf.asgi_loop == "uvloop"
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(taken_in(waiting))

    assert len(set(Counted.made)) == AT_ONCE
