"""Visits to the customer's pages, one for each way in which an SDK can be set up, and what was seen of them: on the
wire between Chromium and everything else, and by Playwright."""

import json
import re
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from tests.browser_sdks.house import Application
from tests.browser_sdks.packages import MAJORS
from tests.browser_sdks.shop import proof

PATIENCE, QUIET_SECONDS = 15.0, 0.3
LAST = (b"the last action", b"the last line")

FORMS = {
    "direct": MAJORS,
    "compressed": (7, 6, 5),
    "function": (7, 6, 5),
    "plain": MAJORS,
    "whole address": (4,),
    "authenticated": MAJORS,
    "authenticated function": (7, 6, 5),
}
"""How the SDK is told where to send, and by which majors it can be: without any option, to Datadog's own addresses; the
same, compressed; by a function that names ours; by a proxy's address; by the `proxyUrl` of old, which version 3 has
instead; by the address of an authenticated proxy on the page's own origin; by a function that names one elsewhere."""

CASES = [(major, form) for major in MAJORS for form, majors in FORMS.items() if major in majors]
PROXIED = [(major, form) for major, form in CASES if form.startswith("authenticated")]


@dataclass
class Visit:
    """One page, opened and left. `rum` and `logs` are the applications that its SDKs report as; `ledger` is what the
    page had Chromium send, `seen` what Playwright saw of it, as address and body."""

    major: int
    form: str
    rum: Application
    logs: Application
    ledger: list[dict] = field(default_factory=list)
    seen: list[tuple] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    source: str = ""
    har: Path | None = None
    settled: bool = False
    is_signed_in: bool = True

    @property
    def name(self):
        return f"{self.major}-{self.form}-{self.rum.id[:8]}".replace(" ", "-")

    @property
    def applications(self):
        return {"rum": self.rum, "logs": self.logs}

    def setup(self, product):
        """What the SDK is initialised with, and how its address is given."""
        application = self.applications[product]
        hidden = self.form.startswith("authenticated")
        kind, address = _address(self, application)
        plain = {"site": "datadoghq.com", "service": "shop", "env": "tests", "version": "1.0"}
        plain |= {"clientToken": application.placeholder if hidden else application.token}
        plain |= {"kind": kind, "address": address}
        if product == "rum":
            plain |= {"applicationId": application.id, "defaultPrivacyLevel": "allow", "trackResources": True}
        if self.major == 3:
            rates = {"sampleRate": 100} | ({"replaySampleRate": 100} if product == "rum" else {})
        else:
            rates = {"sessionSampleRate": 100, "telemetrySampleRate": 100}
            rates |= {"sessionReplaySampleRate": 100} if product == "rum" else {}
        return plain | rates | ({"compressIntakeRequests": True} if self.form == "compressed" else {})


def _address(visit, application):
    by_option = "proxyUrl" if visit.major == 3 or visit.form == "whole address" else "proxy"
    return {
        "direct": ("", ""),
        "compressed": ("", ""),
        "function": ("straight", "https://keys.example"),
        "plain": (by_option, "https://keys.example/rum-proxy"),
        "whole address": (by_option, "https://keys.example/rum-proxy"),
        "authenticated": (by_option, f"/rum-proxy/{application.id}/"),
        "authenticated function": (
            "function",
            f"https://keys.example/rum-proxy/{application.id}/?visitor={proof()}",
        ),
    }[visit.form]


def about(application, wires):
    """What Chromium sent for an application, with the answers."""
    mine = re.compile(f"{application.id}|{application.token}")
    return [one for wire in wires for one in wire.exchanges() if mine.search(one.request.target)]


def sent(visit, wires):
    """All that Chromium sent for a visit, with the answers."""
    return about(visit.rum, wires) + about(visit.logs, wires)


def onward(target, application):
    """Path and query that must be sent on for what Chromium asked of us."""
    path, _, query = target.partition("?")
    if not path.startswith("/rum-proxy"):
        return target
    asked = unquote(re.search(r"(?:^|&)ddforward=([^&]*)", query)[1])
    return re.sub(r"^https://[^/]+", "", asked).replace(application.placeholder, application.token)


def content(exchange):
    """A body as it was before it was compressed."""
    packed = "dd-evp-encoding=deflate" in unquote(exchange.request.target)
    return zlib.decompress(exchange.request.body) if packed else exchange.request.body


def run(visits, browser, shop, wires, folder):
    """Open every page, leave all of them, and wait until all that they sent is answered."""
    pages = [(visit, opened(visit, browser, shop, folder)) for visit in visits]
    for visit, page in pages:
        page.wait_for_selector("html[data-visited]", state="attached")
        visit.source = page.content()
    settle(visits, wires)
    for _visit, page in pages:
        page.evaluate("leave()")
    for visit, page in pages:
        page.wait_for_url("**/away.html")
        visit.ledger = json.loads(page.evaluate("sessionStorage.getItem('ledger')"))
    settle(visits, wires, _is_complete)
    for _visit, page in pages:
        page.context.close()


def opened(visit, browser, shop, folder):
    """A visitor's page, in a browser of their own."""
    visit.har = folder / f"{visit.name}.har" if (visit.major, visit.form) in PROXIED else None
    context = browser.new_context(record_har_path=visit.har, record_har_content="embed" if visit.har else None)
    context.on("request", lambda request: visit.seen.append((request.url, request.post_data_buffer)))
    context.on("console", lambda said: visit.complaints.append(said.text) if said.type == "error" else None)
    context.on("weberror", lambda error: visit.complaints.append(str(error.error)))
    page = context.new_page()
    setups = {product: visit.setup(product) for product in ("rum", "logs")}
    path = shop.page(visit.name, visit.major, **setups)
    page.goto(f"https://shop.example/sign-in?next={path}" if visit.is_signed_in else f"https://shop.example{path}")
    return page


def _may_be_left(_visit, exchanges):
    """What is under way when a page is left may be cut off."""
    return any("replay" in one.request.target for one in exchanges)


def _is_complete(_visit, exchanges):
    contents = [content(one) for one in exchanges]
    return all(any(last in one for one in contents) for last in LAST)


def settle(visits, wires, is_enough=_may_be_left):
    """Wait until what every visit sent is enough and answered, and nothing more comes."""
    deadline, since, before = time.monotonic() + PATIENCE, time.monotonic(), None
    while time.monotonic() < deadline:
        exchanges = [sent(visit, wires) for visit in visits]
        for visit, mine in zip(visits, exchanges, strict=True):
            visit.settled = is_enough(visit, mine) and all(one.answer for one in mine)
        if (count := [len(mine) for mine in exchanges]) != before:
            since, before = time.monotonic(), count
        if all(visit.settled for visit in visits) and time.monotonic() - since > QUIET_SECONDS:
            return
        time.sleep(0.05)
