"""The pages that say who looks after a credential of the organisation, and the advice about its name."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keys import editing, offboarding
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN
from keys.models import Credential, Ownership
from keys.ownership import Owned

pytestmark = pytest.mark.django_db

NEW = "/apis/api-keys/new/"
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def key(alice, issue):
    return issue(API_KEY, alice, name="agents").credential


def text(answer):
    return answer.content.decode()


def url(key, verb=""):
    return f"/apis/{key.kind.slug}/{key.pk}/{verb}"


def advice(client, path=NEW, **typed):
    headers = {"HX-Request": "true", "HX-Target": "naming"}
    return text(client.post(path, {"draft": "1"} | typed, headers=headers))


def test_the_form_offers_members_programs_and_the_words_in_use(admin, alice, bob, robot, issue):
    issue(API_KEY, alice, owned=Owned(team="web <shop>", environment="prod", purpose="Agents"))

    page = text(admin.get(NEW))

    assert f'<option value="{alice.pk}" selected>' in page
    assert f'<option value="{bob.pk}">' in page
    assert page.index('label="Members"') < page.index('label="Service accounts"') < page.index(str(robot.pk))
    assert '<option value="web &lt;shop&gt;">' in page
    assert '<option value="prod">' in page


def test_a_kind_that_belongs_to_somebody_still_starts_with_somebody_it_can_belong_to(admin, robot):
    page = admin.get("/apis/service-access-tokens/new/")

    assert page.context["form"].owner_chosen == robot


def test_what_the_form_says_is_kept(admin, bob):
    fields = {"name": "agents", "owner": str(bob.pk), "team": "web", "environment": "prod", "purpose": "Agents"}

    admin.post(NEW, fields)

    said = Ownership.objects.get(credential__name="agents")
    assert (said.member, said.team, said.environment, said.purpose) == (bob, "web", "prod", "Agents")


@pytest.mark.parametrize(
    ("field", "value"), [("owner", "nonsense"), ("team", "a" * 65), ("purpose", "b" * 201), ("environment", "a\u202eb")]
)
def test_what_cannot_be_kept_is_said_at_its_field(admin, field, value):
    answer = admin.post(NEW, {"name": "agents", field: value})

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {field}
    assert not Credential.objects.exists()


def test_the_short_form_names_whoever_sends_it(admin, alice):
    admin.post(NEW, {"name": "agents", "inline": "1"})

    assert Ownership.objects.get(credential__name="agents").member == alice


def test_the_detail_says_that_nobody_is_named_and_what_to_do(admin, key):
    page = text(admin.get(url(key)))

    assert "Unknown owner" in page
    assert "Nobody is named. Name a member or a team" in page
    assert url(key, "ownership/") in page


def test_the_detail_says_who_has_left(admin, key, by, bob):
    editing.assign(key.pk, Owned(member_id=bob.pk), by=by)
    offboarding.disable(bob.pk, by=by)

    assert "Bob Reader has left, and no team is named." in text(admin.get(url(key)))
    form = text(admin.get(url(key, "ownership/")))
    assert "Bob Reader has left. Name somebody else, or a team." in form
    assert f'value="{bob.pk}"' not in form


def test_whoever_may_only_look_is_told_whom_to_ask(camille, key, client_of):
    page = text(client_of(camille).get(url(key)))

    assert "Ask somebody who may change it" in page
    assert url(key, "ownership/") not in page


def test_it_is_changed_and_the_detail_shows_it(admin, key, robot):
    answer = admin.post(
        url(key, "ownership/"), {"owner": str(robot.pk), "team": "web", "environment": "", "purpose": ""}
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, url(key))
    page = text(admin.get(url(key)))
    assert f'<a href="/service-accounts/{robot.pk}/">robot</a>' in page
    assert "Unknown owner" not in page


def test_a_change_that_is_refused_shows_the_form_with_the_reason(admin, key, charlie):
    answer = admin.post(url(key, "ownership/"), {"owner": str(charlie.pk), "team": "w" * 65})

    assert answer.status_code == 422
    assert "Choose an active owner from the list." in text(answer)
    assert not Ownership.objects.exclude(team="").exists()


def test_lists_show_it_find_it_and_narrow_to_the_unknown(admin, alice, bob, key, issue):
    issue(API_KEY, alice, name="shop", owned=Owned(member_id=bob.pk, team="web", environment="prod"))

    for path in ("/apis/", "/apis/api-keys/"):
        page = text(admin.get(path))
        assert "web · prod" in page
        assert page.count('<span class="tag warn">Unknown owner</span>') == 1
        assert ">agents<" not in text(admin.get(path, {"q": "web"}))
        assert ">shop<" in text(admin.get(path, {"q": "bob"}))
        narrowed = text(admin.get(path, {"state": "unknown_owner"}))
        assert (">agents<" in narrowed, ">shop<" in narrowed) == (True, False)


def test_many_owners_cost_the_queries_of_one(admin, alice, bob, robot, issue):
    issue(CLIENT_TOKEN, alice, name="first", owned=Owned(member_id=bob.pk))
    admin.get("/apis/client-tokens/")
    with CaptureQueriesContext(connection) as few:
        admin.get("/apis/client-tokens/")
    for number, member in enumerate((alice, robot, bob)):
        issue(CLIENT_TOKEN, alice, name=f"more {number}", owned=Owned(member_id=member.pk))
    with CaptureQueriesContext(connection) as many:
        admin.get("/apis/client-tokens/")

    assert len(many) == len(few)


def test_the_file_has_its_columns(admin, alice, issue):
    issue(API_KEY, alice, owned=Owned(team="web", environment="prod", purpose="=Agents"))

    lines = b"".join(admin.get("/apis/export.csv").streaming_content).decode()

    assert ",owner,team,environment,purpose," in lines
    assert ",web,prod,'=Agents," in lines


def test_advice_comes_as_a_fragment_while_the_name_is_typed(admin):
    assert advice(admin, name="payments-k8s-prod").strip().startswith('<div id="naming">')
    assert "says little" in advice(admin, name="test 1")
    assert "somebody’s name" in advice(admin, name="alice")
    assert "<code>web-checkout-prod</code>" in advice(admin, name="checkout", team="Web", environment="prod")
    assert not Credential.objects.exists()


def test_every_kind_is_advised_upon(admin, robot):
    for slug in ("application-keys", "client-tokens", "personal-access-tokens", "service-access-tokens"):
        assert "says little" in advice(admin, f"/apis/{slug}/new/", name="key1")


@pytest.mark.parametrize("field", ["name", "team", "environment"])
def test_a_secret_is_never_repeated_in_the_advice(admin, field):
    answer = advice(admin, **({"name": "checkout", "team": "web"} | {field: SECRET}))

    assert SECRET not in answer
    assert ("looks like a key" in answer) == (field == "name")


def test_the_suggested_name_is_taken_without_a_script(admin):
    fields = {"name": "checkout", "team": "Web", "environment": "prod", "suggested": "web-checkout-prod"}

    answer = admin.post(NEW, fields)

    assert answer.status_code == 200
    assert 'name="name" id="id_name" value="web-checkout-prod"' in text(answer)
    assert not Credential.objects.exists()


def test_what_has_an_owner_anyway_has_no_such_page(admin, alice, issue):
    personal = issue(APPLICATION_KEY, alice).credential

    assert admin.get(url(personal, "ownership/")).status_code == 404
    assert 'id="ownership-heading"' not in text(admin.get(url(personal)))
