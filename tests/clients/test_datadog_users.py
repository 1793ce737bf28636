"""Datadog's client: users, invitations and service accounts."""

import uuid
from datetime import timedelta

import pytest

from accounts.builtin_roles import READ_ONLY, STANDARD
from tests.clients.conftest import new_account
from tests.clients.datadog import document, link, refused

pytestmark = pytest.mark.server

NOBODY = str(uuid.uuid4())


def ids(page):
    return [row.id for row in page.data]


def invitation(user_id):
    user = {"user": {"data": link("users", user_id)}}
    return {"data": [{"type": "user_invitations", "relationships": user}]}


@pytest.fixture
def three(admin, name):
    """A pending user, an active service account and a disabled user; the same word in each name."""
    word = name.rpartition("-")[2]
    made = []
    for letter in "ac":
        body = document("users", email=f"{letter}-{word}@clients.example", name=f"{letter} {word}")
        made.append(admin.users.create_user(body).data)
    robot = document("users", email=f"b-{word}@clients.example", name=f"b {word}", service_account=True)
    made.insert(1, admin.accounts.create_service_account(robot).data)
    admin.users.disable_user(made[2].id)
    yield word, [one.id for one in made]
    for one in made[:2]:
        admin.users.disable_user(one.id)


def test_a_new_user_is_pending_with_the_roles_given(admin, name):
    email, links = f"{uuid.uuid4()}@Clients.example", {"roles": [link("roles", str(READ_ONLY.id))]}
    answer = admin.users.create_user(document("users", links=links, email=email, name=name, title="Tester"))
    made = answer.data.attributes

    assert admin.status == 201
    assert (made.name, made.email, made.handle, made.title) == (name, email.lower(), email.lower(), "Tester")
    assert (made.status, made.verified, made.disabled, made.service_account) == ("Pending", False, False, False)
    assert made.last_login_time is None
    assert [role.id for role in answer.data.relationships.roles.data] == [str(READ_ONLY.id)]
    assert answer.included[0].attributes.name == "Datadog Read Only Role"
    admin.users.disable_user(answer.data.id)


def test_a_user_is_read_and_changed(admin, user, name):
    body = document("users", user.id, name=f"{name} b", title=None)
    changed = admin.users.update_user(user.id, body).data.attributes
    read = admin.users.get_user(user.id).data.attributes

    assert user.attributes.title == "Tester"
    assert (changed.name, changed.title) == (read.name, read.title) == (f"{name} b", None)
    assert read.modified_at > read.created_at


def test_a_user_is_disabled_once_and_enabled_again(admin, user):
    assert admin.users.disable_user(user.id) is None
    assert admin.status == 204
    with refused(404, f"{user.id} not found"):
        admin.users.disable_user(user.id)
    assert admin.users.get_user(user.id).data.attributes.status == "Disabled"
    assert (
        admin.users.update_user(user.id, document("users", user.id, disabled=False)).data.attributes.disabled is False
    )


def test_lists_filter_by_words_and_status(admin, three):
    word, (pending, robot, disabled) = three
    listed = admin.users.list_users

    assert ids(listed(filter=word)) == [pending, robot, disabled]
    assert ids(listed(filter=word, filter_status="Pending")) == [pending]
    assert ids(listed(filter=word, filter_status="Active,Disabled")) == [robot, disabled]
    found = listed(filter=word, page_size=2, page_number=1)
    assert (ids(found), found.meta.page.total_filtered_count) == ([disabled], 3)
    assert found.meta.page.total_count > 3


def test_lists_sort_both_ways(admin, three):
    word, (pending, robot, disabled) = three
    listed = admin.users.list_users

    assert ids(listed(filter=word, sort="-name")) == [disabled, robot, pending]
    assert ids(listed(filter=word, sort="name", sort_dir="desc")) == [disabled, robot, pending]
    assert ids(listed(filter=word, sort="modified_at")) == [pending, robot, disabled]
    with refused(
        400, "filter[status]: Expected `str` matching regex '^(Active|Pending|Disabled)(,(Active|Pending|Disabled))*$'"
    ):
        listed(filter_status="Asleep")


def test_the_paging_helper_reads_every_page(admin, three):
    word, expected = three
    found = list(admin.users.list_users_with_pagination(page_size=2, filter=word))
    exact = list(admin.users.list_users_with_pagination(page_size=3, filter=word))

    assert [row.id for row in found] == [row.id for row in exact] == expected


def test_a_page_holds_a_hundred_and_no_more(admin):
    everybody = admin.users.list_users(page_size=100)

    assert len(everybody.data) == everybody.meta.page.total_count > 10
    assert len(admin.users.list_users().data) == 10
    with refused(400, "page[size]: Expected `int` <= 100"):
        admin.users.list_users(page_size=101)


