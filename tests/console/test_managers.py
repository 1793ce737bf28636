"""The managers of a service account, on its page and on their own."""

import pytest

from accounts import members, service_accounts

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(alice, client_of):
    return client_of(alice)


def text(answer):
    return answer.content.decode()


def url(account, verb=""):
    return f"/service-accounts/{account.pk}/{verb}"


def test_the_page_says_that_nobody_manages_it_and_what_to_do(admin, camille, robot, client_of):
    page = text(admin.get(url(robot)))
    reader = text(client_of(camille).get(url(robot)))

    assert "Nobody manages this" in page
    assert "Name at least one member" in page
    assert url(robot, "managers/") in page
    assert "Ask an admin to name a member." in reader
    assert url(robot, "managers/") not in reader


def test_managers_are_chosen_and_named_on_its_page(admin, alice, bob, robot):
    answer = admin.post(url(robot, "managers/"), {"managers": [str(alice.pk), str(bob.pk)]})

    assert (answer.status_code, answer.headers["Location"]) == (303, url(robot))
    page = text(admin.get(url(robot)))
    assert "Nobody manages this" not in page
    assert f'<a href="/members/{bob.pk}/">Bob Reader</a>' in page


def test_the_form_ticks_who_manages_it_and_offers_active_members_only(admin, alice, bob, camille, actor_of, robot):
    service_accounts.set_managers(robot.pk, member_ids=[bob.pk], by=actor_of(alice))
    members.disable(camille.pk, by=actor_of(alice))

    page = text(admin.get(url(robot, "managers/")))

    assert f'value="{bob.pk}" checked' in page
    assert f'value="{alice.pk}">' in page
    assert str(camille.pk) not in page
    assert f'value="{robot.pk}"' not in page


def test_nobody_is_an_answer_too(admin, alice, actor_of, robot):
    service_accounts.set_managers(robot.pk, member_ids=[alice.pk], by=actor_of(alice))

    assert admin.post(url(robot, "managers/"), {}).status_code == 303
    assert not service_accounts.managers_of(robot)


@pytest.mark.parametrize("wrong", ["nonsense", "", "00000000-0000-0000-0000-000000000000"])
def test_a_choice_that_was_not_offered_is_refused(admin, robot, wrong):
    answer = admin.post(url(robot, "managers/"), {"managers": [wrong]})

    assert answer.status_code == 422
    assert "Choose active members from the list." in text(answer)


def test_a_person_has_no_managers(admin, bob):
    assert admin.get(url(bob, "managers/")).status_code == 404
