"""manage.py createorg: one line of JSON, the same organisation however often it runs."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.builtin_roles import ADMIN, READ_ONLY
from accounts.models import Member, Organization, Person, Status
from audit import chain
from audit.models import AuditEvent
from keys import lifecycle, verification
from keys.bootstrap import as_member
from keys.kinds import API_KEY, APPLICATION_KEY
from keys.models import Credential

pytestmark = pytest.mark.django_db


def createorg(*arguments):
    said = io.StringIO()
    call_command("createorg", *arguments, stdout=said)
    assert said.getvalue().count("\n") == 1
    return json.loads(said.getvalue())


def test_it_makes_an_organization_with_an_active_admin(client):
    made = createorg("Initech", "--admin", "Peter@Initech.example")

    admin = Member.objects.get(organization_id=made["org_id"])
    assert set(made) == {"org_id", "sign_in_link"}
    assert (admin.email, admin.status, admin.role_ids) == ("peter@initech.example", Status.ACTIVE, {ADMIN.id})
    assert client.get(made["sign_in_link"]).status_code == 200


def test_with_keys_both_work_at_once_and_are_shown_once(now):
    made = createorg("Initech", "--admin", "peter@initech.example", "--keys")

    assert verification.verify(made["api_key"], now=now).kind is API_KEY
    verdict = verification.verify(made["application_key"], now=now, needs=["monitors_write"])
    assert verdict
    assert verdict.kind is APPLICATION_KEY
    assert Credential.objects.get(kind=APPLICATION_KEY).scopes is None
    assert set(createorg("Initech", "--admin", "peter@initech.example", "--keys")) == {"org_id", "sign_in_link"}


def test_run_again_it_makes_nothing_twice():
    first = createorg("Initech", "--admin", "peter@initech.example", "--keys")
    again = createorg(" ＩＮＩＴＥＣＨ ", "--admin", "PETER@initech.example", "--keys")

    assert again["org_id"] == first["org_id"]
    counts = [model.objects.count() for model in (Organization, Member, Person, Credential)]
    assert counts == [1, 1, 1, 2]


def test_a_fresh_link_replaces_the_one_before(client):
    first = createorg("Initech", "--admin", "peter@initech.example")
    again = createorg("Initech", "--admin", "peter@initech.example")

    assert first["sign_in_link"] != again["sign_in_link"]
    assert client.get(first["sign_in_link"]).status_code >= 400
    assert client.get(again["sign_in_link"]).status_code == 200


def test_who_has_a_password_signs_in_as_ever(alice):
    alice.person.set_password("a password long enough")
    alice.person.save()

    made = createorg("Initech", "--admin", alice.email)

    assert made["sign_in_link"].endswith("/accounts/login/")
    assert Member.objects.get(organization_id=made["org_id"]).person == alice.person


def test_only_what_is_missing_is_made_again(now):
    made = createorg("Initech", "--admin", "peter@initech.example", "--keys")
    admin = Member.objects.get(organization_id=made["org_id"])
    lifecycle.revoke(Credential.objects.get(kind=APPLICATION_KEY).pk, by=as_member(admin, now=now))

    again = createorg("Initech", "--admin", "peter@initech.example", "--keys")

    assert set(again) == {"org_id", "sign_in_link", "application_key"}


def test_everything_is_recorded_and_no_secret_with_it():
    made = createorg("Initech", "--admin", "peter@initech.example", "--keys")

    trail = [(event.event, event.actor_type) for event in AuditEvent.objects.order_by("sequence")]
    assert trail == [
        ("organization.created", "SYSTEM"),
        ("member.invited", "SYSTEM"),
        ("credential.issued", "USER"),
        ("credential.issued", "USER"),
    ]
    assert list(chain.verify()) == []
    kept = str(list(AuditEvent.objects.values())) + str(list(Credential.objects.values()))
    token = made["sign_in_link"].rstrip("/").rpartition("/")[2]
    assert not any(secret in kept for secret in (made["api_key"], made["application_key"], token))


@pytest.mark.parametrize(
    ("name", "email", "named"),
    [
        ("", "peter@initech.example", "NAME"),
        ("   ", "peter@initech.example", "NAME"),
        ("x" * 129, "peter@initech.example", "NAME"),
        ("nul\0", "peter@initech.example", "NAME"),
        ("Initech", "peter", "--admin"),
        ("Initech", "", "--admin"),
        ("Initech", "nul\0@initech.example", "--admin"),
        ("Initech", f"{'x' * 300}@initech.example", "--admin"),
    ],
)
def test_nonsense_is_refused_by_name_and_nothing_is_made(name, email, named):
    with pytest.raises(CommandError, match=f"^{named}: "):
        createorg(name, "--admin", email)
    assert not Organization.objects.exists()


def test_a_member_who_is_no_admin_is_not_made_one_in_passing(bob):
    with pytest.raises(CommandError, match=r"^--admin: .*not an active admin"):
        createorg("Acme", "--admin", bob.email)

    assert Member.objects.get(pk=bob.pk).role_ids == {READ_ONLY.id}


def test_no_keys_are_made_over_the_limit(alice, issue):
    for number in range(5):
        issue(API_KEY, alice, name=f"key {number}")

    with pytest.raises(CommandError, match=r"^--keys: "):
        createorg("Acme", "--admin", alice.email, "--keys")
