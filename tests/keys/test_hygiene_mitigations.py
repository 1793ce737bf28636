"""What controls do when somebody asks for it, one by one and several at once."""

import dataclasses

import pytest

from accounts.actors import Delegation, NotPermitted
from accounts.models import Member, Role
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import editing, lifecycle
from keys.hygiene import configuring, detections
from keys.hygiene.controls import BY_SLUG, CONTROLS
from keys.hygiene.mitigations import name_owner
from keys.kinds import API_KEY, APPLICATION_KEY, PERSONAL_ACCESS_TOKEN
from keys.models import Credential, Detection, Ownership
from keys.ownership import Owned
from tests.keys.estate import API_KEYS, ENOUGH, SCOPE, UNUSED_SCOPE, revoked

pytestmark = pytest.mark.django_db


def test_mitigating_does_it_and_says_so_in_the_trail(unused, by):
    detections.mitigate(unused.pk, by=by)

    unused.refresh_from_db()
    assert (unused.ending, revoked("old"), revoked("busy")) == ("mitigated", True, False)
    assert AuditEvent.objects.get(event="credential.revoked").reason == "key hygiene"
    assert AuditEvent.objects.get(event="detection.mitigated").changes["control"] == API_KEYS.slug


def test_what_else_was_found_of_it_is_over_too(unused, by):
    before = Detection.objects.open().filter(resource_id=unused.resource_id).count()

    detections.mitigate(unused.pk, by=by)

    endings = Detection.objects.filter(resource_id=unused.resource_id).values_list("control", "ending")
    assert before == 2
    assert dict(endings) == {"unused_api_keys": "mitigated", "overdue_rotation": "resolved_externally"}


def test_mitigating_what_is_in_order_meanwhile_leaves_it(unused, by, now):
    Credential.objects.filter(name="old").update(last_used_at=now)

    assert detections.mitigate(unused.pk, by=by).ending == "resolved_externally"
    assert not revoked("old")


def test_the_last_api_key_stays(unused, by):
    lifecycle.revoke(Credential.objects.get(name="busy").pk, by=by)

    with pytest.raises(NotAllowed, match="last API key"):
        detections.mitigate(unused.pk, by=by)
    assert not revoked("old")


def test_the_console_alone_revokes_nothing(unused, by):
    console_only = dataclasses.replace(by, permissions=frozenset({"governance_console_write", "api_keys_read"}))

    with pytest.raises(NotPermitted) as refusal:
        detections.mitigate(unused.pk, by=console_only)
    assert (refusal.value.permission, revoked("old")) == ("api_keys_delete", False)


def test_of_several_each_is_done_by_itself(estate, by):
    for name in ("first", "second"):
        estate.key(API_KEY, name, created=91, used=None)
    estate.scan()
    found = Detection.objects.of_control(API_KEYS.slug)

    results = detections.mitigate_all([row.pk for row in found], by=by)

    assert [bool(one.problem) for one in results] == [False, True]
    assert [revoked("first"), revoked("second")] == [True, False]


def test_scopes_are_narrowed_to_those_that_were_used(estate, by):
    used = [("scope", SCOPE, 10), ("scope", SCOPE, ENOUGH)]
    row = estate.key(PERSONAL_ACCESS_TOKEN, "wide", created=120, scopes=[SCOPE, UNUSED_SCOPE], uses=used)
    estate.scan()

    detections.mitigate(Detection.objects.get(control="unused_scopes").pk, by=by)

    row.refresh_from_db()
    assert row.scopes == [SCOPE]


