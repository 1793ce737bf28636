"""manage.py demotraffic refuses what it must not do before it does anything. What it asks: tests/server."""

import pytest
from django.core.management import CommandError, call_command

from keys import demo
from keys.models import Credential

pytestmark = pytest.mark.django_db


ELSEWHERE = (
    "http://192.0.2.1:8000",
    "http://keyhouse.example",
    "https://127.0.0.1",
    "http://127.0.0.1.example",
    "ftp://::1",
    "",
)


def test_it_asks_nobody_elses_server(now):
    demo.seed(now=now)

    for url in ELSEWHERE:
        with pytest.raises(CommandError, match="--url"):
            call_command("demotraffic", url=url)

    assert not Credential.objects.filter(name__startswith="demo-traffic").exists()


def test_without_a_demo_there_is_nothing_to_do(alice, issue):
    with pytest.raises(CommandError, match="no demo organization"):
        call_command("demotraffic", url="http://127.0.0.1:1")


@pytest.mark.parametrize("option", ["seconds", "rate"])
def test_it_lasts_some_time(option):
    with pytest.raises(CommandError, match="more than nothing"):
        call_command("demotraffic", url="http://127.0.0.1:1", **{option: 0})
