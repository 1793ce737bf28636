"""Every event has Datadog's words."""

import pytest

from audit.events import Event
from audit.facets import FACETS, action, category, status

ACTIONS = {"created", "modified", "deleted", "accessed", "login", "logout", "notification"}


@pytest.mark.parametrize("event", Event, ids=str)
def test_every_event_has_a_category_and_an_action(event):
    assert FACETS[event] == (category(event), action(event))
    assert category(event)
    assert action(event) in ACTIONS


def test_what_somebody_should_look_at_is_a_warning():
    found = {event for event in Event if status(event) == "warn"}

    assert found == {Event.PERSON_REFUSED, Event.CREDENTIAL_SEEN_IN_BROWSER, Event.CREDENTIAL_LEAKED}
