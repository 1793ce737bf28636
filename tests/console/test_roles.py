"""The pages of roles: list, create, detail, clone, edit, delete."""

import re
import uuid

import pytest

from accounts import roles, service_accounts
from accounts.builtin_roles import ADMIN, AUDITOR, READ_ONLY, STANDARD
from accounts.models import Member, MemberRole, Role
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db

SOME = frozenset({"monitors_read", "dashboards_read", "dashboards_write"})


@pytest.fixture
def watcher(alice, actor_of):
    return roles.create(name="Watcher", permissions=SOME, by=actor_of(alice))


@pytest.fixture
def admin(alice, client_of):
    return client_of(alice)


def url(role, verb=""):
    return f"/members/roles/{role.pk}/{verb}"


def text(answer):
    return answer.content.decode()


def ticked(answer):
    return set(re.findall(r'name="permissions" value="(\w+)"[^>]* checked', text(answer)))


def test_the_list_counts_members_and_permissions(admin, alice, bob, watcher):
    MemberRole.objects.create(member=bob, role=watcher)

    shown = text(admin.get("/members/roles/"))

    assert shown.index("Admin") < shown.index("Auditor") < shown.index("Watcher")
    row = shown[shown.index(f'id="role-{watcher.pk}"') :].partition("</tr>")[0]
    assert re.findall(r"</span>(\d+)</td>", row) == ["1", "3"]
    assert "/members/roles/new/" in shown


def test_the_list_narrows_by_name_and_answers_with_the_table_alone(admin, watcher):
    shown = text(admin.get("/members/roles/?q=watch"))
    assert "Watcher" in shown
    assert url(Role.objects.get(pk=AUDITOR.id)) not in shown

    fragment = text(admin.get("/members/roles/?q=nothing", headers={"HX-Request": "true", "HX-Target": "role-table"}))
    assert "Nothing matches." in fragment
    assert "<html" not in fragment


@pytest.mark.parametrize("query", ["?q=%00", "?q=" + "a" * 9000])
def test_nonsense_in_the_query_narrows_nothing(query, admin, watcher):
    answer = admin.get("/members/roles/" + query)

    assert answer.status_code == 200
    assert "Watcher" in text(answer)


def test_the_list_asks_no_more_for_more_roles(admin, alice, actor_of, watcher, django_assert_max_num_queries):
    for number in range(20):
        roles.clone(watcher.pk, name=f"Watcher {number}", by=actor_of(alice))

    with django_assert_max_num_queries(12):
        admin.get("/members/roles/")


def test_readers_look_and_are_offered_no_change(bob, client_of, watcher):
    for address in ("/members/roles/", url(watcher)):
        shown = text(client_of(bob).get(address))
        assert "You can view, not change." in shown
        assert not re.search(r"/(new|clone|edit|delete)/", shown)


def test_the_menu_marks_one_place_at_a_time(admin, bob, watcher):
    for address, marked in (("/members/roles/", "Roles"), (url(watcher), "Roles"), ("/members/", "Members")):
        shown = text(admin.get(address))
        menu = shown[shown.index('id="menu"') :].partition("</nav>")[0]
        assert re.findall(r'aria-current="page"><svg.*?</svg>([^<]+)', menu, re.DOTALL) == [marked]


def test_a_role_is_created_and_recorded(admin):
    answer = admin.post("/members/roles/new/", {"name": " Watcher ", "permissions": sorted(SOME)})

    made = Role.objects.custom().get()
    assert (answer.status_code, answer.headers["Location"]) == (303, url(made))
    assert (made.name, made.permissions) == ("Watcher", SOME)
    assert AuditEvent.objects.get().event == "role.created"
    assert "The role Watcher is ready." in text(admin.get(url(made)))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "nul\0"}, "Null characters are not allowed."),
        ({"name": "ADMIN"}, "Another role already has this name. Try ADMIN-2."),
        ({"name": "x" * 129}, "Use 128 characters or fewer."),
        ({"name": "New", "permissions": ["no_such", "\0"]}, "There are no such permissions:"),
    ],
)
def test_a_refused_role_keeps_what_was_chosen(fields, said, admin):
    good = {"name": "New", "permissions": ["monitors_read"]}
    answer = admin.post("/members/roles/new/", good | fields)

    assert answer.status_code == 422
    assert said in text(answer)
    assert ticked(answer) == ({"monitors_read"} if "permissions" not in fields else set())
    assert not Role.objects.custom().exists()


def test_the_picker_offers_every_permission(admin):
    shown = text(admin.get("/members/roles/new/"))

    offered = re.findall(r'name="permissions" value="(\w+)"', shown)
    assert set(offered) == ADMIN.permissions
    assert len(offered) == len(set(offered))


def test_detail_says_what_it_permits_and_who_holds_it(admin, alice, bob, robot, charlie, watcher):
    for holder in (bob, robot):
        MemberRole.objects.create(member=holder, role=watcher)

    shown = text(admin.get(url(watcher)))

    assert "Dashboards: read and change" in shown
    assert "Monitors: read" in shown
    for holder in (bob, robot):
        assert str(holder.pk) in shown
    assert "created the role Watcher" in shown


def test_a_built_in_roles_holders_are_those_of_one_organization(admin, alice, charlie):
    shown = text(admin.get(url(Role.objects.get(pk=ADMIN.id))))

    assert alice.email in shown
    assert charlie.email not in shown


