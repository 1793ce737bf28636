"""The pages of policies, and what the pages that create something make of them."""

import re
from datetime import timedelta

import pytest

from audit.models import AuditEvent
from keys import policies
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN
from keys.models import Credential, Policy

pytestmark = pytest.mark.django_db

HOME = "/policies/"
KEYS = {"rotate_every_days": "90", "longest_overlap_hours": "168", "leak_action": "revoke"}


def text(answer):
    return answer.content.decode()


def test_the_list_says_of_every_kind_what_is_asked_of_it(admin, ask, django_assert_max_num_queries):
    ask(API_KEY, owner_required=True, admins_create=True, longest_overlap_hours=24)
    ask(SERVICE_ACCESS_TOKEN, longest_days=30)

    with django_assert_max_num_queries(10):
        page = text(admin.get(HOME))

    for kind in KINDS:
        assert f"{HOME}{kind.slug}/" in page
    for words in ("Every 90 days", "An owner", "Admins only", "24 hours", "30 days", "Ends by itself", "1 year<"):
        assert words in page


def test_who_sees_some_kinds_reads_and_does_not_change(camille, client_of):
    page = text(client_of(camille).get(HOME))

    assert "You can view, not change." in page
    assert f"{HOME}api-keys/" not in page


def test_a_change_is_saved_and_recorded(admin, acme):
    answer = admin.post(f"{HOME}api-keys/", KEYS | {"rotate_every_days": "30", "owner_required": "on"})

    assert (answer.status_code, answer.headers["Location"]) == (303, HOME)
    policy = policies.of(acme.pk, API_KEY)
    assert (policy.rotate_every_days, policy.owner_required, policy.longest_days) == (30, True, None)
    assert AuditEvent.objects.get(event="policy.changed").target_id == "api_key"


def test_two_who_change_a_policy_at_once_undo_nothing_of_each_other(admin, ask, acme):
    shown = re.findall(
        r'<input type="hidden" name="(initial-[^"]+)"(?: value="([^"]*)")?', text(admin.get(f"{HOME}api-keys/"))
    )
    ask(API_KEY, leak_action="quarantine", owner_required=True, rotate_every_days=60)

    admin.post(f"{HOME}api-keys/", dict(shown) | KEYS | {"admins_create": "on"})

    policy = policies.of(acme.pk, API_KEY)
    assert (policy.leak_action, policy.owner_required, policy.rotate_every_days) == ("quarantine", True, 60)
    assert policy.admins_create


def test_no_rotation_can_be_asked_for(admin, acme):
    admin.post(f"{HOME}api-keys/", KEYS | {"rotate_every_days": ""})

    assert policies.of(acme.pk, API_KEY).rotate_every is None


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_form_as_it_stands_changes_nothing(kind, admin):
    form = admin.get(f"{HOME}{kind.slug}/").context["form"]
    shown = {name: form[name].value() for name in form.fields}

    answer = admin.post(f"{HOME}{kind.slug}/", {name: value for name, value in shown.items() if value})

    assert answer.status_code == 303
    assert not Policy.objects.exists()


def test_each_kind_is_asked_only_what_makes_sense_for_it(admin):
    asked = {kind: set(admin.get(f"{HOME}{kind.slug}/").context["form"].fields) for kind in KINDS}

    always = {"longest_overlap_hours", "admins_create"}
    assert asked[API_KEY] == always | {"rotate_every_days", "owner_required", "leak_action"}
    assert asked[CLIENT_TOKEN] == always | {"rotate_every_days", "owner_required"}
    assert asked[APPLICATION_KEY] == always | {"rotate_every_days", "scopes_required", "leak_action"}
    assert asked[PERSONAL_ACCESS_TOKEN] == always | {"longest_days", "leak_action"}
    assert asked[SERVICE_ACCESS_TOKEN] == always | {"rotate_every_days", "longest_days", "leak_action"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rotate_every_days", "0"),
        ("rotate_every_days", "9" * 5000),
        ("rotate_every_days", "soon"),
        ("longest_overlap_hours", "9"),
        ("leak_action", "panic"),
    ],
)
def test_nonsense_is_said_at_its_field(admin, field, value):
    answer = admin.post(f"{HOME}api-keys/", KEYS | {field: value})

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {field}
    assert not Policy.objects.exists()


