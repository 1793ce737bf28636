"""Rotating on the console: the choice of an end, the successor’s secret once, and the pair until one goes."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import granting, roles
from accounts.builtin_roles import ADMIN
from accounts.models import Member
from keys import lifecycle, policies, rotation
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS
from keys.models import Credential, Limit
from keys.policies import Terms
from keys.rotation import Overlap

pytestmark = pytest.mark.django_db


@pytest.fixture(params=KINDS, ids=str)
def kind(request, robot):
    return request.param


@pytest.fixture
def by(alice, actor_of):
    return actor_of(alice)


@pytest.fixture
def key(alice, issue):
    return issue(API_KEY, alice, name="payments").credential


@pytest.fixture
def client(alice, client_of):
    return client_of(alice)


def place(credential, verb=""):
    return f"/apis/{credential.kind.slug}/{credential.pk}/{verb}"


def text(answer):
    return answer.content.decode()


def words_of(answer):
    """What a person reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text(answer)))


def shown_secret(answer):
    return re.search(r'id="issued-text"[^>]*>([^<]+)<', text(answer))[1]


def row_of(page, credential):
    return page.partition(f'id="row-{credential.pk}"')[2].partition("</tr>")[0]


def queries_of(client, path):
    with CaptureQueriesContext(connection) as seen:
        client.get(path)
    return len(seen)


def rotate(client, credential, overlap="first_use", nonce="once"):
    return client.post(place(credential, "rotate/"), {"overlap": overlap, "nonce": nonce})


def mark_used(credential, at, client="Agent 7.66", network="203.0.113.0/24"):
    Credential.objects.filter(pk=credential.pk).update(
        last_used_at=at, last_used_client=client, last_used_network=network
    )


def terms(**changed):
    plain = {
        "rotate_every_days": 90,
        "longest_days": None,
        "longest_overlap_hours": 168,
        "scopes_required": False,
        "owner_required": False,
        "admins_create": False,
        "leak_action": "revoke",
    }
    return Terms(**plain | changed)


def test_the_successors_secret_is_shown_once_and_never_stored_on_the_way(kind, alice, client, issue):
    old = issue(kind, alice, name="payments").credential

    answer = rotate(client, old)

    new = Credential.objects.get(replaces=old)
    secret = shown_secret(answer)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert secret.endswith(new.last4)
    assert f"The old one, ending in {old.last4}, stops 24 hours after this one is first used." in text(answer)
    later = text(client.get("/apis/")) + text(client.get(place(new)))
    assert (secret in later) == kind.is_public
    assert secret not in str(dict(client.session))


def test_a_double_click_shows_the_same_secret(kind, alice, client, issue):
    old = issue(kind, alice, name="payments").credential

    secrets = {shown_secret(rotate(client, old)) for _ in range(2)}

    assert len(secrets) == 1
    assert Credential.objects.count() == 2


def test_rotating_now_ends_the_old_one_and_a_double_click_still_shows_the_secret(alice, key, client):
    secrets = {shown_secret(rotate(client, key, "now")) for _ in range(2)}

    key.refresh_from_db()
    assert key.revoked_at
    assert len(secrets) == 1


def test_the_page_offers_what_the_policy_allows_and_the_longest_wait_first(key, by, client):
    everything = text(client.get(place(key, "rotate/")))
    policies.change(API_KEY, terms(longest_overlap_hours=12), by=by)
    less = text(client.get(place(key, "rotate/")))

    assert re.findall(r'name="overlap" value="(\w+)"', everything) == ["now", "1h", "24h", "7d", "first_use"]
    assert 'value="first_use" checked' in everything
    assert everything.count("Both are good until") == 3
    assert re.findall(r'name="overlap" value="(\w+)"', less) == ["now", "1h"]
    assert 'value="1h" checked' in less


@pytest.mark.parametrize("overlap", ["", "7d", "forever"])
def test_an_end_beyond_the_policy_is_refused_at_the_field(overlap, key, by, client):
    policies.change(API_KEY, terms(longest_overlap_hours=24), by=by)

    answer = rotate(client, key, overlap)

    assert answer.status_code == 422
    assert "id_overlap_error" in text(answer)
    assert Credential.objects.count() == 1


