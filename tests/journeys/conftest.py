"""A real Chromium, and people who sign in to the real server with it."""

import json
import re
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.browsing import QUIET
from tests.run import find

PASSWORD = "a journey of a thousand keys"
DEMO_PASSWORD = "keyhouse demo password"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium(playwright):
    """Debian's Chromium, without a window."""
    running = playwright.chromium.launch(executable_path=find("chromium"), args=list(QUIET))
    yield running
    running.close()


@pytest.fixture(scope="session")
def new_context(chromium, server):
    """A fresh browser profile on the server. Options as Playwright's."""

    def opened(**options):
        plain = {"base_url": server.url, "reduced_motion": "reduce", "locale": "en"}
        return chromium.new_context(**(plain | options))

    return opened


@pytest.fixture
def open_browser(new_context):
    """A fresh browser with nobody signed in; fails the test on a console error. Options as Playwright's."""
    complaints, contexts = [], []

    def opened(**options):
        contexts.append(new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said) else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints


def _is_complaint(said):
    refused_on_purpose = re.search(r"status of 4\d\d", said.text)
    return said.type == "error" and not refused_on_purpose


def sign_in(page, email, password):
    page.goto("/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    page.click("main form:has([name=password]) button")
    page.wait_for_url(lambda url: "/login" not in url)
    return page


@dataclass
class Company:
    """An organisation of its own for one journey, with its admin's e-mail."""

    server: object
    name: str
    admin: str
    keys: dict = field(default_factory=dict)

    def mailed_link(self, email):
        """The newest invitation link that was mailed to the address."""
        mails = sorted((self.server.data_dir / "outbox").glob("*"), key=lambda file: file.stat().st_mtime_ns)
        text = next(mail.read_text() for mail in reversed(mails) if f"To: {email}" in mail.read_text())
        joined = re.sub(r"=\n", "", text)
        return re.search(r"https?://\S+/invitations/\S+", joined)[0]


@pytest.fixture
def company(server):
    """A new organisation whose admin has accepted the invitation; it has one API key and one application key."""
    name = f"Journey {uuid.uuid4().hex[:8]}"
    admin = f"{name.split()[1]}@journey.example"
    made = json.loads(server.manage("createorg", name, "--admin", admin, "--keys"))
    return Company(server, name, admin, made)


@pytest.fixture
def admin(company, open_browser):
    """The admin's browser, signed in; `admin(javascript=False)` for one without scripts."""

    def signed_in(*, javascript=True, **options):
        page = open_browser(java_script_enabled=javascript, **options)
        page.goto(company.keys["sign_in_link"])
        if page.locator("[name=password]").count():
            page.fill("[name=name]", "Ada Admin")
            page.fill("[name=password]", PASSWORD)
            page.click("main form button:not([name])")
            page.wait_for_url(lambda url: "/invitations/" not in url)
        else:
            sign_in(page, company.admin, PASSWORD)
        return page

    return signed_in


@pytest.fixture
def colleague(company, open_browser):
    """Invites somebody by the admin's browser, and gives the browser in which they have joined."""

    def joined(admin_page, email, role, name):
        admin_page.goto("/members/invite/")
        admin_page.fill("[name=email]", email)
        for box in admin_page.locator("[name=roles]").all():
            box.set_checked(box.get_attribute("value") == str(role.id))
        admin_page.click("main form button.primary")
        admin_page.wait_for_url(lambda url: "/invite/" not in url)
        page = open_browser()
        page.goto(company.mailed_link(email))
        page.fill("[name=name]", name)
        page.fill("[name=password]", PASSWORD)
        page.click("main form button:not([name])")
        page.wait_for_url(lambda url: "/invitations/" not in url)
        return page

    return joined
