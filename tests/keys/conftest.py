"""What the tests of credentials, and of their usage, have in common."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from keys import telling
from keys.kinds import API_KEY
from keys.models import Detection, Way
from keys.safety import leaks
from keys.safety.matches import Match
from keys.telling import News, webhooks
from keys.usage import drain
from keys.usage.drain import Drainer
from keys.usage.spool import Spool
from tests.keys.estate import API_KEYS
from tests.keys.leaking import GIST
from tests.keys.spooling import in_ms
from tests.keys.tidings import CI, LEAK


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
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def writer(folder):
    made = Spool(folder)
    yield made
    made.close()


@pytest.fixture
def write(writer, now):
    """Spools observations, at the test's time or so much later."""

    def written(*observations, later=timedelta()):
        at_ms = in_ms(now + later)
        writer.write([observation.line for observation in observations], at_ms=at_ms)

    return written


@pytest.fixture
def drainer(folder, monkeypatch):
    monkeypatch.setattr(drain, "REST_SECONDS", 0)
    return Drainer(folder)


@pytest.fixture
def tell(acme, now):
    """Tells of a leak, or of something else."""

    def told(*to, news=News.CREDENTIAL_LEAKED, key="leak:1", words=LEAK, at=now, also=()):
        with transaction.atomic():
            telling.tell(news, organization_id=acme.pk, to=to, about=CI, words=words, key=key, also=also, now=at)

    return told


@pytest.fixture
def hook(site, alice, actor_of):
    """A new webhook of Acme's to a path of the site."""

    def made(path="/ok", topics=("leaks",)):
        return webhooks.create(name=path, address=site.url + path, topics=topics, by=actor_of(alice))

    return made


@pytest.fixture
def unused(estate):
    """An API key that is found unused, beside one that is not."""
    row = estate.key(API_KEY, "old", created=91, used=None, owned=True)
    estate.key(API_KEY, "busy")
    estate.scan()
    return Detection.objects.get(control=API_KEYS.slug, resource_id=row.pk)
