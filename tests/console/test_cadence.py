"""What is due for rotation, or was rotated in vain, says so."""

import re
from datetime import timedelta

import pytest

from keys import rotation
from keys.kinds import API_KEY
from keys.rotation import Overlap
from tests.console.credentials import place, row_of, text

pytestmark = pytest.mark.django_db


def test_what_is_due_says_so_in_lists_and_on_its_page(alice, by, admin, issue, later):
    ages = {"late": 93, "soon": 85, "calm": 10}
    keys = {
        name: issue(API_KEY, alice, name=name, actor=later(by, timedelta(days=-days))).credential
        for name, days in ages.items()
    }

    words = {"late": "Rotation 3 days late", "soon": "Rotation due in 5 days", "calm": "Rotate by "}
    listed = text(admin.get("/apis/api-keys/"))
    for name, key in keys.items():
        assert words[name] in row_of(listed, key)
        assert words[name] in text(admin.get(place(key)))
    strip = text(admin.get("/apis/?state=attention"))
    assert '?state=overdue"><span class="dot bad"></span><span><b>1</b> is overdue for rotation' in strip
    assert '?state=due_soon"><span class="dot warn"></span><span><b>1</b> is due for rotation soon' in strip
    for state, name in (("overdue", "late"), ("due_soon", "soon")):
        for path in ("/apis/", "/apis/api-keys/"):
            found = re.findall(r'id="row-([^"]+)"', text(admin.get(f"{path}?state={state}")))
            assert found == [str(keys[name].pk)]


def test_where_no_policy_asks_nothing_is_due(alice, by, ask, admin, issue, later):
    key = issue(API_KEY, alice, name="old", actor=later(by, timedelta(days=-400))).credential
    ask(API_KEY, rotate_every_days=None)

    assert "Rotat" not in row_of(text(admin.get("/apis/api-keys/")), key).replace("Rotate<", "")
    assert "overdue" not in text(admin.get("/apis/"))


def test_a_pair_that_nobody_follows_up_needs_a_look(alice, by, admin, issue, later):
    old = issue(API_KEY, alice, name="old", actor=later(by, timedelta(days=-100))).credential
    rotation.rotate(old.pk, overlap=Overlap.FIRST_USE, by=later(by, timedelta(days=-8)))

    strip = text(admin.get("/apis/?state=attention"))
    row = row_of(text(admin.get("/apis/api-keys/?state=waiting")), old)

    assert '?state=waiting"><span class="dot warn"></span><span><b>1</b> waits for a first use' in strip
    assert '?state=overdue"><span class="dot bad"></span><span><b>1</b> is overdue' in strip
    assert "Waits for the new one" in row
    assert "Rotation 1 day late" in row


def test_a_pair_that_was_just_made_asks_for_nothing(alice, by, admin, issue, later):
    old = issue(API_KEY, alice, name="old", actor=later(by, timedelta(days=-100))).credential
    rotation.rotate(old.pk, overlap=Overlap.FIRST_USE, by=by)

    assert not re.search(r"state=(waiting|overdue|due_soon)", text(admin.get("/apis/")))
    assert "Rotation" not in row_of(text(admin.get("/apis/api-keys/")), old)
