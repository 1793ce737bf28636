"""What somebody sends on purpose: no error page, nothing learnt that is not theirs to know."""

from datetime import timedelta
from io import BytesIO

import pytest

from accounts import invitations, members
from accounts.builtin_roles import STANDARD
from console.logs import redacted
from console.wsgi import application
from keys.kinds import API_KEY, CLIENT_TOKEN, PERSONAL_ACCESS_TOKEN
from keys.models import Credential

pytestmark = pytest.mark.django_db

CHARSETS = ("hex", "punycode", "raw_unicode_escape", "idna", "rot13", "utf-16", '"hex"')


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x"])
def test_the_client_does_not_choose_the_codec(charset, kind, db):
    answered = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/accounts/login/",
        "QUERY_STRING": "q=%5cud800&" * 1200,
        "CONTENT_TYPE": f"{kind}; charset={charset}",
        "CONTENT_LENGTH": "0",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "wsgi.input": BytesIO(),
        "wsgi.url_scheme": "http",
    }

    list(application(environ, lambda status, headers: answered.append(status)))

    assert answered[0][:1] == "4"


@pytest.mark.parametrize("name", ["ﷺ" * 128, "㎞" * 128 + "ﷺ"])
def test_a_name_that_grows_when_normalized_is_refused(name, alice, client_of):
    answer = client_of(alice).post("/apis/api-keys/new/", {"name": name})

    assert answer.status_code == 422
    assert not Credential.objects.exists()


@pytest.mark.parametrize("query", ["q=%00", "state=%00", "q=%ed%a0%80", "state=" + "x" * 3000])
def test_nonsense_in_the_query_is_left_out(query, alice, client_of, issue):
    issue(API_KEY, alice)
    client = client_of(alice)

    for path in ("/apis/", "/apis/api-keys/"):
        assert client.get(f"{path}?{query}").status_code == 200
    assert b"".join(client.get(f"/apis/export.csv?{query}").streaming_content)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "2026-01-01"])
@pytest.mark.parametrize("direction", ["after", "before"])
def test_a_cursor_at_the_end_of_time_is_no_error(moment, direction, alice, client_of, issue):
    issue(API_KEY, alice)
    cursor = f"{moment}~11111111-1111-1111-1111-111111111111"

    assert client_of(alice).get(f"/apis/api-keys/?{direction}={cursor}").status_code == 200


def test_who_may_not_read_the_audit_trail_learns_neither_address_nor_reason(alice, camille, vera, client_of, actor_of):
    client_of(alice).post("/apis/api-keys/new/", {"name": "seen"}, REMOTE_ADDR="203.0.113.77")
    place = f"/apis/api-keys/{Credential.objects.get().pk}/"

    assert "203.0.113.77" not in client_of(camille).get(place).content.decode()
    assert "203.0.113.77" in client_of(vera).get(place).content.decode()


def test_an_invitation_does_not_tell_what_somebody_is_called_elsewhere(alice, charlie, actor_of):
    invited = members.invite(email=charlie.email, role_ids=frozenset({STANDARD.id}), by=actor_of(alice))

    assert invited.name == "charlie"


def test_a_link_withdrawn_by_disabling_stays_withdrawn(alice, actor_of, now):
    invited = members.invite(email="new@acme.example", role_ids=frozenset({STANDARD.id}), by=actor_of(alice))
    token = invitations.make(invited, now=now)

    members.disable(invited.pk, by=actor_of(alice))
    members.enable(invited.pk, by=actor_of(alice))

    with pytest.raises(invitations.Unusable):
        invitations.find(token, now=now + timedelta(minutes=1))


def test_a_form_sent_again_with_another_end_is_another_form(alice, client_of):
    fields = {"name": "ci", "nonce": "n" * 30, "owner": str(alice.pk), "scopes": ["dashboards_read"]}
    client = client_of(alice)

    first = client.post("/apis/personal-access-tokens/new/", fields | {"expires": "365"})
    again = client.post("/apis/personal-access-tokens/new/", fields | {"expires": "365"})
    other = client.post("/apis/personal-access-tokens/new/", fields | {"expires": "7"})

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 422)
    assert Credential.objects.of_kind(PERSONAL_ACCESS_TOKEN).count() == 1


def test_a_kind_without_scopes_has_no_page_for_them(alice, client_of, issue):
    for kind in (API_KEY, CLIENT_TOKEN):
        row = issue(kind, alice).credential
        assert client_of(alice).post(f"/apis/{kind.slug}/{row.pk}/scopes/").status_code == 404


def test_a_session_cookie_that_is_no_name_is_no_session(client):
    client.cookies["keyhouse_session"] = '"aaaa\\000"'

    assert client.get("/accounts/login/").status_code == 200


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/password/reset/", "/invitations/unknown/", "/nowhere/"]
)
def test_no_page_is_kept_by_a_cache(path, client):
    assert "no-store" in client.get(path).headers["Cache-Control"]


def test_links_that_let_somebody_in_are_not_logged():
    said = redacted("Forbidden: /accounts/password/reset/key/1-abc-def/ and /invitations/s3cr3t-token/")

    assert said == "Forbidden: /accounts/password/reset/key/[redacted]/ and /invitations/[redacted]/"
