"""Asking for more, and support's answers."""

import pytest

from accounts.actors import NotPermitted
from accounts.organizations import in_organization
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import governance, limits, verification
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN
from keys.models import Decision, Limit, SupportRequest
from keys.verification import Outcome

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(sam, acme, actor_of):
    return in_organization(actor_of(sam), acme)


@pytest.fixture
def asked(alice, actor_of):
    return limits.ask(API_KEY, wanted=8, reason="Three more teams.", by=actor_of(alice))


def test_an_admin_asks_and_it_is_recorded(asked, alice):
    event = AuditEvent.objects.get(event="request.made")

    assert (asked.wanted, asked.asked_by, asked.decided_at) == (8, alice, None)
    assert (event.actor_label, event.reason, event.changes) == ("Alice Admin", "Three more teams.", {"wanted": 8})


@pytest.mark.parametrize("who", ["bob", "camille", "vera"])
def test_who_may_not_create_may_not_ask(who, request, actor_of):
    with pytest.raises(NotPermitted):
        limits.ask(API_KEY, wanted=8, reason="why not", by=actor_of(request.getfixturevalue(who)))


@pytest.mark.parametrize("wanted", [-1, 0, 5, limits.LARGEST + 1, 10**30])
def test_a_number_that_makes_no_sense_is_refused_at_its_field(wanted, alice, actor_of):
    with pytest.raises(NotAllowed) as refusal:
        limits.ask(API_KEY, wanted=wanted, reason="more", by=actor_of(alice))

    assert refusal.value.field == "wanted"


@pytest.mark.parametrize("reason", ["", "   ", "nul\0nul", "x" * (limits.LONGEST_TEXT + 1)])
def test_a_reason_that_cannot_be_read_is_refused_at_its_field(reason, alice, actor_of):
    with pytest.raises(NotAllowed) as refusal:
        limits.ask(API_KEY, wanted=8, reason=reason, by=actor_of(alice))

    assert refusal.value.field == "reason"


def test_only_one_request_about_a_kind_is_open_at_a_time(asked, alice, actor_of):
    with pytest.raises(NotAllowed):
        limits.ask(API_KEY, wanted=9, reason="even more", by=actor_of(alice))


@pytest.mark.parametrize(("kind", "wanted"), [(APPLICATION_KEY, 2000), (API_KEY, None), (CLIENT_TOKEN, 5)])
def test_there_must_be_something_to_ask_for(kind, wanted, alice, actor_of):
    with pytest.raises(NotAllowed):
        limits.ask(kind, wanted=wanted, reason="because", by=actor_of(alice))


def test_an_approval_raises_the_limit_and_tells_why(asked, sam, actor_of):
    answered = limits.approve(asked.id, granted=7, answer="Seven will do.", by=actor_of(sam))

    assert Limit.objects.get(kind=API_KEY).maximum == 7
    assert (answered.decision, answered.granted, answered.answer) == (Decision.APPROVED, 7, "Seven will do.")
    assert AuditEvent.objects.get(event="limit.changed").changes == {"maximum": [5, 7]}
    assert AuditEvent.objects.get(event="request.approved").actor_type == "SUPPORT_USER"


def test_an_approval_without_a_number_grants_what_was_asked(asked, sam, actor_of):
    limits.approve(asked.id, granted=None, answer="Yes.", by=actor_of(sam))

    assert Limit.objects.get(kind=API_KEY).maximum == 8


def test_a_refusal_changes_no_limit(asked, sam, actor_of):
    limits.decline(asked.id, answer="Use one for each team.", by=actor_of(sam))

    assert not Limit.objects.filter(maximum__gt=5).exists()
    assert SupportRequest.objects.get().decision == Decision.DECLINED


def test_a_request_is_decided_once(asked, sam, actor_of):
    limits.decline(asked.id, answer="No.", by=actor_of(sam))

    with pytest.raises(NotAllowed):
        limits.approve(asked.id, granted=9, answer="Yes after all.", by=actor_of(sam))

    assert SupportRequest.objects.get().decision == Decision.DECLINED


def test_nobody_but_support_decides(asked, alice, actor_of):
    with pytest.raises(NotPermitted):
        limits.approve(asked.id, granted=9, answer="I say so.", by=actor_of(alice))
    with pytest.raises(NotPermitted):
        limits.set_limit(API_KEY, maximum=9, reason="I say so.", by=actor_of(alice))
    with pytest.raises(NotPermitted):
        limits.switch(CLIENT_TOKEN, on=False, reason="I say so.", by=actor_of(alice))


@pytest.mark.parametrize("maximum", [-1, 0, 1, limits.LARGEST + 1])
def test_a_limit_never_falls_below_what_there_is(maximum, alice, issue, support):
    issue(API_KEY, alice, name="one")
    issue(API_KEY, alice, name="two")

    with pytest.raises(NotAllowed) as refusal:
        limits.set_limit(API_KEY, maximum=maximum, reason="less", by=support)

    assert refusal.value.field == "granted"


def test_a_raised_limit_is_used_at_once(alice, issue, support):
    for number in range(5):
        issue(API_KEY, alice, name=f"key {number}")
    with pytest.raises(NotAllowed):
        issue(API_KEY, alice, name="the sixth")

    limits.set_limit(API_KEY, maximum=6, reason="a new cluster", by=support)

    assert issue(API_KEY, alice, name="the sixth").credential.pk


def test_a_kind_switched_off_is_neither_created_nor_accepted_until_it_is_on_again(alice, issue, support, now):
    token = issue(CLIENT_TOKEN, alice)

    limits.switch(CLIENT_TOKEN, on=False, reason="private beta", by=support)

    assert verification.verify(token.secret.text, now=now).outcome is Outcome.SWITCHED_OFF
    with pytest.raises(NotAllowed):
        issue(CLIENT_TOKEN, alice, name="another")
    limits.switch(CLIENT_TOKEN, on=True, reason="asked for", by=support)
    assert verification.verify(token.secret.text, now=now)


def test_switching_to_where_it_stands_leaves_no_trace(support):
    limits.switch(CLIENT_TOKEN, on=True, reason="again", by=support)

    assert not AuditEvent.objects.exists()


def test_asking_for_a_kind_that_is_off_and_being_heard(alice, support, sam, actor_of, acme):
    limits.switch(CLIENT_TOKEN, on=False, reason="private beta", by=support)
    asked = limits.ask(CLIENT_TOKEN, wanted=None, reason="our shop", by=actor_of(alice))

    limits.approve(asked.id, granted=None, answer="Welcome.", by=actor_of(sam))

    assert not governance.is_off(acme.id, CLIENT_TOKEN)
