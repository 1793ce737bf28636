"""The pages of support staff."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import organizations
from accounts.organizations import in_organization
from audit.models import AuditEvent
from keys import governance, limits, verification
from keys.bootstrap import system
from keys.kinds import API_KEY, CLIENT_TOKEN, KINDS
from keys.models import Credential, Limit, SupportRequest
from keys.verification import Outcome

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(sam, client_of):
    return client_of(sam)


@pytest.fixture
def asked(alice, actor_of):
    return limits.ask(API_KEY, wanted=8, reason="Three more teams", by=actor_of(alice))


def place(organization, rest=""):
    return f"/support/organizations/{organization.pk}/{rest}"


def limit_of(organization):
    return place(organization, "limits/api-keys/")


def switch_of(organization):
    return place(organization, "kinds/client-tokens/")


def test_the_list_counts_what_each_organization_holds(support, alice, bob, charlie, issue):
    issue(API_KEY, alice)

    page = support.get("/support/organizations/").content.decode()

    assert page.index("Acme") < page.index("Globex")
    assert "</span> 2</td>" in page
    assert "</span> 1</td>" in page


def test_the_list_costs_the_same_however_long(support, acme, now):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert support.get("/support/organizations/").status_code == 200
        return len(queries)

    short = cost()
    for number in range(60):
        organizations.create(name=f"Company {number}", by=system(now))

    assert cost() == short


@pytest.mark.parametrize(("words", "found"), [("acm", True), ("zzz", False), ("%25", False), ("nul%00", False)])
def test_the_list_is_searched_by_name(words, found, support, acme):
    page = support.get(f"/support/organizations/?q={words}")

    assert page.status_code == 200
    assert (f"organization-{acme.pk}" in page.content.decode()) is found


def test_support_sees_what_is_known_and_no_text_not_even_a_public_one(support, acme, alice, robot, issue):
    made = [issue(kind, alice) for kind in KINDS]

    page = support.get(place(acme)).content.decode()

    assert page.count('<span class="tag warn">Unknown owner</span>') == 2
    for one in made:
        assert one.credential.name in page
        assert one.credential.last4 in page
        assert one.secret.text not in page


def test_support_finds_no_way_to_create_or_revoke(support, acme, alice, issue):
    made = issue(API_KEY, alice)

    page = support.get(place(acme)).content.decode()

    assert "/new/" not in page
    assert "/revoke/" not in page
    assert support.post(f"/apis/api-keys/{made.credential.pk}/revoke/").status_code == 404
    assert support.post("/apis/api-keys/new/", {"name": "mine"}).status_code == 404
    assert Credential.objects.live().count() == 1


def test_an_organization_costs_the_same_however_many_credentials(support, acme, alice, issue):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            support.get(place(acme))
        return len(queries)

    issue(CLIENT_TOKEN, alice, name="the first")
    few = cost()
    for number in range(30):
        issue(CLIENT_TOKEN, alice, name=f"token {number}")

    assert cost() == few


def test_a_limit_is_raised_with_a_reason(support, acme):
    answer = support.post(limit_of(acme), {"granted": "7", "answer": "Two new clusters"})

    assert (answer.status_code, answer.headers["Location"]) == (303, place(acme))
    assert Limit.objects.get().maximum == 7
    event = AuditEvent.objects.get(event="limit.changed")
    assert (event.actor_label, event.actor_type, event.reason) == ("Sam Support", "SUPPORT_USER", "Two new clusters")


@pytest.mark.parametrize(
    ("field", "value"),
    [("granted", ""), ("granted", "0"), ("granted", "-7"), ("granted", "9" * 5000), ("granted", "x"), ("answer", "")],
)
def test_a_limit_that_makes_no_sense_is_refused_at_its_field(field, value, support, acme):
    answer = support.post(limit_of(acme), {"granted": "7", "answer": "Two new clusters"} | {field: value})

    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Limit.objects.filter(maximum=7).exists()


def test_a_limit_below_what_is_in_use_is_refused_at_its_field(support, acme, alice, issue):
    issue(API_KEY, alice, name="one")
    issue(API_KEY, alice, name="two")

    answer = support.post(limit_of(acme), {"granted": "1", "answer": "Less"})

    assert answer.status_code == 422
    assert 'id="id_granted_error"' in answer.content.decode()


@pytest.mark.parametrize("path", ["limits/application-keys/", "limits/client-tokens/", "kinds/api-keys/", "limits/x/"])
def test_what_has_no_limit_or_switch_has_no_page(path, support, acme):
    assert support.get(place(acme, path)).status_code == 404
    assert support.post(place(acme, path), {"granted": "7", "answer": "because", "to": "off"}).status_code == 404


def test_client_tokens_are_switched_off_and_on_again(support, acme, alice, issue, now):
    token = issue(CLIENT_TOKEN, alice).secret.text

    off = support.post(switch_of(acme), {"to": "off", "answer": "Private beta"})

    assert off.status_code == 303
    assert verification.verify(token, now=now).outcome is Outcome.SWITCHED_OFF
    support.post(switch_of(acme), {"to": "on", "answer": "Opened"})
    assert verification.verify(token, now=now)


def test_switching_twice_from_one_stale_page_switches_once(support, acme):
    for _again in range(2):
        assert support.post(switch_of(acme), {"to": "off", "answer": "Private beta"}).status_code == 303

    assert governance.is_off(acme.id, CLIENT_TOKEN)
    assert AuditEvent.objects.filter(event="kind.switched_off").count() == 1


@pytest.mark.parametrize(
    "fields", [{}, {"to": "off"}, {"to": "sideways", "answer": "x"}, {"to": "off", "answer": "\0"}]
)
def test_a_switch_needs_a_place_and_a_reason(fields, support, acme):
    assert support.post(switch_of(acme), fields).status_code == 422
    assert not governance.is_off(acme.id, CLIENT_TOKEN)


def test_the_queue_shows_what_waits_before_what_was_answered(support, asked, charlie, sam, actor_of):
    done = limits.ask(API_KEY, wanted=6, reason="Answered long ago", by=actor_of(charlie))
    limits.decline(done.id, answer="no", by=actor_of(sam))

    page = support.get("/support/requests/").content.decode()

    assert page.index("Three more teams") < page.index("Answered long ago")


def decide(support, asked, **fields):
    return support.post(f"/support/requests/{asked.pk}/", {"answer": "Because", "granted": "8"} | fields)


def test_a_request_is_approved_with_another_number(support, asked):
    page = support.get(f"/support/requests/{asked.pk}/").content.decode()

    answer = decide(support, asked, decision="approve", granted="6")

    assert 'value="8"' in page
    assert answer.status_code == 303
    assert Limit.objects.get(kind=API_KEY).maximum == 6


def test_a_request_is_declined_with_a_reason(support, asked):
    assert decide(support, asked, decision="decline", answer="Use what you have").status_code == 303

    asked.refresh_from_db()
    assert (asked.decision, asked.answer, asked.decided_by) == ("declined", "Use what you have", "Sam Support")
    assert Limit.objects.filter(maximum__gt=5).count() == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"decision": "approve", "answer": ""},
        {"decision": "decline", "answer": " "},
        {"decision": "perhaps"},
        {},
        {"decision": "approve", "granted": "-1"},
        {"decision": "approve", "granted": "1000000"},
        {"decision": "approve", "granted": "x"},
        {"decision": "decline", "answer": "x" * 2001},
    ],
)
def test_an_answer_that_makes_no_sense_decides_nothing(fields, support, asked):
    assert decide(support, asked, **fields).status_code == 422

    asked.refresh_from_db()
    assert asked.decided_at is None


def test_who_comes_second_is_told_how_it_was_decided(support, asked, sam, actor_of):
    limits.approve(asked.id, granted=6, answer="Six for now", by=actor_of(sam))

    answer = decide(support, asked, decision="decline")

    assert answer.status_code == 409
    assert "before you" in answer.content.decode()
    assert "Six for now" in answer.content.decode()
    assert SupportRequest.objects.get().decision == "approved"


def test_a_request_to_switch_on_is_answered_without_a_number(support, alice, acme, sam, actor_of):
    limits.switch(CLIENT_TOKEN, on=False, reason="beta", by=in_organization(actor_of(sam), acme))
    asked = limits.ask(CLIENT_TOKEN, wanted=None, reason="Our shop", by=actor_of(alice))

    page = support.get(f"/support/requests/{asked.pk}/").content.decode()

    assert 'name="granted"' not in page
    assert decide(support, asked, decision="approve").status_code == 303
    assert not governance.is_off(acme.id, CLIENT_TOKEN)


def test_what_never_was_is_not_found(support):
    for path in (f"/support/organizations/{uuid.uuid4()}/", f"/support/requests/{uuid.uuid4()}/"):
        assert support.get(path).status_code == 404


def test_an_admin_finds_none_of_it(alice, asked, acme, client_of):
    client = client_of(alice)

    paths = ("/support/organizations/", place(acme), limit_of(acme), f"/support/requests/{asked.pk}/")
    assert {client.get(path).status_code for path in paths} == {404}
    assert decide(client, asked, decision="approve").status_code == 404
    assert Limit.objects.filter(maximum__gt=5).count() == 0


def test_support_who_is_also_a_member_acts_as_support_here(alice, acme, client_of):
    alice.person.is_support = True
    alice.person.save()

    client_of(alice).post(limit_of(acme), {"granted": "7", "answer": "Two new clusters"})

    assert AuditEvent.objects.get(event="limit.changed").actor_type == "SUPPORT_USER"
