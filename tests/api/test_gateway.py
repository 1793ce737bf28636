"""/verify: the question a gateway asks, with every outcome, and from every place a credential may be in."""

from datetime import timedelta
from ipaddress import ip_network
from urllib.parse import quote

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import MemberRole
from accounts.organizations import in_organization
from keys import lifecycle, limits, offboarding
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, KINDS, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN
from keys.models import Credential
from keys.usage import observations, spool
from keys.verification import Outcome

pytestmark = pytest.mark.django_db


def ask(address="/verify", text=None, *, header="DD-API-KEY", method="get", **headers):
    sent = {header: text} if text is not None else {}
    return getattr(Client(raise_request_exception=False), method)(address, headers=sent | headers)


def said(answer):
    return answer.status_code, answer.json()["errors"][-1]


@pytest.fixture
def text_of(alice, robot, issue):
    return lambda kind, **fields: issue(kind, alice, **fields).secret.text


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_good_credential_of_any_kind_passes_and_says_who_it_is(kind, text_of, acme):
    answer = ask(text=text_of(kind))

    made = Credential.objects.get(kind=kind)
    assert (answer.status_code, answer.headers["X-Credential-Id"]) == (200, str(made.pk))
    assert answer.headers["X-Credential-Kind"] == kind.value
    assert answer.headers["X-Organization-Id"] == str(acme.pk)
    assert answer.headers["X-Owner-Id"] == str(made.owner_id or "")
    assert answer.headers["Cache-Control"] == "no-store"


def test_scopes_are_those_the_owner_still_has(alice, robot, issue):
    made = issue(SERVICE_ACCESS_TOKEN, alice, scopes=["dashboards_read", "monitors_read"])
    before = ask(text=made.secret.text).headers["X-Scopes"]
    MemberRole.objects.filter(member=robot).delete()

    assert before == "dashboards_read,monitors_read"
    assert ask(text=made.secret.text).headers["X-Scopes"] == ""


def test_an_unscoped_key_has_a_star(text_of):
    assert ask(text=text_of(APPLICATION_KEY)).headers["X-Scopes"] == "*"


@pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("address", ["/verify", "/verify/", "/verify/api/v2/logs", "/verify;accept=api_key/x//y"])
def test_any_method_and_any_address_below_is_answered_and_none_redirected(method, address, text_of):
    assert ask(address, text_of(API_KEY), method=method).status_code == 200


PLACES = {
    "api key header": {"headers": {"DD-API-KEY": "{}"}},
    "application key header": {"headers": {"DD-APPLICATION-KEY": "{}"}},
    "bearer": {"headers": {"Authorization": "Bearer {}"}},
    "own query": {"address": "/verify/api/v2/logs?dd-api-key={}"},
    "nginx": {"headers": {"X-Original-URI": "/api/v2/logs?x=1&dd-api-key={}"}},
    "caddy": {"headers": {"X-Forwarded-Uri": "/api/v1/validate?api_key={}"}},
}


@pytest.mark.parametrize("place", PLACES)
def test_it_is_found_wherever_clients_put_it(place, text_of):
    text, where = text_of(CLIENT_TOKEN), PLACES[place]
    headers = {name: value.format(text) for name, value in where.get("headers", {}).items()}

    assert ask(where.get("address", "/verify").format(text), **headers).status_code == 200


def test_of_several_the_first_that_the_route_accepts_counts(text_of):
    both = {"DD-API-KEY": text_of(API_KEY), "DD-APPLICATION-KEY": text_of(APPLICATION_KEY)}

    assert ask("/verify?accept=api_key", **both).headers["X-Credential-Kind"] == "api_key"
    assert ask("/verify?accept=application_key", **both).headers["X-Credential-Kind"] == "application_key"
    assert ask("/verify?accept=client_token", **both).status_code == 403


def test_nothing_sent_is_401():
    assert said(ask()) == (401, "No credential was sent.")
    assert ask().headers["WWW-Authenticate"] == "Bearer"


HOSTILE = ("x", "", "0" * 32, "a" * 10_000, "é" * 32, "ddpat_" + "!" * 59, "f" * 31 + "\x7f", "a, b", "' OR 1=1 --")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_credential_is_401_and_not_said_back(text):
    answer = ask(text=text)

    assert answer.status_code == 401
    assert not text or text not in answer.content.decode()


def test_what_is_not_even_spelled_like_one_costs_no_query():
    with CaptureQueriesContext(connection) as queries:
        ask(text="ddpat_" + "0" * 59)

    assert not queries


def test_a_known_one_costs_one_query(text_of):
    text = text_of(API_KEY)

    with CaptureQueriesContext(connection) as queries:
        ask(text=text)

    assert len(queries) == 1


def test_a_revoked_one_is_401_at_the_next_question(alice, issue, actor_of):
    made = issue(PERSONAL_ACCESS_TOKEN, alice)
    lifecycle.revoke(made.credential.pk, by=actor_of(alice))

    assert said(ask(text=made.secret.text)) == (401, "This credential was revoked.")


def test_an_expired_one_too(alice, issue, now):
    made = issue(PERSONAL_ACCESS_TOKEN, alice)
    Credential.objects.filter(pk=made.credential.pk).update(expires_at=now - timedelta(seconds=1))

    assert said(ask(text=made.secret.text)) == (401, "This credential has expired.")


def test_and_one_whose_owner_was_disabled(alice, camille, issue, actor_of):
    made = issue(PERSONAL_ACCESS_TOKEN, camille)
    offboarding.disable(camille.pk, by=actor_of(alice))

    assert ask(text=made.secret.text).status_code == 401


