"""How often an organisation may ask, and how it is told."""

import pytest

from console import env
from keys.models import RateWindow

pytestmark = pytest.mark.django_db

KEYS = "/api/v2/api_keys"


@pytest.fixture
def admin(alice, pair):
    return pair(alice)


@pytest.fixture(autouse=True)
def small(settings):
    settings.API_RATES = {"read": (3, 60), "write": (2, 60), "search": (1, 3600)}


def test_every_answer_says_how_much_is_left(admin):
    answer = admin.get(KEYS)

    said = {name: answer.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Period", "Remaining", "Name")}
    assert said == {"Limit": "3", "Period": "60", "Remaining": "2", "Name": "read"}
    assert 1 <= int(answer.headers["X-RateLimit-Reset"]) <= 60


def test_one_too_many_is_429_and_says_when_to_come_back(admin):
    answers = [admin.get(KEYS) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "Wait" in answers[-1].json()["errors"][0]
    assert answers[-1].headers["X-RateLimit-Remaining"] == "0"
    assert int(answers[-1].headers["Retry-After"]) == int(answers[-1].headers["X-RateLimit-Reset"])


def test_each_class_is_counted_by_itself(admin):
    for _ in range(3):
        admin.get(KEYS)

    assert admin.post("/api/v2/audit/events/search", {}).status_code == 200
    assert admin.post("/api/v2/audit/events/search", {}).status_code == 429


def test_each_organization_is_counted_by_itself(admin, charlie, pair):
    for _ in range(4):
        admin.get(KEYS)

    assert pair(charlie).get(KEYS).status_code == 200


def test_the_next_window_begins_afresh(admin, now):
    for _ in range(4):
        admin.get(KEYS)
    RateWindow.objects.update(began_at=now.replace(year=2020))

    assert admin.get(KEYS).status_code == 200


def test_who_is_refused_is_counted_for_nobody():
    assert not RateWindow.objects.exists()


@pytest.mark.parametrize("value", ["read", "read=0/60", "read=5", "writes=5/60", "read=-1/60", "read=5/0"])
def test_nonsense_in_the_setting_is_refused_by_name(value, monkeypatch):
    monkeypatch.setenv("API_RATES", value)

    with pytest.raises(env.ImproperlyConfigured, match="API_RATES"):
        env.rates("API_RATES", read=(1, 1))


def test_a_class_left_out_keeps_its_default(monkeypatch):
    monkeypatch.setenv("API_RATES", "write=5/10")

    assert env.rates("API_RATES", read=(1, 1), write=(2, 2)) == {"read": (1, 1), "write": (5, 10)}
