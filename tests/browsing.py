"""Chromium as the tests start it, and what drives it."""

import pytest
from playwright.sync_api import sync_playwright

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def playwright():
    """One for all browsers of a process: its event loop runs until the end."""
    with sync_playwright() as started:
        yield started