def test_the_organization_and_the_permissions_of_a_user(admin, house):
    made = new_account(admin, STANDARD)
    organization = admin.users.list_user_organizations(made.id).included
    permissions = admin.users.list_user_permissions(made.id).data

    assert [(found.id, found.attributes.name) for found in organization] == [(house.id, "Clients")]
    assert {found.attributes.name for found in permissions} == STANDARD.permissions
    admin.users.disable_user(made.id)


def test_whoever_calls_reads_and_changes_themselves(admin, house, ada):
    answer = admin.users.get_current_user()
    body = document("users", ada, title="Admin")

    assert (answer.data.id, answer.data.attributes.email) == (ada, "ada@clients.example")
    assert answer.data.relationships.org.data.id == house.id
    assert {found.type.value for found in answer.included} == {"roles", "permissions", "orgs"}
    assert admin.users.update_current_user(body).data.attributes.title == "Admin"
    with refused(422, "UUID's in the URL and request body do not match"):
        admin.users.update_current_user(document("users", NOBODY, title="x"))


def test_an_invitation_is_sent_read_and_cancelled(admin, user):
    (sent,) = admin.users.send_invitations(invitation(user.id)).data
    read = admin.users.get_invitation(sent.id).data

    assert (read.id, read.attributes.uuid, read.relationships.user.data.id) == (sent.id, sent.id, user.id)
    assert read.attributes.invite_type == "basic_invite"
    assert read.attributes.expires_at - read.attributes.created_at == timedelta(hours=48)
    assert admin.users.delete_user_invitations(uuid.UUID(user.id)) is None
    assert admin.status == 204
    with refused(404, "There is no open invitation to cancel."):
        admin.users.delete_user_invitations(uuid.UUID(user.id))


def test_a_second_invitation_is_a_reminder(admin, user):
    admin.users.send_invitations(invitation(user.id))
    (again,) = admin.users.send_invitations(invitation(user.id)).data
    assert (admin.status, again.attributes.invite_type) == (201, "basic_reminder")


def test_a_disabled_user_is_anonymized_and_the_others_are_reported(admin, name):
    email = f"{uuid.uuid4()}@clients.example"
    made = admin.users.create_user(document("users", email=email, name=name)).data.id
    admin.users.disable_user(made)
    body = document("anonymize_users_request", user_ids=[made, NOBODY])

    done = admin.users.anonymize_users(body).data.attributes

    assert done.anonymized_user_ids == [made]
    assert [(one.user_id, one.error) for one in done.anonymize_errors] == [(NOBODY, f"{NOBODY} not found")]
    assert email not in str(admin.users.get_user(made))


def test_an_address_that_is_taken_is_a_conflict(admin, user):
    email = user.attributes.email
    with refused(409, f"User {email} already exists"):
        admin.users.create_user(document("users", email=email.upper(), name="x"))


def test_bad_requests_are_refused_with_the_reason(admin, user):
    with refused(422, "UUID's in the URL and request body do not match"):
        admin.users.update_user(user.id, document("users", NOBODY, name="x"))
    with refused(400, "Additional properties are not allowed ('colour' was unexpected) in data.attributes"):
        admin.users.create_user(document("users", email="x@clients.example", colour="red"))
    with refused(400, "roles: Invalid input: 'admin' is no id."):
        links = {"roles": [link("roles", "admin")]}
        admin.users.create_user(document("users", links=links, email="x@clients.example"))


def test_nobody_is_not_found(admin):
    calls = [admin.users.get_user, admin.users.disable_user, admin.users.list_user_organizations]
    for call in [*calls, admin.users.list_user_permissions]:
        with refused(404, f"{NOBODY} not found"):
            call(NOBODY)
    with refused(404, "Invitation not found"):
        admin.users.get_invitation(NOBODY)
    with refused(404, f"{NOBODY} not found"):
        admin.users.send_invitations(invitation(NOBODY))


def test_who_only_reads_is_told_which_permission_is_missing(reader, user):
    with refused(403, "Forbidden", "The owner of this credential lacks the permission user_access_manage."):
        reader.users.update_user(user.id, document("users", user.id, name="x"))
    with refused(403, "Forbidden", "The owner of this credential lacks the permission service_account_write."):
        reader.accounts.create_service_account(document("users", email="x@clients.example", service_account=True))


# Service accounts
def test_a_service_account_is_active_at_once_and_named_by_its_id(admin, account):
    assert (account.attributes.status, account.attributes.verified) == ("Active", True)
    assert account.attributes.service_account is True
    assert account.attributes.handle == account.id
    assert account.attributes.title is None
    assert admin.users.get_user(account.id).data.attributes.email == account.attributes.email


def test_a_service_account_is_changed_and_disabled_as_a_user(admin, name):
    made = new_account(admin, STANDARD)
    changed = admin.users.update_user(made.id, document("users", made.id, name=name)).data

    assert changed.attributes.name == name
    assert [role.id for role in changed.relationships.roles.data] == [str(STANDARD.id)]
    assert admin.users.disable_user(made.id) is None
    with refused(404, f"{made.id} not found"):
        admin.users.disable_user(made.id)