def test_what_is_beyond_the_token_somebody_acts_with_is_left_and_says_why(estate, by):
    used = [("scope", SCOPE, 10), ("scope", SCOPE, ENOUGH)]
    estate.key(APPLICATION_KEY, "wide", created=120, scopes=[SCOPE, UNUSED_SCOPE], uses=used)
    estate.scan()
    token = Delegation(kind=PERSONAL_ACCESS_TOKEN.value, scopes=frozenset({SCOPE}), expires_at=None)

    found = Detection.objects.filter(control="unused_scopes").values_list("pk", flat=True)
    (result,) = detections.mitigate_all(found, by=dataclasses.replace(by, delegation=token))

    assert str(result.problem).startswith("The access token you act with")


def test_what_no_use_is_known_of_is_not_narrowed(estate, by):
    estate.key(APPLICATION_KEY, "unscoped", scopes=None)
    estate.scan()

    with pytest.raises(NotAllowed, match="No use of a scope is known"):
        detections.mitigate(Detection.objects.get(control="unscoped_application_keys").pk, by=by)


def test_people_programs_and_roles_are_mitigated_by_their_own_verbs(estate, by):
    estate.member("Ida Idle", joined=100, signed_in=50)
    estate.service_account("orphan")
    estate.role("empty")
    estate.scan()

    for label in ("Ida Idle", "orphan", "empty"):
        detections.mitigate(Detection.objects.get(label=label).pk, by=by)

    assert set(Member.objects.filter(disabled_at__isnull=False).values_list("name", flat=True)) == {
        "Ida Idle",
        "orphan",
    }
    assert not Role.objects.filter(name="empty").exists()


def test_what_is_left_of_a_disabled_owner_is_revoked(estate, by, now):
    gone = estate.member("Dora", disabled_at=now)
    estate.key(APPLICATION_KEY, "left", owner=gone)
    estate.scan()

    detections.mitigate(Detection.objects.get(control="owners_without_sign_in").pk, by=by)

    assert revoked("left")


def test_what_somebody_must_think_about_is_not_done_with_a_click(estate, by):
    estate.key(API_KEY, "whose", owned=False)
    estate.scan()

    with pytest.raises(NotAllowed):
        detections.mitigate(Detection.objects.get(control="unknown_owners").pk, by=by)
    with pytest.raises(NotAllowed):
        configuring.configure(BY_SLUG["unknown_owners"], is_automatic=True, by=by)


def test_every_control_says_what_is_done_about_what_it_finds():
    assert all(bool(control.mitigation) is not bool(control.by_hand) for control in CONTROLS)


@pytest.fixture
def of_nobody(estate, issue, alice):
    row = issue(API_KEY, alice, name="whose", owned=Owned(environment="prod", purpose="exports")).credential
    estate.scan()
    return Detection.objects.get(control="unknown_owners", resource_id=row.pk)


def test_an_owner_is_named_where_nobody_was_and_what_it_is_for_stays(of_nobody, camille, by):
    (result,) = detections.mitigate_all(
        [of_nobody.pk], by=by, mitigation=name_owner(Owned(member_id=camille.pk, team="payments"))
    )

    said = Ownership.objects.get(credential=of_nobody.resource_id)
    assert (result.problem, result.detection.ending) == ("", "mitigated")
    assert (said.member, said.team, said.environment, said.purpose) == (camille, "payments", "prod", "exports")
    assert AuditEvent.objects.get(event="detection.mitigated").changes["mitigation"] == "name_owner"


def test_naming_nobody_is_no_mitigation(of_nobody, by):
    with pytest.raises(NotAllowed) as refusal:
        detections.mitigate(of_nobody.pk, by=by, mitigation=name_owner(Owned(environment="prod")))

    assert (refusal.value.field, Detection.objects.open().filter(pk=of_nobody.pk).exists()) == ("owner", True)


def test_an_owner_who_was_named_meanwhile_stays(of_nobody, by):
    editing.assign(of_nobody.resource_id, Owned(team="web"), by=by)

    done = detections.mitigate(of_nobody.pk, by=by, mitigation=name_owner(Owned(team="payments")))

    assert (done.ending, Ownership.objects.get(credential=of_nobody.resource_id).team) == ("resolved_externally", "web")