def test_what_is_in_use_is_said_before(key, now, client):
    calm = text(client.get(place(key, "rotate/")))
    mark_used(key, now - timedelta(minutes=3))

    assert "In use:" not in calm
    assert "In use: 3 minutes ago, by Agent 7.66 from 203.0.113.0/24" in words_of(client.get(place(key, "rotate/")))


def test_a_full_quota_is_no_reason_against_it(alice, key, client, issue):
    for number in range(4):
        issue(API_KEY, alice, name=f"key {number}")

    page = text(client.get("/apis/api-keys/"))
    answer = rotate(client, key)

    assert Limit.objects.get(kind=API_KEY).left == 0
    assert place(key, "rotate/") in row_of(page, key)
    assert shown_secret(answer)


@pytest.mark.parametrize("ended", ["revoked", "expired", "replaced"])
def test_what_is_no_longer_good_or_being_rotated_says_so(ended, alice, by, key, client, issue, later):
    issue(API_KEY, alice, name="stays")
    if ended == "revoked":
        lifecycle.revoke(key.pk, by=by)
    elif ended == "expired":
        rotation.rotate(key.pk, overlap=Overlap.HOUR, by=later(by, timedelta(hours=-2)))
    else:
        rotation.rotate(key.pk, overlap=Overlap.HOUR, by=by)

    before, answer = client.get(place(key, "rotate/")), rotate(client, key)

    words = "is being rotated already" if ended == "replaced" else "is no longer good"
    assert words in text(before)
    assert "disabled" in text(before).partition('id="rotate"')[2]
    assert (answer.status_code, words in text(answer)) == (422, True)
    assert place(key, "rotate/") not in text(client.get(place(key)))


def test_both_pages_show_the_pair_and_lists_mark_it(kind, alice, by, client, issue, now, later):
    old = issue(kind, alice, name="payments").credential
    new = rotation.rotate(old.pk, overlap=Overlap.DAY, by=later(by, timedelta(hours=-1))).credential
    mark_used(old, now - timedelta(minutes=3))

    for one in (old, new):
        page = words_of(client.get(place(one)))
        assert "Being rotated" in page
        assert "Still used: 3 minutes ago, by Agent 7.66 from 203.0.113.0/24" in page
        assert "Not used yet" in page
    assert place(old, "finish/") in text(client.get(place(new)))
    for path in ("/apis/", f"/apis/{kind.slug}/"):
        page = text(client.get(path))
        assert "Being replaced" in row_of(page, old)
        assert "Stops " in row_of(page, old)
        assert f"Replaces ••••{old.last4}" in row_of(page, new)


def test_a_pair_whose_old_one_rests_says_so(key, by, client):
    new = rotation.rotate(key.pk, overlap=Overlap.FIRST_USE, by=by).credential

    page = text(client.get(place(new)))

    assert "Not used since the new one came" in page
    assert "Stops 24 hours after the new one is first used" in page


def test_finishing_ends_the_old_one_and_goes_back(kind, alice, by, client, issue):
    old = issue(kind, alice, name="payments").credential
    rotation.rotate(old.pk, overlap=Overlap.DAY, by=by)

    page = text(client.get(place(old, "finish/")))
    answer = client.post(place(old, "finish/"))
    again = client.post(place(old, "finish/"))

    old.refresh_from_db()
    assert "is refused from the next request on" in page
    assert (answer.status_code, answer.headers["Location"]) == (303, place(old))
    assert old.revoked_at
    assert again.status_code == 409
    assert "Being rotated" not in text(client.get(place(old)))


def test_canceling_ends_the_new_one_and_warns_if_it_is_used(key, by, client, now):
    new = rotation.rotate(key.pk, overlap=Overlap.DAY, by=by).credential
    calm = text(client.get(place(key, "cancel/")))
    mark_used(new, now)

    page = text(client.get(place(key, "cancel/")))
    answer = client.post(place(key, "cancel/"))

    key.refresh_from_db()
    new.refresh_from_db()
    assert "Whatever still carries it will be refused." not in calm
    assert "Whatever still carries it will be refused." in page
    assert (answer.status_code, answer.headers["Location"]) == (303, place(key))
    assert (key.replaced_at, bool(new.revoked_at)) == (None, True)


