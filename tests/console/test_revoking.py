"""Before and after the end of a credential: what will break, a block to find out, and the way back."""

import re
from datetime import timedelta

import pytest

from audit.models import AuditEvent
from keys import blocking, lifecycle, rotation
from keys.kinds import API_KEY, APPLICATION_KEY, KINDS, PERSONAL_ACCESS_TOKEN
from keys.models import Limit
from keys.rotation import Overlap
from tests.console.credentials import mark_used, place, row_of, text, words_of

pytestmark = pytest.mark.django_db

DIALOG = {"HX-Request": "true", "HX-Target": "revoke-dialog"}


@pytest.fixture
def key(alice, issue):
    issue(API_KEY, alice, name="stays")
    return issue(API_KEY, alice, name="payments").credential


def test_the_dialog_says_who_used_it_for_90_days(key, admin, used, now):
    mark_used(key, now - timedelta(minutes=6))
    used(key, 4000, client="Agent 7.66", network="203.0.113.0/24", ago=timedelta(days=80))
    used(key, 30, client="curl", network="192.0.2.0/24", ago=timedelta(days=3))
    used(key, 999, client="ancient", ago=timedelta(days=95))

    page = words_of(admin.get(place(key, "revoke/"), headers=DIALOG))

    assert "4,030 requests in 90 days: the next ones will be refused" in page
    assert "Last used: 6 minutes ago" in page
    assert "Programs: Agent 7.66 (4,000), curl (30)" in page
    assert "Networks: 203.0.113.0/24 (4,000), 192.0.2.0/24 (30)" in page
    assert "Endpoints: /api/v2/series (4,030)" in page


def test_of_one_that_rests_it_says_that_nothing_breaks(key, admin, now):
    mark_used(key, now - timedelta(days=91))

    assert "Nothing has used it in 90 days: nothing should break." in words_of(admin.get(place(key, "revoke/")))


@pytest.mark.parametrize(("hours", "asks"), [(23, True), (25, False)])
def test_the_name_is_typed_only_for_one_that_is_in_use(hours, asks, key, admin, now):
    mark_used(key, now - timedelta(hours=hours))

    page, answer = admin.get(place(key, "revoke/")), admin.post(place(key, "revoke/"))

    key.refresh_from_db()
    assert ("Type payments to confirm" in text(page)) == asks
    assert (answer.status_code, key.revoked_at is None) == ((422, True) if asks else (303, False))


@pytest.mark.parametrize(("typed", "status"), [("Payments ", 303), ("payment", 422), ("", 422), ("\0", 422)])
def test_only_the_name_confirms(typed, status, key, admin, now):
    mark_used(key, now)

    answer = admin.post(place(key, "revoke/"), {"confirm": typed, "reason": "kept"})

    assert answer.status_code == status
    assert status == 303 or 'value="kept"' in text(answer)


@pytest.mark.parametrize("reason", ["x" * 201, "\0"])
def test_a_reason_that_cannot_be_kept_says_so_at_the_field(reason, key, admin):
    answer = admin.post(place(key, "revoke/"), {"reason": reason})

    assert answer.status_code == 422
    assert 'aria-describedby="id_reason_error"' in text(answer)


def test_what_can_be_restored_is_not_said_to_be_gone_for_good(alice, key, admin, issue):
    other = issue(APPLICATION_KEY, alice).credential

    assert "It can be restored for 7 days." in text(admin.get(place(key, "revoke/")))
    assert "This is at once and for good." in text(admin.get(place(other, "revoke/")))


def test_revoking_a_successor_says_that_the_old_one_stays(key, by, admin):
    new = rotation.rotate(key.pk, overlap=Overlap.DAY, by=by).credential

    assert "the rotation is canceled" in text(admin.get(place(new, "revoke/")))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_brown_out_is_offered_shown_and_lifted(kind, alice, robot, admin, issue):
    issue(API_KEY, alice, name="stays")
    one = issue(kind, alice).credential
    offer = text(admin.get(place(one, "revoke/")))

    answer = admin.post(place(one, "block/"))
    page = text(admin.get(place(one)))
    listed = row_of(text(admin.get(f"/apis/{kind.slug}/?state=blocked")), one)
    lifted = admin.post(place(one, "unblock/"))

    assert f'action="{place(one, "block/")}"' in offer
    assert (answer.status_code, answer.headers["Location"]) == (303, place(one))
    assert "Blocked: it comes back" in page
    assert f'action="{place(one, "unblock/")}"><input type="hidden" name="csrfmiddlewaretoken"' in page
    assert "Blocked" in listed
    assert (lifted.status_code, "Blocked:" in text(admin.get(place(one)))) == (303, False)