def test_a_kind_that_is_switched_off_is_403(text_of, acme, sam, actor_of):
    text = text_of(CLIENT_TOKEN)
    limits.switch(CLIENT_TOKEN, on=False, reason="beta over", by=in_organization(actor_of(sam), acme))

    assert ask(text=text).status_code == 403


def test_a_kind_the_route_does_not_accept_is_403(text_of):
    answer = ask("/verify?accept=api_key", text_of(CLIENT_TOKEN))

    assert said(answer) == (403, "This kind of credential is not accepted here.")


def test_a_missing_scope_is_403_and_named(alice, issue):
    text = issue(PERSONAL_ACCESS_TOKEN, alice, scopes=["dashboards_read"]).secret.text

    assert ask("/verify?scope=dashboards_read", text).status_code == 200
    answer = ask("/verify?scope=dashboards_read,monitors_write", text)
    assert said(answer) == (403, "The scope monitors_write is missing.")


def test_another_organization_is_403(text_of, globex):
    answer = ask(f"/verify?organization={globex.pk}", text_of(API_KEY))

    assert said(answer) == (403, "This credential belongs to another organization.")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("accept=apikey", "accept: there is no kind"),
        ("scope=nope", "scope: there is no"),
        ("organization=1", "expected"),
        ("accept=", "accept: is empty"),
        ("accept", "accept: is empty"),
        ("accept=,", "accept: is empty"),
        ("scope=", "scope: is empty"),
        ("organization=", "organization: is empty"),
    ],
)
def test_a_route_that_makes_no_sense_is_400_and_says_what(query, words, text_of):
    for address in (f"/verify?{query}", f"/verify;{query}/x"):
        status, message = said(ask(address, text_of(API_KEY, name=quote(address))))
        assert (status, words in message) == (400, True)


@pytest.mark.parametrize(
    "address",
    ["/verify;/x", "/verify;accepts=api_key", "/verify;accept=api_key;;", "/verify;Accept=api_key/x", "/verify;x=1/x"],
)
def test_a_path_that_says_anything_else_is_400_and_opens_nothing(address, text_of):
    assert said(ask(address, text_of(API_KEY)))[0] == 400


def test_where_the_path_speaks_the_query_is_the_clients_own(text_of):
    assert ask("/verify;accept=api_key/x?scope=read+write&accept=1", text_of(API_KEY)).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/verify%3Baccept=api_key/x",  # as a gateway may spell it
        "/verify;accept%3Dapi_key/x",
        "/verify?accept=api_key&accept=client_token",  # as Caddy puts the client's own query behind the route's
        "/verify;accept=api_key/x?accept=client_token",
        "/verify;accept=api_key;accept=client_token/x",
    ],
)
def test_nothing_a_client_appends_widens_the_route(address, text_of):
    assert ask(address, text_of(CLIENT_TOKEN)).status_code == 403


def test_who_does_not_know_the_secret_may_not_ask_where_there_is_one(settings, text_of):
    settings.VERIFY_SECRET = "between gateways"
    text = text_of(API_KEY)

    assert ask(text=text).status_code == 403
    assert ask(text=text, **{"X-Verify-Secret": "between gateway"}).status_code == 403
    assert ask(text=text, **{"X-Verify-Secret": "between gateways"}).status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "status"),
    [(0, None, 200), (0, "203.0.113.9", 200), (1, "203.0.113.9, 10.0.0.7", 403), (1, "203.0.113.9, 127.0.0.1", 200)],
)
def test_only_the_networks_set_may_ask(settings, text_of, proxies, forwarded, status):
    settings.VERIFY_NETWORKS, settings.VERIFY_PROXIES = [ip_network("127.0.0.0/8")], proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    assert ask(text=text_of(API_KEY), **headers).status_code == status


def test_who_asks_from_elsewhere_may_not(settings, text_of):
    settings.VERIFY_NETWORKS = [ip_network("10.0.0.0/8")]

    assert said(ask(text=text_of(API_KEY)))[0] == 403


def test_it_is_counted_with_where_it_came_from_and_without_the_text(settings, tmp_path, text_of, acme):
    settings.USAGE_DIR, text = tmp_path / "usage", text_of(API_KEY)
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Original-URI": f"/v1/orders/17?api_key={text}"}
    ask("/verify?accept=api_key", text, **headers | {"User-Agent": "curl/8.1 (secret-ish)"})

    (file,) = (tmp_path / "usage" / "spool").iterdir()
    seen = observations.parsed(next(spool.frames(file.read_bytes())).lines)
    assert seen[2:] == (Outcome.VALID, "curl", "203.0.113.0/24", "/v1/orders/*", ())
    assert (seen.organization_id, text in file.read_bytes().decode("latin-1")) == (acme.pk, False)


def test_the_scopes_that_were_asked_about_are_counted_with_it(settings, tmp_path, text_of):
    settings.USAGE_DIR = tmp_path / "usage"
    ask("/verify?scope=dashboards_read,monitors_read", text_of(APPLICATION_KEY))

    (file,) = (tmp_path / "usage" / "spool").iterdir()
    seen = observations.parsed(next(spool.frames(file.read_bytes())).lines)
    assert (seen.outcome, seen.scopes) == (Outcome.VALID, ("dashboards_read", "monitors_read"))


def test_a_database_that_does_not_answer_is_503_and_never_200(text_of, monkeypatch):
    def gone(*_args, **_kwargs):
        raise OperationalError

    text = text_of(API_KEY)
    monkeypatch.setattr("keys.standings.find", gone)
    answer = ask(text=text)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_it_is_no_page_and_takes_no_session(client_of, alice):
    answer = client_of(alice).get("/verify")

    assert answer.status_code == 401
    assert not answer.cookies
