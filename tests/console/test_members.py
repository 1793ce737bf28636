"""The pages of members: list, invite, detail, roles, disable, enable."""

import uuid
from datetime import timedelta

import pytest

from accounts import members
from accounts.builtin_roles import ADMIN, AUDITOR, STANDARD
from accounts.models import Member, MemberRole, Person, Status
from audit.models import AuditEvent
from keys import editing
from keys.kinds import API_KEY, APPLICATION_KEY, PERSONAL_ACCESS_TOKEN
from keys.models import Credential
from keys.ownership import Owned
from tests.console.credentials import mark_used

pytestmark = pytest.mark.django_db


def text(answer):
    return answer.content.decode()


def url(shown, verb=""):
    return f"/members/{shown.pk}/{verb}"


@pytest.fixture
def second_admin(bob):
    MemberRole.objects.create(member=bob, role_id=ADMIN.id)
    return bob


@pytest.fixture
def pending(alice, actor_of):
    return members.invite(email="new@acme.example", role_ids=frozenset({STANDARD.id}), by=actor_of(alice))


def test_every_member_sees_the_people_of_their_organization_only(alice, bob, charlie, robot, client_of):
    shown = text(client_of(bob).get("/members/"))

    assert alice.email in shown
    assert charlie.email not in shown
    assert robot.email not in shown


def test_the_list_narrows_by_words_status_and_role(alice, bob, vera, pending, client_of):
    client = client_of(alice)

    assert bob.email not in text(client.get("/members/?q=ALICE"))
    assert pending.email in text(client.get("/members/?status=pending"))
    assert bob.email not in text(client.get("/members/?status=pending"))
    assert vera.email in text(client.get(f"/members/?role={AUDITOR.id}"))
    assert bob.email not in text(client.get(f"/members/?role={AUDITOR.id}"))


@pytest.mark.parametrize(
    "query", ["?q=%00", "?status=nonsense", "?role=%00", "?after=x~y", "?before=", "?q=" + "a" * 9000]
)
def test_nonsense_in_the_query_narrows_nothing(query, alice, client_of):
    answer = client_of(alice).get("/members/" + query)

    assert answer.status_code == 200
    assert alice.email in text(answer)


def test_htmx_gets_the_table_alone(alice, client_of):
    answer = client_of(alice).get("/members/", headers={"HX-Request": "true", "HX-Target": "member-table"})

    assert text(answer).strip().startswith('<div class="card" id="member-table">')
    assert "HX-Request" in answer.headers["Vary"]


def test_long_lists_are_paged(alice, acme, now, client_of):
    Member.objects.bulk_create(
        Member(
            organization=acme, sort="user", name=f"P{n:03}", name_key=f"p{n:03}", email=f"{n}@x.example", created_at=now
        )
        for n in range(60)
    )
    client = client_of(alice)

    first = client.get("/members/").context["page"]
    second = client.get("/members/" + first.next).context["page"]

    assert (len(first.rows), len(second.rows)) == (50, 11)
    assert not {row.pk for row in first.rows} & {row.pk for row in second.rows}


def test_inviting_sends_a_link_once_and_adds_a_pending_member(
    alice, client_of, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = client_of(alice).post("/members/invite/", {"email": " New@Acme.example", "roles": [STANDARD.id]})

    invited = Member.objects.get(email="new@acme.example")
    assert answer.status_code == 303
    assert (invited.status, invited.role_ids) == (Status.PENDING, {STANDARD.id})
    assert mailoutbox[0].to == ["new@acme.example"]
    assert "http://testserver/invitations/" in mailoutbox[0].body


def test_a_mail_server_that_is_down_loses_nothing(alice, client_of, monkeypatch, django_capture_on_commit_callbacks):
    def down(*_args, **_kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("accounts.notices.send_mail", down)

    with django_capture_on_commit_callbacks(execute=True):
        answer = client_of(alice).post("/members/invite/", {"email": "new@acme.example", "roles": [STANDARD.id]})

    assert answer.status_code == 303
    assert Member.objects.filter(email="new@acme.example").exists()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"email": "no address", "roles": [STANDARD.id]},
        {"email": "a" * 10_000 + "@x.example", "roles": [STANDARD.id]},
        {"email": "nul\0@x.example", "roles": [STANDARD.id]},
        {"email": "ok@x.example", "roles": []},
        {"email": "ok@x.example", "roles": ["emperor"]},
        {"email": "ok@x.example", "roles": ["standard\0"]},
        {"email": "bob@acme.example", "roles": [STANDARD.id]},
    ],
)
def test_a_bad_invitation_is_refused_at_its_field_and_changes_nothing(fields, alice, bob, client_of):
    answer = client_of(alice).post("/members/invite/", fields)

    assert answer.status_code == 422
    assert 'class="err"' in text(answer)
    assert Member.objects.count() == 2


