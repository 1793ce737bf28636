"""Companies whose pages and programs send to the real server, and where that goes on to. Made once for all of them."""

import pytest

from tests.recording import recording
from tests.server.asking import Connection
from tests.server.intake import company, half


@pytest.fixture(scope="session")
def told():
    with recording() as told:
        yield told


@pytest.fixture(scope="session")
def acme(server, told):
    return company(server, told.url)


@pytest.fixture(scope="session")
def quiet(server):
    """A company without an upstream."""
    return company(server, "")


@pytest.fixture(scope="session", autouse=True)
def slow(server, acme):
    """A client that began to send when the first of these tests did, and never goes on."""
    with Connection(server.url) as slow:
        slow.send(half(acme))
        yield slow


@pytest.fixture(autouse=True)
def afresh(told):
    told.received.clear()
    told.status = 202
    told.wait.set()
