"""The shop, its visitors' Chromium, the wires in between, Keyhouse, and an upstream that keeps what reaches it."""

import functools
import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser_sdks import visits
from tests.browser_sdks.house import House
from tests.browser_sdks.shop import Shop
from tests.browser_sdks.wire import Wire
from tests.browsing import QUIET
from tests.recording import recording
from tests.run import find


def pytest_collection_modifyitems(items):
    """All that is asked of one major's visits is asked together, for another process has to make its own."""
    places = [place for place, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    mine = sorted((items[place] for place in places), key=_major, reverse=True)
    for place, item in zip(places, mine, strict=True):
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.sdk)
        items[place] = item


def _major(item):
    return item.callspec.params.get("major", 0) if hasattr(item, "callspec") else 0


@pytest.fixture(scope="session")
def upstream():
    with recording() as told:
        yield told


@pytest.fixture(scope="session")
def house(server, upstream):
    made = House(server, f"Shop{os.getpid()}")
    made.forward_to(upstream.url)
    return made


@pytest.fixture(scope="session")
def shop(server, tmp_path_factory):
    started = Shop(tmp_path_factory.mktemp("shop"), urlsplit(server.url).port)
    yield started
    started.close()


@pytest.fixture(scope="session")
def wires(server, shop, tmp_path_factory):
    """Between Chromium and Keyhouse, and between Chromium and the shop."""
    folder = tmp_path_factory.mktemp("wires")
    started = [Wire(port, folder) for port in (urlsplit(server.url).port, shop.port)]
    yield started
    for wire in started:
        wire.close()


@pytest.fixture(scope="session")
def browser(playwright, wires):
    """Chromium that finds the shop, Keyhouse and all of Datadog's addresses on this machine."""
    ours, shops = (f"127.0.0.1:{wire.port}" for wire in wires)
    rules = f"MAP shop.example {shops}, MAP keys.example {ours}, MAP *datadoghq.com {ours}, MAP * ~NOTFOUND"
    arguments = [*QUIET, "--ignore-certificate-errors", f"--host-resolver-rules={rules}"]
    running = playwright.chromium.launch(executable_path=find("chromium"), args=arguments)
    yield running
    running.close()


@pytest.fixture(scope="session")
def applications(house):
    """Two for every case, made at once: for RUM and for logs; and some for what is refused."""
    cases = [*(f"{major} {form}" for major, form in visits.CASES), "stranger", "revoked", "key"]
    names = [f"{case} {product}" for case in cases for product in ("rum", "logs")]
    return {made.name: made for made in house.applications(*names)}


@pytest.fixture(scope="session")
def pair(applications):
    """The two applications of a case."""
    return lambda case: [applications[f"{case} {product}"] for product in ("rum", "logs")]


@pytest.fixture(scope="session")
def visit(browser, shop, wires, tmp_path_factory):
    """Makes these visits, all at once."""
    return lambda *them: visits.run(them, browser, shop, wires, tmp_path_factory.mktemp("har"))


@pytest.fixture(scope="session")
def visits_of(pair, visit):
    """The visits with an SDK of this major by form, made when they are first asked for."""

    @functools.cache
    def made(major):
        forms = [form for form, majors in visits.FORMS.items() if major in majors]
        mine = {form: visits.Visit(major, form, *pair(f"{major} {form}")) for form in forms}
        visit(*mine.values())
        return mine

    return made


@pytest.fixture(scope="session")
def counts_of(house, visits_of, wires):
    """What the server counted for the visits with this major, by the id of the token: by hours and by days."""

    @functools.cache
    def counted(major):
        tokens = [application for visit in visits_of(major).values() for application in visit.applications.values()]
        return house.counts({one.token_id: {"valid": len(visits.about(one, wires))} for one in tokens})

    return counted