def test_a_disabled_member_is_to_be_enabled_not_invited(alice, bob, actor_of, client_of):
    members.disable(bob.pk, by=actor_of(alice))

    answer = client_of(alice).post("/members/invite/", {"email": bob.email, "roles": [STANDARD.id]})

    assert answer.status_code == 422
    assert "Enable them instead" in text(answer)


def test_a_member_without_the_permission_may_invite_nobody(bob, vera, camille, client_of):
    for reader in (bob, vera):
        assert client_of(reader).get("/members/invite/").status_code == 403
        assert client_of(reader).post("/members/invite/", {"email": "x@x.example"}).status_code == 403


def test_one_may_only_invite_to_roles_within_ones_own_permissions(camille, client_of):
    client = client_of(camille)

    shown = text(client.get("/members/invite/"))
    refused = client.post("/members/invite/", {"email": "x@x.example", "roles": [ADMIN.id]})

    assert f'value="{STANDARD.id}"' in shown
    assert f'value="{ADMIN.id}"' not in shown
    assert refused.status_code == 422


def test_detail_shows_roles_credentials_and_what_happened(alice, camille, issue, client_of):
    issue(APPLICATION_KEY, camille, name="exports")
    client_of(alice).post(url(camille, "roles/"), {"roles": [STANDARD.id, AUDITOR.id]})

    shown = text(client_of(alice).get(url(camille)))

    assert "exports" in shown
    assert "Auditor" in shown
    assert "changed the roles of Camille Standard" in shown


def test_detail_shows_a_reader_no_buttons_no_keys_and_no_trail(bob, camille, issue, client_of):
    issue(APPLICATION_KEY, camille, name="exports")

    shown = text(client_of(bob).get(url(camille)))

    assert "You can view, not change." in shown
    assert "exports" not in shown
    assert "Timeline" not in shown
    assert url(camille, "disable/") not in shown


@pytest.mark.parametrize("verb", ["", "roles/", "disable/", "enable/"])
def test_somebody_elses_members_service_accounts_and_forged_ids_do_not_exist(verb, alice, charlie, robot, client_of):
    client = client_of(alice)

    for pk in (charlie.pk, robot.pk, uuid.uuid4()):
        assert client.get(f"/members/{pk}/{verb}").status_code == 404
        if verb:
            assert client.post(f"/members/{pk}/{verb}").status_code == 404


def test_roles_are_changed_and_recorded(alice, bob, client_of):
    answer = client_of(alice).post(url(bob, "roles/"), {"roles": [STANDARD.id]})

    assert answer.status_code == 303
    assert Member.objects.get(pk=bob.pk).role_ids == {STANDARD.id}
    assert AuditEvent.objects.filter(event="member.roles_changed").get().changes["roles"] == [
        ["Read Only"],
        ["Standard"],
    ]


@pytest.mark.parametrize("roles", [[], ["emperor"], ["\0"], [STANDARD.id]])
def test_bad_roles_and_the_last_admins_are_refused_in_place(roles, alice, client_of):
    answer = client_of(alice).post(url(alice, "roles/"), {"roles": roles})

    assert answer.status_code == 422
    assert 'id="roles-error"' in text(answer)
    assert Member.objects.get(pk=alice.pk).role_ids == {ADMIN.id}


def test_disabling_shows_first_exactly_what_ends_and_what_stays(alice, camille, issue, client_of, actor_of, now):
    gone = issue(APPLICATION_KEY, camille, name="exports").credential
    token = issue(PERSONAL_ACCESS_TOKEN, camille, name="laptop").credential
    MemberRole.objects.create(member=camille, role_id=ADMIN.id)
    stays = issue(API_KEY, camille, name="payments").credential
    theirs = issue(API_KEY, alice, name="orders").credential
    editing.assign(theirs.pk, Owned(member_id=camille.pk), by=actor_of(alice))
    mark_used(gone, now - timedelta(minutes=6))

    shown = text(client_of(alice).get(url(camille, "disable/")))

    deleted, staying = shown.split('id="staying-heading"')
    assert all(f"{found.name}" in deleted and f"••••{found.last4}" in deleted for found in (gone, token))
    assert f"••••{stays.last4}" in staying
    assert (shown.count("nobody is named for it then"), f"••••{theirs.last4}" in staying) == (1, True)
    assert (deleted.count("Last used"), "by Agent 7.66 from 203.0.113.0/24" in deleted) == (1, True)
    assert stays.name not in deleted
    assert Credential.objects.live().count() == 4


