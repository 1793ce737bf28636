"""What the tests of pages have in common."""

import pytest

from keys.kinds import APPLICATION_KEY
from keys.models import Way
from keys.safety import leaks
from keys.safety.matches import Match


@pytest.fixture
def admin(alice, client_of):
    """The browser of Alice, who may do everything."""
    return client_of(alice)


@pytest.fixture
def leaked(issue, alice, now):
    """A new credential of Alice's that was found by GitHub, and its leak."""

    def leak(kind=APPLICATION_KEY, place="https://github.com/octocat/x", **fields):
        made = issue(kind, alice, **fields)
        reporter = leaks.Reporter(way=Way.GITHUB, name="GitHub", now=now)
        (found,) = leaks.accept([Match(made.secret.text, place, "content")], reporter=reporter)
        return made, found

    return leak
