"""Rotating on the console: the choice of an end, the successor’s secret once, and the pair until one goes."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import granting, roles
from accounts.builtin_roles import ADMIN
from accounts.models import Member
from keys import lifecycle, rotation
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS
from keys.models import Credential, Limit
from keys.rotation import Overlap
from tests.console.credentials import mark_used, place, row_of, text, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture(params=KINDS, ids=str)
def kind(request, robot):
    return request.param


@pytest.fixture
def key(alice, issue):
    return issue(API_KEY, alice, name="payments").credential


def shown_secret(answer):
    return re.search(r'id="issued-text"[^>]*>([^<]+)<', text(answer))[1]


def queries_of(client, path):
    with CaptureQueriesContext(connection) as seen:
        client.get(path)
    return len(seen)


def rotate(client, credential, overlap="first_use", nonce="once"):
    return client.post(place(credential, "rotate/"), {"overlap": overlap, "nonce": nonce})


def test_the_successors_secret_is_shown_once_and_never_stored_on_the_way(kind, alice, admin, issue):
    old = issue(kind, alice, name="payments").credential

    answer = rotate(admin, old)

    new = Credential.objects.get(replaces=old)
    secret = shown_secret(answer)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert secret.endswith(new.last4)
    assert f"The old one, ending in {old.last4}, stops 24 hours after this one is first used." in text(answer)
    assert f'<form method="get" action="{place(new)}">' in text(answer)
    later = text(admin.get("/apis/")) + text(admin.get(place(new)))
    assert (secret in later) == kind.is_public
    assert secret not in str(dict(admin.session))


def test_a_double_click_shows_the_same_secret(kind, alice, admin, issue):
    old = issue(kind, alice, name="payments").credential

    secrets = {shown_secret(rotate(admin, old)) for _ in range(2)}

    assert len(secrets) == 1
    assert Credential.objects.count() == 2


def test_rotating_now_ends_the_old_one_and_a_double_click_still_shows_the_secret(alice, key, admin):
    secrets = {shown_secret(rotate(admin, key, "now")) for _ in range(2)}

    key.refresh_from_db()
    assert key.revoked_at
    assert len(secrets) == 1


def test_the_page_offers_what_the_policy_allows_and_the_longest_wait_first(key, ask, admin):
    everything = text(admin.get(place(key, "rotate/")))
    ask(API_KEY, longest_overlap_hours=12)
    less = text(admin.get(place(key, "rotate/")))

    assert re.findall(r'name="overlap" value="(\w+)"', everything) == ["now", "1h", "24h", "7d", "first_use"]
    assert 'value="first_use" checked' in everything
    assert everything.count("Both are good until") == 3
    assert re.findall(r'name="overlap" value="(\w+)"', less) == ["now", "1h"]
    assert 'value="1h" checked' in less


@pytest.mark.parametrize("overlap", ["", "7d", "first_use", "forever"])
def test_an_end_beyond_the_policy_is_refused_at_the_field(overlap, key, ask, admin):
    ask(API_KEY, longest_overlap_hours=24)

    answer = rotate(admin, key, overlap)

    assert answer.status_code == 422
    assert "id_overlap_error" in text(answer)
    assert Credential.objects.count() == 1


def test_what_is_in_use_is_said_before(key, now, admin):
    calm = text(admin.get(place(key, "rotate/")))
    mark_used(key, now - timedelta(minutes=3))

    assert "In use:" not in calm
    assert "In use: 3 minutes ago, by Agent 7.66 from 203.0.113.0/24" in words_of(admin.get(place(key, "rotate/")))


def test_a_full_quota_is_no_reason_against_it(alice, key, admin, issue):
    for number in range(4):
        issue(API_KEY, alice, name=f"key {number}")

    page = text(admin.get("/apis/api-keys/"))
    answer = rotate(admin, key)

    assert Limit.objects.get(kind=API_KEY).left == 0
    assert place(key, "rotate/") in row_of(page, key)
    assert shown_secret(answer)


@pytest.mark.parametrize("ended", ["revoked", "expired", "replaced"])
def test_what_is_no_longer_good_or_being_rotated_says_so(ended, alice, by, key, admin, issue, later):
    issue(API_KEY, alice, name="stays")
    if ended == "revoked":
        lifecycle.revoke(key.pk, by=by)
    elif ended == "expired":
        rotation.rotate(key.pk, overlap=Overlap.HOUR, by=later(by, timedelta(hours=-2)))
    else:
        rotation.rotate(key.pk, overlap=Overlap.HOUR, by=by)

    before, answer = admin.get(place(key, "rotate/")), rotate(admin, key)

    words = "is being rotated already" if ended == "replaced" else "is no longer good"
    assert words in text(before)
    assert "disabled" in text(before).partition('id="rotate"')[2]
    assert (answer.status_code, words in text(answer)) == (422, True)
    assert place(key, "rotate/") not in text(admin.get(place(key)))


def test_both_pages_show_the_pair_and_lists_mark_it(kind, alice, by, admin, issue, now, later):
    old = issue(kind, alice, name="payments").credential
    new = rotation.rotate(old.pk, overlap=Overlap.DAY, by=later(by, timedelta(hours=-1))).credential
    mark_used(old, now - timedelta(minutes=3))

    for one in (old, new):
        page = words_of(admin.get(place(one)))
        assert "Being rotated" in page
        assert "Still used: 3 minutes ago, by Agent 7.66 from 203.0.113.0/24" in page
        assert "Not used yet" in page
    assert place(old, "finish/") in text(admin.get(place(new)))
    for path in ("/apis/", f"/apis/{kind.slug}/"):
        page = text(admin.get(path))
        assert "Being replaced" in row_of(page, old)
        assert "Stops " in row_of(page, old)
        assert place(old, "finish/") in row_of(page, old)
        assert f"Replaces ••••{old.last4}" in row_of(page, new)


@pytest.mark.parametrize("path", ["/apis/", "/apis/api-keys/", "/apis/api-keys/?order=oldest"])
def test_lists_have_the_old_one_right_below_the_new_one(path, key, alice, by, admin, issue, now):
    between = issue(API_KEY, alice, name="between").credential
    new = rotation.rotate(key.pk, overlap=Overlap.WEEK, by=by).credential
    for hours, one in enumerate((key, between, new)):
        Credential.objects.filter(pk=one.pk).update(created_at=now - timedelta(hours=3 - hours))
    rows = re.findall(r'id="row-([0-9a-f-]{36})"', text(admin.get(path)))

    assert rows.index(str(key.pk)) == rows.index(str(new.pk)) + 1
    assert sorted(rows) == sorted(str(one.pk) for one in (between, key, new))


def test_a_pair_whose_old_one_rests_says_so(key, by, admin):
    new = rotation.rotate(key.pk, overlap=Overlap.FIRST_USE, by=by).credential

    page = text(admin.get(place(new)))

    assert "Not used since the new one came" in page
    assert "Stops 24 hours after the new one is first used" in page


def test_finishing_ends_the_old_one_and_goes_back(kind, alice, by, admin, issue):
    old = issue(kind, alice, name="payments").credential
    rotation.rotate(old.pk, overlap=Overlap.DAY, by=by)

    page = text(admin.get(place(old, "finish/")))
    answer = admin.post(place(old, "finish/"))
    again = admin.post(place(old, "finish/"))

    old.refresh_from_db()
    assert "is refused from the next request on" in page
    assert (answer.status_code, answer.headers["Location"]) == (303, place(old))
    assert old.revoked_at
    assert again.status_code == 409
    assert "Being rotated" not in text(admin.get(place(old)))


def test_canceling_ends_the_new_one_and_warns_if_it_is_used(key, by, admin, now):
    new = rotation.rotate(key.pk, overlap=Overlap.DAY, by=by).credential
    calm = text(admin.get(place(key, "cancel/")))
    mark_used(new, now)

    page = text(admin.get(place(key, "cancel/")))
    untyped = admin.post(place(key, "cancel/"))
    answer = admin.post(place(key, "cancel/"), {"confirm": "payments"})

    key.refresh_from_db()
    new.refresh_from_db()
    assert "will be refused" not in calm
    assert "Whatever carries it will be refused" in page
    assert (untyped.status_code, answer.status_code, answer.headers["Location"]) == (422, 303, place(key))
    assert (key.replaced_at, bool(new.revoked_at)) == (None, True)


def test_it_is_said_when_it_is_early_to_finish(key, by, admin, now, later):
    new = rotation.rotate(key.pk, overlap=Overlap.DAY, by=later(by, timedelta(hours=-1))).credential
    mark_used(key, now - timedelta(hours=2))

    unused = text(admin.get(place(key, "finish/")))
    mark_used(new, now)
    ready = text(admin.get(place(key, "finish/")))
    mark_used(key, now)
    busy = text(admin.post(place(key, "finish/")))

    assert ("The new one was not used yet" in unused, "Whatever carries it will be refused" in unused) == (True, True)
    assert ('class="note"' in ready, "Whatever carries it will be refused" in ready) == (False, False)
    assert "It is in use. Type payments to confirm" not in ready
    assert ("Whatever carries it will be refused" in busy, "Type the name: it is in use." in busy) == (True, True)
    assert admin.post(place(key, "finish/"), {"confirm": "payments"}).status_code == 303


@pytest.mark.parametrize("verb", ["finish/", "cancel/"])
def test_what_is_not_being_rotated_cannot_be_ended_that_way(verb, key, by, admin):
    new = rotation.rotate(key.pk, overlap=Overlap.DAY, by=by).credential

    page, answer = admin.get(place(new, verb)), admin.post(place(new, verb))

    assert "payments is not being rotated." in text(page)
    assert (page.status_code, answer.status_code) == (200, 409)


def test_nobody_rotates_for_somebody_else(alice, camille, admin, client_of, issue):
    """Whoever sees the secret could act as its owner."""
    theirs = issue(APPLICATION_KEY, camille, name="hers").credential

    assert place(theirs, "rotate/") not in text(admin.get(place(theirs)))
    assert rotate(admin, theirs).status_code == 403
    assert rotate(client_of(camille), theirs).status_code == 200


def test_a_manager_rotates_no_key_of_a_service_account_that_may_do_more(alice, camille, robot, by, issue, client_of):
    theirs = issue(APPLICATION_KEY, alice, owner=robot).credential
    keeper = roles.create(name="Keeper", permissions=frozenset({"service_account_write", "dashboards_read"}), by=by)
    granting.replace(camille, frozenset({keeper.id}))
    manager = client_of(camille)
    granting.replace(robot, frozenset({ADMIN.id}))
    above = (manager.get(place(theirs, "rotate/")), rotate(manager, theirs))
    granting.replace(robot, frozenset())
    below = (manager.get(place(theirs, "rotate/")), rotate(manager, theirs))

    assert [answer.status_code for answer in above] == [403, 403]
    assert [answer.status_code for answer in below] == [200, 200]


def test_every_page_with_the_button_has_a_place_for_the_dialog(alice, admin, issue):
    mine = issue(APPLICATION_KEY, alice).credential

    for path in ("/apis/", "/apis/application-keys/", place(mine), f"/members/{alice.pk}/"):
        page = text(admin.get(path))
        assert f'href="{place(mine, "rotate/")}"' in page
        assert page.count('id="rotate-dialog"') == page.count('id="revoke-dialog"') == 1


def test_the_key_of_somebody_who_has_left_is_not_offered(alice, robot, by, admin, issue, now):
    theirs = issue(APPLICATION_KEY, alice, owner=robot).credential
    Member.objects.filter(pk=robot.pk).update(disabled_at=now)

    page, answer = text(admin.get(place(theirs))), rotate(admin, theirs)

    assert place(theirs, "rotate/") not in page
    assert answer.status_code == 422
    assert Credential.objects.count() == 1


@pytest.mark.parametrize("verb", ["rotate/", "finish/", "cancel/"])
def test_readers_and_strangers_are_kept_out(verb, vera, charlie, key, by, client_of):
    rotation.rotate(key.pk, overlap=Overlap.DAY, by=by)

    for member, status in ((vera, 403), (charlie, 404)):
        visitor = client_of(member)
        answers = (visitor.get(place(key, verb)), visitor.post(place(key, verb)))
        assert {answer.status_code for answer in answers} == {status}
    assert place(key, verb) not in text(client_of(vera).get(place(key)))


@pytest.mark.parametrize("path", ["/apis/", "/apis/client-tokens/"])
def test_many_pairs_cost_the_queries_of_none(path, alice, by, admin, issue):
    tokens = [issue(CLIENT_TOKEN, alice, name=f"token {number}").credential for number in range(3)]
    few = queries_of(admin, path)
    for token in tokens:
        rotation.rotate(token.pk, overlap=Overlap.WEEK, by=by)

    assert queries_of(admin, path) == few
