"""What all five kinds share, tested once for each."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Member
from accounts.organizations import in_organization
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import editing, lifecycle, limits, verification
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS, PERSONAL_ACCESS_TOKEN, Owner, Reveal
from keys.models import Credential, Limit, Ownership
from keys.ownership import Owned
from keys.verification import Outcome

pytestmark = pytest.mark.django_db

BAD_NAMES = ("", "   ", "a\0b", "a\u202eb", "x" * 129, chr(0xD800), "\u200b", "line\nbreak", "\ufffd", "\u3164")


@pytest.fixture(params=KINDS, ids=str)
def kind(request, robot):
    return request.param


def test_an_issued_credential_verifies_in_one_query(kind, alice, issue, now):
    issued = issue(kind, alice)

    with CaptureQueriesContext(connection) as queries:
        verdict = verification.verify(issued.secret.text, now=now)

    assert verdict.outcome is Outcome.VALID
    assert verdict.credential_id == issued.credential.id
    assert len(queries) == 1


def test_the_text_is_kept_only_where_it_is_public(kind, alice, issue):
    issued = issue(kind, alice)

    row = Credential.objects.filter(pk=issued.credential.pk).values().get()

    kept = [value for value in row.values() if isinstance(value, str) and issued.secret.text in value]
    assert bool(kept) == (kind.reveal is Reveal.PUBLIC)
    assert issued.secret.text not in repr(issued)


def test_a_revoked_credential_no_longer_verifies(kind, alice, issue, actor_of, now):
    issue(API_KEY, alice, name="the one that stays")
    issued = issue(kind, alice)

    lifecycle.revoke(issued.credential.id, by=actor_of(alice))

    assert verification.verify(issued.secret.text, now=now).outcome is Outcome.REVOKED


def test_a_second_revocation_is_refused(kind, alice, issue, actor_of):
    issue(API_KEY, alice, name="the one that stays")
    issued = issue(kind, alice)
    lifecycle.revoke(issued.credential.id, by=actor_of(alice))

    with pytest.raises(NotAllowed):
        lifecycle.revoke(issued.credential.id, by=actor_of(alice))


def test_a_renamed_credential_keeps_its_text(kind, alice, issue, actor_of, now):
    issued = issue(kind, alice)

    editing.rename(issued.credential.id, name="another name", by=actor_of(alice))

    assert Credential.objects.get(pk=issued.credential.pk).name == "another name"
    assert verification.verify(issued.secret.text, now=now)


@pytest.mark.parametrize("twin", ["Payments", "  payments ", "ＰＡＹＭＥＮＴＳ"])
def test_a_name_that_reads_the_same_is_taken_and_another_suggested(kind, twin, alice, issue):
    issue(kind, alice, name="payments")

    with pytest.raises(NotAllowed) as refusal:
        issue(kind, alice, name=twin)

    assert refusal.value.field == "name"
    assert refusal.value.suggestion == f"{twin.strip()}-2"


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_name_is_refused_at_the_name(kind, name, alice, issue):
    with pytest.raises(NotAllowed) as refusal:
        issue(kind, alice, name=name)

    assert refusal.value.field == "name"
    assert not Credential.objects.exists()


def test_every_change_is_audited_without_the_text(kind, alice, issue, actor_of):
    issue(API_KEY, alice, name="the one that stays")
    issued = issue(kind, alice)
    editing.rename(issued.credential.id, name="renamed", by=actor_of(alice))
    lifecycle.revoke(issued.credential.id, by=actor_of(alice), reason="test")

    rows = list(AuditEvent.objects.filter(target_id=str(issued.credential.id)).order_by("sequence"))

    assert [row.event for row in rows] == ["credential.issued", "credential.renamed", "credential.revoked"]
    assert not any(issued.secret.text in str(vars(row)) for row in rows)


def test_what_cannot_be_audited_does_not_happen(kind, alice, issue, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the audit trail is full")

    monkeypatch.setattr("audit.log.record", fail)

    with pytest.raises(RuntimeError), transaction.atomic():
        issue(kind, alice)

    assert not Credential.objects.exists()


def test_another_organisations_credential_does_not_exist(kind, alice, charlie, issue, actor_of):
    issued = issue(kind, alice)

    with pytest.raises(Credential.DoesNotExist):
        lifecycle.revoke(issued.credential.id, by=actor_of(charlie))


def test_the_sixth_api_key_is_refused(alice, issue):
    for number in range(5):
        issue(API_KEY, alice, name=f"key {number}")

    with pytest.raises(NotAllowed, match="All 5 are in use"):
        issue(API_KEY, alice, name="one too many")


def test_the_last_api_key_stays(alice, issue, actor_of):
    issued = issue(API_KEY, alice)

    with pytest.raises(NotAllowed, match="last API key"):
        lifecycle.revoke(issued.credential.id, by=actor_of(alice))


def test_the_database_itself_refuses_a_sixth_key_and_an_empty_organisation(alice, issue, now):
    issued = [issue(API_KEY, alice, name=f"key {number}").credential for number in range(5)]

    with pytest.raises(IntegrityError), transaction.atomic():
        sixth = Credential.objects.get(pk=issued[0].pk)
        sixth.pk, sixth.name_key, sixth.fingerprint = None, "naive", b"naive"
        sixth.save(force_insert=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Credential.objects.update(revoked_at=now)

    assert Limit.objects.get(kind=API_KEY).live == 5


def test_scopes_narrow_what_the_owner_may_do(alice, issue, now):
    issued = issue(APPLICATION_KEY, alice, scopes=["dashboards_read"])

    assert verification.verify(issued.secret.text, now=now, needs=["dashboards_read"])
    assert verification.verify(issued.secret.text, now=now, needs=["monitors_read"]).missing == "monitors_read"


def test_an_unscoped_key_follows_its_owners_roles(camille, issue, now):
    issued = issue(APPLICATION_KEY, camille, scopes=None)
    assert verification.verify(issued.secret.text, now=now, needs=["dashboards_write"])

    camille.assignments.all().delete()

    verdict = verification.verify(issued.secret.text, now=now, needs=["dashboards_write"])
    assert verdict.outcome is Outcome.MISSING_SCOPE


def test_a_scope_the_owner_lacks_is_refused_by_name(camille, issue):
    with pytest.raises(NotAllowed, match="user_access_manage") as refusal:
        issue(APPLICATION_KEY, camille, scopes=["dashboards_read", "user_access_manage"])

    assert refusal.value.field == "scopes"


def test_an_unknown_scope_is_refused_by_name(alice, issue):
    with pytest.raises(NotAllowed, match="Invalid scopes: dashboards_fly"):
        issue(APPLICATION_KEY, alice, scopes=["dashboards_fly"])


@pytest.mark.parametrize("lifetime", [timedelta(hours=23), timedelta(days=-1), timedelta(days=367)])
def test_a_token_lives_from_a_day_to_a_year(lifetime, alice, issue, now):
    with pytest.raises(NotAllowed) as refusal:
        issue(PERSONAL_ACCESS_TOKEN, alice, expires_at=now + lifetime)

    assert refusal.value.field == "expires_at"


def test_an_expired_token_no_longer_verifies(alice, issue, now):
    issued = issue(PERSONAL_ACCESS_TOKEN, alice, expires_at=now + timedelta(days=2))

    assert verification.verify(issued.secret.text, now=now + timedelta(days=1, hours=23))
    assert verification.verify(issued.secret.text, now=now + timedelta(days=2)).outcome is Outcome.EXPIRED


def test_the_same_form_makes_one_key_and_shows_its_secret_again_for_ten_minutes(alice, issue, actor_of, later):
    first = issue(API_KEY, alice, name="payments", nonce="n" * 32)

    again = issue(API_KEY, alice, name="payments", nonce="n" * 32)
    with pytest.raises(NotAllowed, match="shown once"):
        issue(API_KEY, alice, name="payments", nonce="n" * 32, actor=later(actor_of(alice), timedelta(minutes=11)))

    assert again.again
    assert again.secret.text == first.secret.text
    assert Credential.objects.count() == 1


def test_the_same_form_of_somebody_else_is_another_form(alice, issue, actor_of):
    first = issue(API_KEY, alice, name="payments", nonce="n" * 32)

    second = issue(
        API_KEY, alice, name="other", nonce="n" * 32, actor=replace(actor_of(alice), id=str(alice.person_id))
    )

    assert second.secret.text != first.secret.text


def test_the_same_form_with_other_values_is_refused(alice, issue):
    issue(API_KEY, alice, name="payments", nonce="n" * 32)

    with pytest.raises(NotAllowed, match="other values"):
        issue(API_KEY, alice, name="other", nonce="n" * 32)


def test_a_client_token_can_always_be_read(alice, issue):
    issued = issue(CLIENT_TOKEN, alice)

    assert Credential.objects.get(pk=issued.credential.pk).public_text == issued.secret.text


def test_a_switched_off_kind_is_not_accepted_until_it_is_on_again(alice, sam, issue, actor_of, now):
    issued = issue(CLIENT_TOKEN, alice)
    support = in_organization(actor_of(sam), alice.organization)

    limits.switch(CLIENT_TOKEN, on=False, reason="beta over", by=support)
    off = verification.verify(issued.secret.text, now=now)
    limits.switch(CLIENT_TOKEN, on=True, reason="beta again", by=support)

    assert off.outcome is Outcome.SWITCHED_OFF
    assert verification.verify(issued.secret.text, now=now)


def test_invisible_marks_do_not_make_a_name_another_one(alice, issue):
    issue(API_KEY, alice, name="payments")

    with pytest.raises(NotAllowed) as refusal:
        issue(API_KEY, alice, name="pay\u200bments")

    assert refusal.value.field == "name"


def test_what_a_disabled_owner_left_behind_is_not_accepted(kind, alice, camille, issue, now):
    issued = issue(kind, camille if Owner.MEMBER in kind.owners else alice)
    Member.objects.filter(pk=issued.credential.owner_id).update(disabled_at=now)

    verdict = verification.verify(issued.secret.text, now=now)

    assert verdict.outcome is (Outcome.VALID if kind.belongs_to_organization else Outcome.OWNER_DISABLED)


def test_a_secret_in_what_somebody_writes_is_kept_nowhere(alice, issue, actor_of):
    secret = issue(API_KEY, alice, name="pasted").secret.text
    made = issue(API_KEY, alice, name="revoked", owned=Owned(purpose=f"checks {secret}")).credential
    lifecycle.revoke(made.pk, reason=f"{secret} leaked", by=actor_of(alice))

    kept = [(one.changes, one.reason) for one in AuditEvent.objects.all()]
    assert secret not in str(kept) + Ownership.objects.get().purpose
    assert kept[-1][1] == "[redacted] leaked"
