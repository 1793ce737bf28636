"""What the tests of pages have in common."""

import pytest


@pytest.fixture
def admin(alice, client_of):
    """The browser of Alice, who may do everything."""
    return client_of(alice)
