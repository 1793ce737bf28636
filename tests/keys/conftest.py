"""What the tests of credentials have in common."""

from dataclasses import replace

import pytest

from keys.kinds import API_KEY
from keys.models import Detection, Way
from keys.safety import leaks
from keys.safety.matches import Match
from tests.keys.estate import API_KEYS
from tests.keys.leaking import GIST


@pytest.fixture
def reporter(now):
    return leaks.Reporter(way=Way.GITHUB, name="GitHub", now=now, ip="192.0.2.1")


@pytest.fixture
def reported(reporter):
    """Reports texts as GitHub would; the leak of each, or None."""

    def report(*texts, url=GIST, **fields):
        matches = [Match(text, url, "content") for text in texts]
        return leaks.accept(matches, reporter=replace(reporter, **fields.pop("by", {})), **fields)

    return report


@pytest.fixture
def spare(issue, alice):
    """An API key beside the one that is looked at."""
    return issue(API_KEY, alice, name="spare")


@pytest.fixture
def unused(estate):
    """An API key that is found unused, beside one that is not."""
    row = estate.key(API_KEY, "old", created=91, used=None, owned=True)
    estate.key(API_KEY, "busy")
    estate.scan()
    return Detection.objects.get(control=API_KEYS.slug, resource_id=row.pk)
