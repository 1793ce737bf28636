"""Asking twice a year whether the security contacts are still right."""

from datetime import timedelta

import pytest

from accounts.actors import NotPermitted
from keys.models import Notification, SecurityContacts
from keys.safety import contacts

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HALF_A_YEAR = contacts.REVIEWED_EVERY


def asked():
    return list(Notification.objects.order_by("told_at").values_list("member__name", "news"))


@pytest.fixture
def named(alice, actor_of):
    return contacts.change(primary="soc@acme.example", secondary="", by=actor_of(alice))


def test_the_admins_are_asked_once_each_half_year(named, alice, bob, now):
    assert contacts.remind(now + HALF_A_YEAR - DAY) == 0
    assert [contacts.remind(now + HALF_A_YEAR + n * DAY) for n in range(3)] == [1, 0, 0]
    assert contacts.remind(now + HALF_A_YEAR * 2 + DAY) == 1
    assert asked() == [("Alice Admin", "contacts.review_due")] * 2


def test_a_review_begins_the_half_year_anew(named, alice, actor_of, later, now):
    contacts.remind(now + HALF_A_YEAR)
    contacts.change(primary="soc@acme.example", secondary="", by=later(actor_of(alice), HALF_A_YEAR + DAY))

    assert contacts.remind(now + HALF_A_YEAR * 2) == 0
    assert contacts.remind(now + HALF_A_YEAR * 2 + DAY) == 1


def test_where_nobody_was_ever_named_the_admins_are_asked_to(acme, alice, globex, now):
    assert contacts.remind(now + HALF_A_YEAR - DAY) == 0
    assert contacts.remind(now + HALF_A_YEAR) == 2
    assert contacts.remind(now + HALF_A_YEAR + DAY) == 0
    assert asked() == [("Alice Admin", "contacts.missing")]
    assert contacts.due_at(SecurityContacts.objects.get(pk=acme.pk)) is None


def test_only_whoever_manages_the_organization_names_them(camille, vera, actor_of):
    for member in (camille, vera):
        with pytest.raises(NotPermitted):
            contacts.change(primary="a@b.example", secondary="", by=actor_of(member))
