"""The pages of service accounts: list, create, detail, edit, disable, enable."""

import uuid

import pytest

from accounts.builtin_roles import READ_ONLY, STANDARD
from accounts.models import Member, Status
from audit.models import AuditEvent
from keys.kinds import APPLICATION_KEY, SERVICE_ACCESS_TOKEN
from keys.models import Credential

pytestmark = pytest.mark.django_db

FIELDS = {"name": "ci-deploy", "email": "ci@acme.example", "roles": [STANDARD.id]}


def text(answer):
    return answer.content.decode()


def url(account, verb=""):
    return f"/service-accounts/{account.pk}/{verb}"


def test_the_list_shows_active_ones_and_disabled_ones_when_asked(alice, robot, client_of):
    client = client_of(alice)
    assert robot.email in text(client.get("/service-accounts/"))

    client.post(url(robot, "disable/"))

    assert robot.email not in text(client.get("/service-accounts/"))
    assert robot.email in text(client.get("/service-accounts/?status=disabled"))
    assert robot.email not in text(client.get("/service-accounts/?status=disabled&q=other"))


def test_htmx_gets_the_table_alone(alice, robot, client_of):
    headers = {"HX-Request": "true", "HX-Target": "service-account-table"}

    shown = text(client_of(alice).get("/service-accounts/", headers=headers))

    assert shown.strip().startswith('<div class="card" id="service-account-table">')


def test_an_admin_creates_one_and_lands_on_its_page(alice, client_of):
    answer = client_of(alice).post("/service-accounts/new/", FIELDS)

    made = Member.objects.service_accounts().get()
    assert (answer.status_code, answer.headers["Location"]) == (303, url(made))
    assert (made.status, made.email, made.role_ids) == (Status.ACTIVE, "ci@acme.example", {STANDARD.id})
    assert AuditEvent.objects.filter(event="service_account.created", target_id=str(made.id)).exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "  "),
        ("name", "a" * 10_000),
        ("name", "a" * 129),
        ("name", "nul\0"),
        ("name", "bidi\u202e"),
        ("name", "robot"),
        ("name", "ＲＯＢＯＴ"),
        ("email", ""),
        ("email", "nobody"),
        ("email", "a" * 10_000 + "@x.example"),
        ("roles", []),
        ("roles", ["emperor"]),
    ],
)
def test_bad_input_is_refused_at_its_field_and_changes_nothing(field, value, alice, robot, client_of):
    answer = client_of(alice).post("/service-accounts/new/", FIELDS | {field: value})

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert Member.objects.service_accounts().count() == 1


def test_a_taken_name_comes_with_a_free_one(alice, robot, client_of):
    answer = client_of(alice).post("/service-accounts/new/", FIELDS | {"name": "Robot"})

    assert "Try Robot-2." in text(answer)


def test_detail_says_who_can_reach_it_and_why_that_should_be_few(alice, bob, robot, client_of):
    shown = text(client_of(bob).get(url(robot)))

    assert alice.name in shown
    assert "1 member can reach every one:" in shown
    assert "Keep these members few" in shown


def test_detail_lists_its_keys_and_tokens_with_a_way_to_more(alice, robot, issue, client_of):
    key = issue(APPLICATION_KEY, alice, owner=robot, name="robot-key").credential
    token = issue(SERVICE_ACCESS_TOKEN, alice, owner=robot, name="robot-token").credential

    shown = text(client_of(alice).get(url(robot)))

    assert f"/apis/application-keys/{key.pk}/" in shown
    assert f"/apis/service-access-tokens/{token.pk}/" in shown
    assert f"/apis/application-keys/new/?owner={robot.pk}" in shown
    assert f"/apis/service-access-tokens/new/?owner={robot.pk}" in shown


def test_an_auditor_sees_the_keys_and_the_trail_but_no_buttons(alice, vera, robot, issue, client_of):
    issue(APPLICATION_KEY, alice, owner=robot, name="robot-key")
    client_of(alice).post(url(robot, "edit/"), FIELDS)

    shown = text(client_of(vera).get(url(robot)))

    assert "robot-key" in shown
    assert "changed the service account" in shown
    assert "You can view, not change." in shown
    assert "/new/?owner=" not in shown
    assert url(robot, "disable/") not in shown


def test_a_reader_sees_neither_keys_nor_trail(alice, bob, robot, issue, client_of):
    issue(APPLICATION_KEY, alice, owner=robot, name="robot-key")

    shown = text(client_of(bob).get(url(robot)))

    assert "robot-key" not in shown
    assert "Timeline" not in shown


def test_editing_changes_name_address_and_roles(alice, robot, client_of):
    client = client_of(alice)
    assert 'value="robot"' in text(client.get(url(robot, "edit/")))

    answer = client.post(url(robot, "edit/"), FIELDS | {"roles": [READ_ONLY.id]})

    robot = Member.objects.get(pk=robot.pk)
    assert answer.status_code == 303
    assert (robot.name, robot.email, robot.role_ids) == ("ci-deploy", "ci@acme.example", {READ_ONLY.id})


def test_disabling_shows_what_is_deleted_and_deletes_it(alice, robot, issue, client_of):
    key = issue(APPLICATION_KEY, alice, owner=robot, name="robot-key").credential
    client = client_of(alice)

    shown = text(client.get(url(robot, "disable/")))
    answer = client.post(url(robot, "disable/"))

    assert f"<b>robot-key</b> <code>••••{key.last4}</code> · application key" in shown
    assert answer.status_code == 303
    assert not Credential.objects.live().exists()
    assert client.post(url(robot, "disable/")).status_code == 409


def test_enabling_lets_programs_in_again_without_their_keys(alice, robot, issue, client_of):
    issue(APPLICATION_KEY, alice, owner=robot)
    client = client_of(alice)
    client.post(url(robot, "disable/"))

    answer = client.post(url(robot, "enable/"))

    assert answer.status_code == 303
    assert Member.objects.get(pk=robot.pk).status is Status.ACTIVE
    assert not Credential.objects.live().exists()
    assert client.post(url(robot, "enable/")).status_code == 409


@pytest.mark.parametrize("verb", ["", "edit/", "disable/", "enable/"])
def test_a_members_page_another_tenants_and_forged_ids_do_not_exist(verb, alice, charlie, robot, client_of):
    client = client_of(alice)

    for pk in (alice.pk, charlie.pk, uuid.uuid4()):
        assert client.get(f"/service-accounts/{pk}/{verb}").status_code == 404
    if verb:
        assert client_of(charlie).post(url(robot, verb), FIELDS).status_code == 404


def test_only_those_with_the_permission_change_one(bob, vera, camille, robot, client_of):
    for member in (bob, vera, camille):
        client = client_of(member)
        assert client.get("/service-accounts/").status_code == 200
        for path in ("/service-accounts/new/", url(robot, "edit/"), url(robot, "disable/"), url(robot, "enable/")):
            assert client.get(path).status_code == 403
            assert client.post(path, FIELDS).status_code == 403
