"""How controls are set: who may, what makes sense, and what it means for what was found."""

import dataclasses

import pytest

from accounts.actors import NotPermitted
from accounts.refusals import NotAllowed
from keys.hygiene import configuring, scanning
from keys.hygiene.controls import BY_SLUG, GRACE
from keys.models import DetectionState
from tests.keys.estate import API_KEYS, automatic

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("slug", "held"), [("unused_api_keys", "api_keys_write"), ("unused_application_keys", "user_app_keys")]
)
def test_who_may_not_do_it_to_everything_may_not_let_it_be_done(slug, held, by):
    some = dataclasses.replace(by, permissions=frozenset({"governance_console_write", held}))

    with pytest.raises(NotPermitted):
        automatic(BY_SLUG[slug], some)
    automatic(BY_SLUG[slug], by)
    with pytest.raises(NotPermitted):
        configuring.configure(BY_SLUG[slug], parameters={GRACE: 1}, by=some)
    assert not configuring.configure(BY_SLUG[slug], is_automatic=False, by=some).is_automatic


def test_switching_a_control_off_ends_what_it_found(unused, by, acme, now):
    configuring.configure(API_KEYS, is_on=False, by=by)

    unused.refresh_from_db()
    assert unused.state(now) is DetectionState.INACTIVE
    assert API_KEYS.slug not in scanning.scan_organization(acme.pk, now=now).counts


@pytest.mark.parametrize(
    "parameters",
    [
        {"api_key_threshold": 0},
        {"api_key_threshold": "90"},
        {"api_key_threshold": True},
        {"nonsense": 1},
        {"key_name_exclusion_patterns": "api*"},
        {"key_name_exclusion_patterns": [""]},
        {"key_name_exclusion_patterns": ["x"] * 51},
        {GRACE: 8},
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_by_name(parameters, by):
    with pytest.raises(NotAllowed) as refusal:
        configuring.configure(API_KEYS, parameters=parameters, by=by)

    assert refusal.value.field == next(iter(parameters))
