"""What an entry of the trail changed, said to people."""

import re

import pytest
from django.utils import timezone, translation

from audit.models import AuditEvent
from console import changes

ID = "1f3a9c2e-0000-4000-8000-000000000000"
AT, READ = "2026-11-30T10:00:00.123456+00:00", "30 November 2026, 10:00 UTC"
EMAIL = {"type": "email", "handle": "a@b.example"}


def of(event, told, **fields):
    return changes.of(AuditEvent(event=event, changes=told, **fields))


@pytest.mark.parametrize(
    ("event", "told", "reads"),
    [
        ("credential.issued", {"expires_at": AT}, f"Expires: {READ}"),
        ("credential.issued", {"kind": "api_key"}, "Kind: API key"),
        ("credential.issued", {"name": AT}, f"Name: {AT}"),
        ("credential.scopes_changed", {"scopes": [None, ["b_c"]]}, "Scopes: All of the owner’s permissions → b_c"),
        ("credential.renamed", {"name": ["a", "b"]}, "Name: a → b"),
        ("credential.restored", {"name": ["a", "b"]}, "Name: a → b"),
        ("credential.rotated", {"overlap": "24h"}, "The old one stops: In 24 hours"),
        ("detection.assigned", {"assignee": ["", "Alice"]}, "Member: – → Alice"),
        ("detection.delayed", {"mitigate_after": [None, AT]}, f"Until: – → {READ}"),
        ("policy.changed", {"owner_required": [False, True]}, "Owner required: Off → On"),
        ("policy.changed", {"longest_overlap_hours": [24, 0]}, "Longest overlap: 24 hours → None"),
        ("notifications.changed", {"leaks": ["bell, at_once", "never"]}, "Leaks: In the console, At once → Never"),
        ("webhook.changed", {"topics": [["leaks"], ["expiry", "hygiene"]]}, "Topics: Leaks → Expiry, Key hygiene"),
        ("audit.exported", {"since": "2026-03-04"}, "Since: 4 Mar 2026"),
        ("control.changed", {"event_settings": [[], [EMAIL]]}, "Event settings: – → email, a@b.example"),
        ("role.deleted", {"members": 1200}, "Members: 1,200"),
        ("role.created", {"permissions": ["a", "b"]}, "Permissions: a, b"),
    ],
)
def test_it_reads_as_a_person_would_write_it(event, told, reads):
    (change,) = of(event, told)

    said = f"{change.label}: {f'{change.before} → ' if change.before else ''}{change.after}"
    assert re.sub("<[^>]+>", "", said) == reads


def test_a_time_is_in_the_readers_language_and_zone_and_keeps_its_exact_value():
    with translation.override("fr"), timezone.override("Europe/Paris"):
        (change,) = of("credential.blocked", {"until": AT})

    assert change.after.startswith(f'<time datetime="{AT}" title="{AT}">30 novembre 2026, 11:00')


def test_a_word_of_ours_keeps_its_exact_value():
    (change,) = of("credential.issued", {"kind": "api_key"})

    assert change.after == '<span title="api_key">API key</span>'


def test_what_people_wrote_is_never_markup():
    (change,) = of("webhook.changed", {"name": [["<b>"], "<i>"]})

    assert change.before == "&lt;b&gt;"
    assert not hasattr(change.after, "__html__")  # so that the template escapes it


def test_a_leak_and_a_successor_are_links():
    (leak,) = of("leak.closed", {"leak": ID})
    (successor,) = of("credential.rotated", {"successor": ID, "successor_last4": "abcd"}, target_type="api_key")

    assert leak.after == f'<a href="/safety/leaks/{ID}/" title="{ID}">1f3a9c2e…</a>'
    assert successor.after == f'<a href="/apis/api-keys/{ID}/" title="{ID}">…abcd</a>'
