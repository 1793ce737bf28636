"""What each control finds in an organisation of 2,000 keys with known histories: exactly what it must."""

import time

import pytest

from keys import editing
from keys.hygiene import configuring, scanning, settings
from keys.hygiene.controls import BY_SLUG, CONTROLS, EXCLUSIONS
from keys.kinds import APPLICATION_KEY, PERSONAL_ACCESS_TOKEN
from keys.models import Detection, DetectionState, HygieneScore
from tests.keys.estate import ENOUGH, SCOPE, UNUSED_SCOPE, days, troubled

pytestmark = pytest.mark.django_db

EXPECTED = {
    "unused_api_keys": {"api never used", "api used 91 days ago"},
    "unused_application_keys": {"app never used"},
    "unused_access_tokens": {"pat never used", "sat never used"},
    "unknown_owners": {"api of nobody", "client token of nobody", "api of somebody gone"},
    "overdue_rotation": {
        "api never used",
        "api used 91 days ago",
        "api used 89 days ago",
        "app never used",
        "app old",
        "sat endless and old",
    },
    "never_expiring_tokens": {"sat endless", "sat endless and old"},
    "unscoped_application_keys": {"app unscoped"},
    "unused_scopes": {"pat too wide", "sat too wide"},
    "shared_keys": {"api of three programs", "app of four networks"},
    "owners_without_sign_in": {"Dora Disabled", "Paul Pending", "Irma Inactive", "Uwe Unusable"},
    "idle_members": {"Ida Idle", "Nora Never"},
    "unmanaged_service_accounts": {"orphan", "left behind"},
    "roles_without_users": {"empty", "held by who left"},
}
"""By control, what it finds of 2,000 keys and their people."""


def found(organization):
    """What is open, by control."""
    names = {control.slug: set() for control in CONTROLS}
    for control, label in Detection.objects.of(organization.pk).open().values_list("control", "label"):
        names[control].add(label)
    return names


def test_each_control_finds_what_it_must_among_2000_keys_and_nothing_else(estate, acme):
    troubled(estate)
    estate.fill(2000)
    estate.scan()

    assert found(acme) == EXPECTED == dict(estate.expected)


def test_a_blameless_organization_scores_100(estate):
    estate.fill(20)

    assert estate.scan().score == 100
    assert not Detection.objects.exists()


def test_scopes_that_were_not_counted_long_enough_say_nothing(estate, acme, now):
    used = [("scope", SCOPE, 10), ("scope", SCOPE, 89)]
    estate.key(PERSONAL_ACCESS_TOKEN, "pat", created=120, scopes=[SCOPE, UNUSED_SCOPE], uses=used)
    estate.save()

    assert settings.of(acme.pk, BY_SLUG["unused_scopes"]).find(now) == []


def test_scopes_that_were_changed_lately_say_nothing(estate, acme, by, now):
    used = [("scope", SCOPE, 10), ("scope", SCOPE, ENOUGH)]
    row = estate.key(PERSONAL_ACCESS_TOKEN, "pat", created=120, scopes=[SCOPE], uses=used)
    estate.save()
    editing.set_scopes(row.pk, scopes=[SCOPE, UNUSED_SCOPE], by=by)

    assert settings.of(acme.pk, BY_SLUG["unused_scopes"]).find(now) == []


def test_names_that_a_pattern_fits_are_left_out(estate, acme, by, now):
    troubled(estate)
    estate.scan()

    configuring.configure(BY_SLUG["unused_api_keys"], parameters={EXCLUSIONS: ["api never*"]}, by=by)

    assert found(acme)["unused_api_keys"] == {"api used 91 days ago"}
    left_out = Detection.objects.get(control="unused_api_keys", label="api never used")
    assert left_out.state(now) is DetectionState.OBSOLETE


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*a" * 5 + "b", "a" * 128, False),
        ("*a" * 63 + "*", "a" * 128, True),
        ("*ab*b", "xabb", True),
        ("*ab*b", "xab", False),
        ("a*a", "a", False),
        ("**", "", True),
        ("?*x", "xx", True),
        ("API NEVER USED", "api never used", True),
        ("api ????? used", "api never used", True),
        ("api.*", "api never used", False),
        ("[", "api never used", False),
    ],
)
def test_a_pattern_is_no_regular_expression_and_takes_no_time_whatever_stars_it_has(pattern, name, fits):
    began = time.monotonic()
    assert bool(settings.matching([pattern]).fullmatch(name)) is fits
    assert time.monotonic() - began < 0.5


def test_a_threshold_moves_what_is_found(estate, acme, by):
    troubled(estate)
    estate.save()
    configuring.configure(BY_SLUG["unused_api_keys"], parameters={"api_key_threshold": 80}, by=by)

    more = {"api used 89 days ago", "api never used but young"}
    assert found(acme)["unused_api_keys"] == EXPECTED["unused_api_keys"] | more


def test_another_organization_finds_nothing_of_it(estate, globex, now):
    troubled(estate)
    estate.save()

    scanning.scan_organization(globex.pk, now=now)

    assert not any(found(globex).values())
    assert HygieneScore.objects.get(organization=globex).score == 100


def test_the_score_loses_the_share_of_what_is_found(estate):
    estate.key(PERSONAL_ACCESS_TOKEN, "unused", created=91, used=None)
    estate.key(PERSONAL_ACCESS_TOKEN, "used", created=91, used=days(1).days)
    row = estate.scan()

    assert row.counts["unused_access_tokens"] == [1, 2]
    weights = sum(BY_SLUG[slug].priority.weight for slug, (_active, among) in row.counts.items() if among)
    assert row.score == int(100 * (1 - 5 * 0.5 / weights))


def test_an_owner_who_cannot_sign_in_owns_what_is_still_good(estate, now):
    gone = estate.member("Dora", disabled_at=now)
    estate.key(APPLICATION_KEY, "good", owner=gone)
    estate.key(PERSONAL_ACCESS_TOKEN, "expired", owner=gone, expires_at=now - days(1))
    estate.scan()

    assert Detection.objects.get(control="owners_without_sign_in").facts["credentials"] == 1
