"""The demo: made once, quickly, and as it is described."""

import time
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db.models import Max

from accounts.models import Member, Organization, Person, Status
from audit import chain
from audit.models import AuditEvent
from keys import demo
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN
from keys.models import (
    NOBODY,
    BrowserSighting,
    Credential,
    Delivery,
    Leak,
    Limit,
    Mail,
    Notification,
    RumApplication,
    State,
    SupportRequest,
    UsageDay,
    UsageHour,
    Use,
    Where,
)
from keys.telling import deliveries, mails
from keys.usage import periods, reports

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def acme(now):
    assert demo.seed(now=now)
    return Organization.objects.get(name="Acme Robotics")


def test_it_takes_seconds_and_happens_once(now, capsys):
    started = time.process_time()
    call_command("seed_demo")
    took = time.process_time() - started
    rows = Credential.objects.count()

    call_command("seed_demo")

    assert took < 4
    assert Credential.objects.count() == rows
    assert "already" in capsys.readouterr().out


def test_nobody_is_written_to_of_what_happened_before_and_the_bell_has_something(acme, now):
    assert mails.send(now) == deliveries.send(now) == 0
    assert not Mail.objects.waiting().exists()
    assert Notification.objects.filter(organization=acme).exists()
    assert Delivery.objects.dead().count() == 1


def test_the_people_are_there_one_pending_and_one_disabled(acme):
    states = [member.status for member in Member.objects.of(acme.id).users()]

    assert (len(states), states.count(Status.PENDING), states.count(Status.DISABLED)) == (8, 1, 1)
    assert set(Member.objects.of(acme.id).service_accounts().values_list("name", flat=True)) == {
        "ci-deploy",
        "terraform",
        "slack-alerts",
    }


def test_the_credentials_are_there_in_every_state_worth_seeing(acme, now):
    live = Credential.objects.of(acme.id).live().with_people()
    counts = {kind: live.of_kind(kind).count() for kind in (API_KEY, CLIENT_TOKEN)}
    tokens = [one.state(now) for one in live.of_kind(PERSONAL_ACCESS_TOKEN)]

    assert counts == {API_KEY: 5, CLIENT_TOKEN: 3}
    assert live.of_kind(APPLICATION_KEY).count() == 12
    assert live.where(Where.unscoped()).exists()
    assert (len(tokens), tokens.count(State.EXPIRED), tokens.count(State.BLOCKED)) == (4, 1, 1)
    assert live.of_kind(SERVICE_ACCESS_TOKEN).count() == 3
    assert Limit.objects.get(organization=acme, kind=API_KEY).live == 4


def test_some_credentials_were_used_lately_and_some_never(acme, now):
    live = Credential.objects.of(acme.id).live()
    uses = Use.objects.filter(organization=acme)

    assert uses.count() > 50
    assert {use.status for use in uses} == {200, 403, 404}
    assert all(use.credential.created_at < use.at <= now for use in uses.with_credentials())
    assert live.filter(last_used_at__isnull=True).exists()


def test_the_usage_agrees_with_what_each_credential_was_used_for_last(acme, now):
    good = UsageHour.objects.of(acme.id).filter(outcome="valid")
    latest = dict(good.values_list("credential_id").annotate(Max("at")))
    made = {found.pk: found for found in Credential.objects.of(acme.id)}

    hours = {
        pk: found.last_used_at.replace(minute=0, second=0, microsecond=0) for pk, found in made.items() if pk in latest
    }
    assert latest == hours
    assert {pk for pk, found in made.items() if found.last_used_at} == set(latest)
    assert all(made[pk].last_used_client and made[pk].last_used_network for pk in latest)
    assert all(count.at > made[count.credential_id].created_at - HOUR for count in good)


def test_there_is_usage_of_every_sort_to_see(acme, now):
    days = UsageDay.objects.of(acme.id)
    live = Credential.objects.of(acme.id).live()

    assert set(days.values_list("outcome", flat=True)) > {"valid", "unknown", "revoked", "expired", "missing_scope"}
    assert days.filter(credential_id=NOBODY).exists()
    assert live.where(Where.never_used()).count() == 5
    assert live.where(Where.unused_since(now - timedelta(days=90))).count() == 3
    assert reports.of_credential(live.get(name="terraform-monitors"), period=periods.DEFAULT, now=now).is_shared


def test_there_are_applications_one_with_two_tokens_one_behind_an_open_proxy_and_a_key_gone_astray(acme):
    shop, widget = RumApplication.objects.of(acme.id).with_tokens().order_by("created_at")

    assert [use.credential.name for use in shop.tokens.all()] == ["storefront-web", "storefront-web"]
    assert (shop.token.replaces.name, widget.proxy.is_open) == ("storefront-web", True)
    assert BrowserSighting.objects.get().credential.name == "laptop-dev"


def test_there_is_a_leak_to_see_to_one_in_quarantine_and_one_that_is_closed(acme):
    found = Leak.objects.of(acme.id).order_by("reported_at")

    assert [(leak.credential.name, leak.acted, leak.is_open) for leak in found] == [
        ("conference-demo", "revoked", False),
        ("hackathon-export", "revoked", True),
        ("wiki-import", "quarantined", True),
    ]


def test_support_has_a_request_to_answer_and_one_answered(acme):
    assert SupportRequest.objects.of(acme.id).open().count() == 1
    assert SupportRequest.objects.of(acme.id).decided().get().answer


def test_the_trail_holds_and_reads_as_history(acme):
    times = list(AuditEvent.objects.of(acme.id).order_by("sequence").values_list("at", flat=True))

    assert times == sorted(times)
    assert list(chain.verify()) == []


ANNOUNCED = {
    "aiko.tanaka@acme.example",
    "vera.silva@acme.example",
    "bob.martin@acme.example",
    "camille.laurent@acme.example",
    "charlie.novak@globex.example",
    demo.SUPPORT_EMAIL,
}


def test_the_announced_people_sign_in(acme):
    people = Person.objects.filter(email__in=ANNOUNCED)

    assert {person.email for person in people if person.check_password(demo.PASSWORD)} == ANNOUNCED


def test_nobody_is_sent_mail(acme, settings):
    backend = settings.EMAIL_BACKEND

    assert mail.outbox == []
    assert "dummy" not in backend