def test_it_is_said_when_it_is_early_to_finish(key, by, client, now, later):
    new = rotation.rotate(key.pk, overlap=Overlap.DAY, by=later(by, timedelta(hours=-1))).credential

    unused = text(client.get(place(key, "finish/")))
    mark_used(new, now)
    ready = text(client.get(place(key, "finish/")))
    mark_used(key, now)
    busy = text(client.get(place(key, "finish/")))

    assert "The new one was not used yet" in unused
    assert 'class="note"' not in ready
    assert "Last used: Just now. Whatever still carries it will be refused." in busy


@pytest.mark.parametrize("verb", ["finish/", "cancel/"])
def test_what_is_not_being_rotated_cannot_be_ended_that_way(verb, key, by, client):
    new = rotation.rotate(key.pk, overlap=Overlap.DAY, by=by).credential

    page, answer = client.get(place(new, verb)), client.post(place(new, verb))

    assert "payments is not being rotated." in text(page)
    assert (page.status_code, answer.status_code) == (200, 409)


def test_nobody_rotates_for_somebody_else(alice, camille, client, client_of, issue):
    """Whoever sees the secret could act as its owner."""
    theirs = issue(APPLICATION_KEY, camille, name="hers").credential

    assert place(theirs, "rotate/") not in text(client.get(place(theirs)))
    assert rotate(client, theirs).status_code == 403
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


def test_every_page_with_the_button_has_a_place_for_the_dialog(alice, client, issue):
    mine = issue(APPLICATION_KEY, alice).credential

    for path in ("/apis/", "/apis/application-keys/", place(mine), f"/members/{alice.pk}/"):
        page = text(client.get(path))
        assert f'href="{place(mine, "rotate/")}"' in page
        assert page.count('id="rotate-dialog"') == page.count('id="revoke-dialog"') == 1


def test_the_key_of_somebody_who_has_left_is_not_offered(alice, robot, by, client, issue, now):
    theirs = issue(APPLICATION_KEY, alice, owner=robot).credential
    Member.objects.filter(pk=robot.pk).update(disabled_at=now)

    page, answer = text(client.get(place(theirs))), rotate(client, theirs)

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
def test_many_pairs_cost_the_queries_of_none(path, alice, by, client, issue):
    tokens = [issue(CLIENT_TOKEN, alice, name=f"token {number}").credential for number in range(3)]
    few = queries_of(client, path)
    for token in tokens:
        rotation.rotate(token.pk, overlap=Overlap.WEEK, by=by)

    assert queries_of(client, path) == few


def test_what_is_due_says_so_in_lists_and_on_its_page(alice, by, client, issue, later):
    ages = {"late": 93, "soon": 85, "calm": 10}
    keys = {
        name: issue(API_KEY, alice, name=name, actor=later(by, timedelta(days=-days))).credential
        for name, days in ages.items()
    }

    words = {"late": "Rotation 3 days late", "soon": "Rotation due in 5 days", "calm": "Rotate by "}
    listed = text(client.get("/apis/api-keys/"))
    for name, key in keys.items():
        assert words[name] in row_of(listed, key)
        assert words[name] in text(client.get(place(key)))
    strip = text(client.get("/apis/"))
    assert '?state=overdue"><span class="dot bad"></span><span><b>1</b> is overdue for rotation' in strip
    assert '?state=due_soon"><span class="dot warn"></span><span><b>1</b> is due for rotation soon' in strip
    for state, name in (("overdue", "late"), ("due_soon", "soon")):
        for path in ("/apis/", "/apis/api-keys/"):
            found = re.findall(r'id="row-([^"]+)"', text(client.get(f"{path}?state={state}")))
            assert found == [str(keys[name].pk)]


def test_where_no_policy_asks_nothing_is_due(alice, by, client, issue, later):
    key = issue(API_KEY, alice, name="old", actor=later(by, timedelta(days=-400))).credential
    policies.change(API_KEY, terms(rotate_every_days=None), by=by)

    assert "Rotat" not in row_of(text(client.get("/apis/api-keys/")), key).replace("Rotate<", "")
    assert "overdue" not in text(client.get("/apis/"))