def test_a_clone_starts_from_the_original_under_a_free_name(admin):
    standard = Role.objects.get(pk=STANDARD.id)
    assert 'value="Standard-2"' in text(admin.get(url(standard, "clone/")))

    answer = admin.post(url(standard, "clone/"), {"name": "Mine"})

    made = Role.objects.custom().get()
    assert (answer.status_code, answer.headers["Location"]) == (303, url(made))
    assert made.permissions == STANDARD.permissions


@pytest.mark.parametrize("verb", ["clone/", "edit/"])
def test_a_name_that_is_taken_is_refused_in_place(verb, admin, watcher):
    answer = admin.post(url(watcher, verb), {"name": "auditor", "permissions": ["monitors_read"]})

    assert answer.status_code == 422
    assert "Try auditor-2." in text(answer)
    assert Role.objects.custom().get().permissions == SOME


def test_editing_changes_name_and_permissions(admin, watcher):
    assert ticked(admin.get(url(watcher, "edit/"))) == SOME

    answer = admin.post(url(watcher, "edit/"), {"name": "Looker", "permissions": ["monitors_read"]})

    watcher.refresh_from_db()
    assert (answer.status_code, answer.headers["Location"]) == (303, url(watcher))
    assert (watcher.name, watcher.granted) == ("Looker", ["monitors_read"])


@pytest.mark.parametrize("verb", ["edit/", "delete/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_built_in_roles_offer_a_clone_instead(verb, method, admin):
    auditor = Role.objects.get(pk=AUDITOR.id)

    answer = getattr(admin, method)(url(auditor, verb), {"name": "Mine"})

    assert answer.status_code == 409
    assert "Clone it instead." in text(answer)
    assert url(auditor, "clone/") in text(answer)
    assert url(auditor, "edit/") not in text(answer)


def test_deleting_says_first_who_loses_what(admin, bob, camille, robot, watcher, alice, actor_of):
    for holder in (bob, camille, robot):
        MemberRole.objects.create(member=holder, role=watcher)
    MemberRole.objects.filter(member=robot, role=STANDARD.id).delete()

    shown = " ".join(text(admin.get(url(watcher, "delete/"))).split())

    assert "3 members hold it" in shown
    assert "<b>Bob Reader</b> · loses 1 permission · keeps: Read Only" in shown
    assert "<b>Camille Standard</b> · loses nothing · keeps: Standard" in shown
    assert "<b>robot</b> · loses 3 permissions · has no role then" in shown

    answer = admin.post(url(watcher, "delete/"))

    assert (answer.status_code, answer.headers["Location"]) == (303, "/members/roles/")
    assert not Role.objects.custom().exists()
    assert Member.objects.get(pk=bob.pk).role_ids == {READ_ONLY.id}
    assert admin.get(url(watcher)).status_code == 404


def test_custom_roles_can_be_chosen_wherever_roles_are(admin, bob, robot, watcher):
    for address in ("/members/invite/", f"/members/{bob.pk}/roles/", "/service-accounts/new/", "/members/"):
        assert f'value="{watcher.pk}"' in text(admin.get(address)), address

    admin.post(f"/members/{bob.pk}/roles/", {"roles": [READ_ONLY.id, watcher.pk]})
    admin.post(f"/service-accounts/{robot.pk}/edit/", {"name": "robot", "email": robot.email, "roles": [watcher.pk]})

    assert Member.objects.get(pk=bob.pk).role_ids == {READ_ONLY.id, watcher.pk}
    assert Member.objects.get(pk=robot.pk).role_ids == {watcher.pk}
    assert bob.email in text(admin.get(f"/members/?role={watcher.pk}"))
    assert "Watcher" in text(admin.get(f"/members/{bob.pk}/"))


def test_another_organizations_roles_are_nowhere(charlie, client_of, watcher):
    stranger = client_of(charlie)

    for address in ("/members/roles/", "/members/invite/", "/members/"):
        assert str(watcher.pk) not in text(stranger.get(address))
    for verb in ("", "clone/", "edit/", "delete/"):
        assert stranger.get(url(watcher, verb)).status_code == 404
        assert stranger.get(f"/members/roles/{uuid.uuid4()}/{verb}").status_code == 404
    refused = stranger.post("/members/invite/", {"email": "x@x.example", "roles": [watcher.pk]})
    assert refused.status_code == 422


def test_whoever_manages_service_accounts_by_a_custom_role_is_named(admin, alice, actor_of, bob):
    role = roles.create(name="Ops", permissions=frozenset({"service_account_write"}), by=actor_of(alice))
    assert "1 member can reach every one" in text(admin.get("/service-accounts/"))

    MemberRole.objects.create(member=bob, role=role)

    assert "2 members can reach every one" in text(admin.get("/service-accounts/"))


def test_a_custom_role_opens_the_pages_it_permits(alice, actor_of, bob, client_of):
    role = roles.create(name="Trail", permissions=frozenset({"audit_logs_read"}), by=actor_of(alice))
    assert client_of(bob).get("/audit/").status_code == 403

    MemberRole.objects.create(member=bob, role=role)
    assert client_of(bob).get("/audit/").status_code == 200

    roles.delete(role.pk, by=actor_of(alice))
    assert client_of(bob).get("/audit/").status_code == 403


def test_a_role_with_much_in_it_shows_its_first_holders_and_a_way_to_the_rest(admin, alice, actor_of, watcher):
    for number in range(51):
        email = f"m{number:02}@x.example"
        service_accounts.create(email=email, role_ids=frozenset({watcher.pk}), by=actor_of(alice))

    shown = text(admin.get(url(watcher)))
    assert shown.count('data-c="key"') == 50
    assert "?after=m49" in shown
    assert "and 31 more" in text(admin.get(url(watcher, "delete/")))