def test_a_draft_says_what_it_would_mean_and_changes_nothing(admin, alice, issue, later, actor_of):
    issue(API_KEY, alice, name="old", actor=later(actor_of(alice), timedelta(days=-40)))
    issue(API_KEY, alice, name="new")
    headers = {"HX-Request": "true", "HX-Target": "effect"}

    wanted = KEYS | {"rotate_every_days": "30", "owner_required": "on", "draft": "1"}
    shown = text(admin.post(f"{HOME}api-keys/", wanted, headers=headers))

    assert shown.strip().startswith('<div id="effect"')
    assert "1 of 2 is overdue for rotation" in shown
    assert "2 of 2 have no known owner" in shown
    assert not Policy.objects.exists()


def test_a_draft_that_makes_no_sense_says_where(admin):
    headers = {"HX-Request": "true", "HX-Target": "effect"}

    answer = admin.post(f"{HOME}api-keys/", KEYS | {"rotate_every_days": "0", "draft": "1"}, headers=headers)

    assert answer.status_code == 200
    assert "Rotate every, in days: Choose from 1 to 3650 days." in text(answer)


def test_required_scopes_take_everything_off_the_forms(admin, alice, ask, issue):
    key = issue(APPLICATION_KEY, alice).credential
    pages = ("/apis/application-keys/new/", f"/apis/application-keys/{key.pk}/scopes/")
    assert all('name="everything"' in text(admin.get(page)) for page in pages)

    ask(APPLICATION_KEY, scopes_required=True)

    for page in pages:
        shown = text(admin.get(page))
        assert 'name="everything"' not in shown
        assert 'value="everything"' not in shown
    answer = admin.post(pages[0], {"name": "ci", "owner": str(alice.pk), "everything": "on"})
    assert answer.status_code == 422
    assert "Choose at least one scope." in text(answer)


def test_a_longest_life_bounds_the_choices_and_leaves_no_never(admin, robot, ask):
    new = "/apis/service-access-tokens/new/"
    assert 'value="never"' in text(admin.get(new))

    ask(SERVICE_ACCESS_TOKEN, longest_days=30)

    page = text(admin.get(new))
    assert "At most 30 days from now: the policy asks for it." in page
    assert [word in page for word in ('value="7"', 'value="30" checked', 'value="90"', 'value="never"')] == [
        True,
        True,
        False,
        False,
    ]
    fields = {"name": "ci", "owner": str(robot.pk), "scopes": ["dashboards_read"], "expires": "never"}
    assert admin.post(new, fields).status_code == 422


def test_a_life_shorter_than_every_choice_is_a_choice(admin, ask):
    ask(PERSONAL_ACCESS_TOKEN, longest_days=3)

    assert 'value="3" checked' in text(admin.get("/apis/personal-access-tokens/new/"))


def test_only_admins_find_the_button_where_the_policy_keeps_it_to_them(admin, camille, ask, client_of):
    ask(CLIENT_TOKEN, admins_create=True)
    other = client_of(camille)

    for page in ("/apis/", "/apis/client-tokens/"):
        assert "Only admins create these: the policy asks for it." in text(other.get(page))
        assert "Only admins create these" not in text(admin.get(page))
    assert other.get("/apis/client-tokens/new/").status_code == 403
    assert other.post("/apis/client-tokens/new/", {"name": "web", "inline": "1"}).status_code == 403
    assert not Credential.objects.exists()


def test_the_page_of_a_member_keeps_the_button_to_admins_too(camille, ask, client_of):
    ask(APPLICATION_KEY, admins_create=True)

    page = text(client_of(camille).get(f"/members/{camille.pk}/"))

    assert "Only admins create these: the policy asks for it." in page
    assert "/apis/application-keys/new/" not in page


def test_a_required_owner_is_said_on_the_form_and_at_the_field(admin, ask):
    ask(API_KEY, owner_required=True)
    new = "/apis/api-keys/new/"

    assert "The policy asks for an owner" in text(admin.get(new))
    answer = admin.post(new, {"name": "agents", "owner": "", "team": " "})
    assert answer.status_code == 422
    assert "Name an owner: a member, a service account or a team." in text(answer)
    assert admin.post(new, {"name": "agents", "inline": "1"}).status_code == 200