def test_a_blocked_one_is_among_what_needs_a_look(key, by, admin):
    blocking.brown_out(key.pk, by=by)

    assert '?state=blocked"><span class="dot bad"></span><span><b>1</b> is blocked' in text(admin.get("/apis/"))


def test_blocking_twice_and_lifting_nothing_are_refused(key, admin):
    nothing = admin.post(place(key, "unblock/"))
    admin.post(place(key, "block/"))
    again = admin.post(place(key, "block/"))

    assert (nothing.status_code, "payments is not blocked." in text(nothing)) == (409, True)
    assert (again.status_code, "payments is blocked already." in text(again)) == (409, True)
    assert "Block for 5 minutes" not in text(admin.get(place(key, "revoke/")))


def test_one_in_quarantine_says_so_on_both_pages(key, by, admin):
    blocking.quarantine(key.pk, by=by, reason="found in a repository")

    assert "In quarantine: blocked until somebody lifts it." in text(admin.get(place(key)))
    assert "somebody thought it unsafe" in text(admin.get(place(key, "unblock/")))


def test_a_revoked_api_key_comes_back_from_its_page_or_the_list(key, admin):
    admin.post(place(key, "revoke/"))
    listed, page = text(admin.get("/apis/api-keys/?state=revoked")), text(admin.get(place(key)))
    form = admin.get(place(key, "restore/"))

    answer = admin.post(place(key, "restore/"))

    key.refresh_from_db()
    assert place(key, "restore/") in row_of(listed, key)
    assert "Can be restored until" in row_of(listed, key)
    assert place(key, "restore/") in page
    assert "nothing has to be deployed" in text(form)
    assert (answer.status_code, key.revoked_at) == (303, None)
    assert AuditEvent.objects.filter(event="credential.restored").exists()


def test_after_seven_days_it_says_why_not(key, by, admin, later):
    lifecycle.revoke(key.pk, by=later(by, timedelta(days=-7, minutes=-1)))

    page, form, answer = admin.get(place(key)), admin.get(place(key, "restore/")), admin.post(place(key, "restore/"))

    assert "Can no longer be restored" in text(page)
    assert place(key, "restore/") not in text(page)
    assert "was revoked too long ago to be restored" in text(form)
    assert answer.status_code == 409


def test_a_full_quota_says_why_not(alice, key, admin, issue):
    admin.post(place(key, "revoke/"))
    Limit.objects.filter(kind=API_KEY).update(maximum=1)

    answer = admin.post(place(key, "restore/"))

    assert (answer.status_code, "All 1 are in use." in text(answer)) == (409, True)


def test_other_kinds_are_gone_for_good(alice, admin, issue):
    one = issue(APPLICATION_KEY, alice).credential
    admin.post(place(one, "revoke/"))

    assert "Gone for good: create a new one" in text(admin.get(place(one)))
    assert admin.post(place(one, "restore/")).status_code == 409


def test_what_has_ended_is_under_inactive_alone(alice, admin, issue, now, later, by):
    past = later(by, timedelta(days=-40))
    ends = now - timedelta(days=9)
    expired = issue(PERSONAL_ACCESS_TOKEN, alice, name="expired", actor=past, expires_at=ends).credential
    revoked = issue(PERSONAL_ACCESS_TOKEN, alice, name="revoked").credential
    used = issue(PERSONAL_ACCESS_TOKEN, alice, name="used").credential
    lifecycle.revoke(revoked.pk, by=by)

    def listed(query):
        page = text(admin.get(f"/apis/personal-access-tokens/{query}"))
        return {row for row in (expired, revoked, used) if f'id="row-{row.pk}"' in page}

    assert listed("") == listed("?state=active") == {used}
    assert listed("?state=inactive") == {expired, revoked}
    assert listed("?state=expired") == {expired}
    assert listed("?state=revoked") == {revoked}
    assert listed("?state=inactive&q=exp") == {expired}


def test_each_tab_offers_its_own_filters(key, admin):
    def offered(query):
        return re.findall(r'<option value="(\w*)"', text(admin.get(f"/apis/api-keys/{query}")))

    assert "blocked" in offered("")
    assert "revoked" not in offered("")
    assert [slug for slug in offered("?state=expired") if slug in {"inactive", "expired", "revoked", "blocked"}] == [
        "inactive",
        "expired",
        "revoked",
    ]
    assert 'state=inactive" aria-current="page"' in text(admin.get("/apis/api-keys/?state=expired"))


@pytest.mark.parametrize("verb", ["revoke/", "block/", "unblock/", "restore/"])
def test_readers_and_strangers_are_kept_out(verb, vera, charlie, key, client_of):
    for member, status in ((vera, 403), (charlie, 404)):
        visitor = client_of(member)
        answers = (visitor.get(place(key, verb)), visitor.post(place(key, verb)))
        assert {answer.status_code for answer in answers} == {status}