def test_disabling_ends_their_keys_and_leaves_the_organizations(alice, camille, issue, client_of):
    issue(APPLICATION_KEY, camille)
    MemberRole.objects.create(member=camille, role_id=ADMIN.id)
    stays = issue(API_KEY, camille).credential

    answer = client_of(alice).post(url(camille, "disable/"))

    assert answer.status_code == 303
    assert Member.objects.get(pk=camille.pk).status is Status.DISABLED
    assert list(Credential.objects.live()) == [stays]


def test_disabling_twice_says_so(alice, bob, client_of):
    client = client_of(alice)
    client.post(url(bob, "disable/"))

    answer = client.post(url(bob, "disable/"))

    assert answer.status_code == 409
    assert "disabled already" in text(answer)


def test_the_last_admin_stays_and_the_page_says_why(alice, client_of):
    client = client_of(alice)

    assert "This is the last admin" in text(client.get(url(alice)))
    assert url(alice, "disable/") not in text(client.get(url(alice)))
    answer = client.post(url(alice, "disable/"))
    assert answer.status_code == 409
    assert "This is the last admin" in text(answer)
    assert Member.objects.get(pk=alice.pk).status is Status.ACTIVE


def test_disabling_oneself_warns_and_signs_out(alice, second_admin, client_of):
    client = client_of(alice)

    assert "This is you" in text(client.get(url(alice, "disable/")))
    answer = client.post(url(alice, "disable/"))

    assert (answer.status_code, answer.headers["Location"]) == (303, "/accounts/login/")
    assert "_auth_user_id" not in client.session


def test_a_disabled_member_of_one_organization_is_a_member_of_nothing(alice, bob, client_of):
    client_of(alice).post(url(bob, "disable/"))
    client = client_of(bob)

    assert "no organization" in text(client.get("/"))
    assert client.get("/members/").status_code == 404


def test_enabling_brings_the_member_back_and_no_key(alice, camille, issue, client_of):
    issue(APPLICATION_KEY, camille)
    client = client_of(alice)
    client.post(url(camille, "disable/"))

    assert "do not come back" in text(client.get(url(camille, "enable/")))
    answer = client.post(url(camille, "enable/"))

    assert answer.status_code == 303
    assert Member.objects.get(pk=camille.pk).status is Status.ACTIVE
    assert not Credential.objects.live().exists()
    assert client.post(url(camille, "enable/")).status_code == 409


def test_an_invitation_is_sent_again_only_to_somebody_who_has_not_joined(alice, bob, pending, client_of):
    client = client_of(alice)

    assert "Send the invitation again" in text(client.get(url(pending)))
    assert client.post(url(pending, "invitation/")).status_code == 303
    refused = client.post(url(bob, "invitation/"))
    assert refused.status_code == 409
    assert "has not joined yet" in text(refused)
    assert client.get(url(pending, "invitation/")).status_code == 405


def test_what_an_admin_may_a_reader_and_an_auditor_may_not(alice, bob, vera, client_of):
    for verb in ("roles/", "disable/", "enable/", "invitation/"):
        for reader in (bob, vera):
            assert client_of(reader).post(url(alice, verb), {"roles": [ADMIN.id]}).status_code == 403


def test_the_list_asks_as_many_questions_for_sixty_members_as_for_one(
    alice, acme, now, client_of, django_assert_max_num_queries
):
    for number in range(40):
        person = Person.objects.create(name=f"P{number}", email=f"{number}@acme.example", created_at=now, password="!")
        Member.objects.create(
            organization=acme,
            sort="user",
            person=person,
            name=person.name,
            name_key=person.name.lower(),
            email=person.email,
            created_at=now,
            activated_at=now,
        )
    client = client_of(alice)

    with django_assert_max_num_queries(10):
        client.get("/members/")
