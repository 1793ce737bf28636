"""Events: every one has its words, and what is said of one is what happened."""

import pytest
from django.utils import translation

from audit.events import LABELS, SENTENCES, Event
from audit.models import AuditEvent
from console.templatetags.trail import client, kind_word, sentence


@pytest.mark.parametrize("event", Event, ids=str)
def test_every_event_has_a_sentence_and_a_label(event):
    assert str(SENTENCES[event]) % {"actor": "Alice", "target": "payments"}
    assert str(LABELS[event])


def test_no_label_is_given_twice():
    with translation.override("en"):
        assert len({str(label) for label in LABELS.values()}) == len(Event)


@pytest.mark.parametrize(
    ("event", "target", "said"),
    [
        ("limit.changed", "api_key", "Sam changed the limit of API keys"),
        ("policy.changed", "api_key", "Sam changed the policy for API keys"),
        ("control.changed", "unused_api_keys", "Sam changed the key hygiene settings of Unused API keys"),
    ],
)
def test_what_has_a_name_of_ours_is_named_by_it(event, target, said):
    known = AuditEvent(event=event, actor_label="Sam", target_type=event.partition(".")[0], target_id=target)

    assert sentence(known) == said


def test_a_sentence_keeps_what_people_wrote_as_they_wrote_it():
    event = AuditEvent(event="credential.renamed", actor_label="100%", target_label="%(actor)s", target_type="api_key")

    assert sentence(event) == "100% renamed %(actor)s"
    assert kind_word(event) == "API key"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox 145"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156.0",
            "Edge 156",
        ),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15", "Safari 26"),
        ("curl/8.5.0", "curl 8.5.0"),
        ("", ""),
    ],
)
def test_a_program_goes_by_a_short_name(user_agent, name):
    assert client(user_agent) == name
