"""Ways up that are closed, and ways around: nobody gets by a credential what they could not get themselves."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from accounts import granting, members, org_configs, roles, service_accounts
from accounts.builtin_roles import ADMIN, STANDARD
from accounts.models import Member, MemberRole
from keys.kinds import PERSONAL_ACCESS_TOKEN
from keys.models import Credential, RateWindow, Use

pytestmark = pytest.mark.django_db

KEY = {"data": {"type": "application_keys", "attributes": {"name": "way up", "scopes": None}}}


@pytest.fixture
def manager(camille, alice, actor_of, acme, now):
    """Camille may manage service accounts, and otherwise little."""
    permissions = frozenset({"service_account_write", "user_app_keys", "user_access_read", "dashboards_read"})
    role = roles.create(name="Robot keeper", permissions=permissions, by=actor_of(alice))
    granting.replace(camille, frozenset({role.id}))
    return Member.objects.get(pk=camille.pk)


def keys_of(account):
    return f"/api/v2/service_accounts/{account.pk}/application_keys"


def test_who_manages_service_accounts_makes_no_key_of_one_that_may_do_more(manager, robot, pair):
    granting.replace(robot, frozenset({ADMIN.id}))

    answer = pair(manager).post(keys_of(robot), KEY)

    assert (answer.status_code, answer.json()["errors"][1]) == (
        403,
        "The owner of this credential lacks the permission user_access_manage.",
    )


def test_but_of_one_that_may_do_less(manager, robot, pair):
    granting.replace(robot, frozenset())

    assert pair(manager).post(keys_of(robot), KEY).status_code == 201


def test_a_narrow_key_of_an_admin_still_rotates_the_keys_of_any(alice, robot, pair):
    granting.replace(robot, frozenset({ADMIN.id}))

    assert pair(alice, scopes=["service_account_write"]).post(keys_of(robot), KEY).status_code == 201


def test_a_service_account_keeps_its_own_keys(robot, pair):
    program, path = pair(robot), "/api/v2/current_user/application_keys"
    made = program.post(path, KEY).json()["data"]
    renamed = {"data": {"type": "application_keys", "id": made["id"], "attributes": {"name": "mine"}}}

    assert program.patch(f"{path}/{made['id']}", renamed).status_code == 200
    assert program.delete(f"{path}/{made['id']}").status_code == 204


def test_a_narrow_token_leaves_its_owner_s_profile_alone(alice, token):
    body = {"data": {"type": "users", "id": str(alice.pk), "attributes": {"name": "Pwned"}}}

    assert token(alice, "dashboards_read").patch("/api/v2/current_user", body).status_code == 403
    assert Member.objects.get(pk=alice.pk).name == "Alice Admin"


def test_a_service_account_takes_no_other_one_s_name(robot, alice, pair, actor_of):
    granting.replace(robot, frozenset({ADMIN.id}))
    service_accounts.create(name="taken", email="t@acme.example", role_ids=frozenset(), by=actor_of(alice))
    body = {"data": {"type": "users", "id": str(robot.pk), "attributes": {"name": "Taken"}}}

    assert pair(robot).patch("/api/v2/current_user", body).status_code == 409


def test_an_address_is_not_moved_out_of_the_allowed_domains(alice, pair, actor_of):
    by = actor_of(alice)
    org_configs.change(org_configs.DOMAIN_ALLOWLIST, ["acme.example"], by=by)
    pending = members.add(email="p@acme.example", role_ids=frozenset({STANDARD.id}), by=by)
    body = {"data": {"type": "users", "id": str(pending.pk), "attributes": {"email": "p@evil.example"}}}

    assert pair(alice).patch(f"/api/v2/users/{pending.pk}", body).status_code == 400


def test_who_manages_service_accounts_reads_no_person_by_changing_nothing(manager, alice, pair):
    body = {"data": {"type": "users", "id": str(alice.pk), "attributes": {}}}

    assert pair(manager).patch(f"/api/v2/users/{alice.pk}", body).status_code == 403


def test_of_several_to_anonymize_each_is_told_of(alice, bob, robot, pair):
    ids = [str(bob.pk), str(robot.pk), str(alice.pk), "ddapp_" + "x" * 34]
    body = {"data": {"type": "anonymize_users_request", "attributes": {"user_ids": ids}}}

    answer = pair(alice).ask("PUT", "/api/v2/anonymize_users", body)

    said = answer.json()["data"]["attributes"]
    assert (answer.status_code, said["anonymized_user_ids"]) == (200, [str(bob.pk)])
    assert len(said["anonymize_errors"]) == 3
    assert "ddapp_x" not in answer.content.decode()


def test_who_was_anonymized_does_not_come_back(alice, bob, pair):
    program = pair(alice)
    body = {"data": {"type": "anonymize_users_request", "attributes": {"user_ids": [str(bob.pk)]}}}
    program.ask("PUT", "/api/v2/anonymize_users", body)
    back = {"data": {"type": "users", "id": str(bob.pk), "attributes": {"disabled": False}}}

    assert program.patch(f"/api/v2/users/{bob.pk}", back).status_code == 400
    assert not MemberRole.objects.filter(member=bob).exists()


def test_agents_that_validate_use_up_nobody_else_s_requests(alice, pair, settings):
    settings.API_RATES = {"read": (2, 60), "validate": (3, 60)}
    program = pair(alice)
    statuses = [program.get("/api/v1/validate").status_code for _ in range(4)]

    assert statuses == [200, 200, 200, 429]
    assert program.get("/api/v2/users").status_code == 200


def test_requests_beyond_the_rate_cannot_fill_the_table(alice, pair, settings):
    settings.API_RATES = {"read": (1, 60)}
    program = pair(alice)
    for _ in range(70):
        program.get("/api/v2/users")

    assert Use.objects.count() <= 62
    assert RateWindow.objects.filter(name__startswith="refused").count() == 1


def test_a_secret_in_the_user_agent_is_kept_nowhere(alice, pair, issue):
    text = issue(PERSONAL_ACCESS_TOKEN, alice).secret.text
    pair(alice).ask("GET", "/api/v2/users", headers={"User-Agent": f"curl {text}"})

    assert Use.objects.get().client == "curl [redacted]"


@pytest.mark.parametrize("value", [["a\0b"], [" "], ["é.example"], ["x" * 253], ["localhost"], ["-a.example"]])
def test_what_is_no_domain_is_not_allowed(alice, pair, value):
    body = {"data": {"type": "org_configs", "attributes": {"value": value}}}

    assert pair(alice).patch("/api/v2/org_configs/domain_allowlist", body).status_code == 400


def test_a_setting_may_be_sent_back_with_its_id(alice, pair):
    program, path = pair(alice), "/api/v2/org_configs/custom_roles"
    data = program.get(path).json()["data"]

    answer = program.patch(path, {"data": {"type": data["type"], "id": data["id"], "attributes": {"value": True}}})

    assert answer.status_code == 200


def test_a_token_that_was_narrowed_is_not_told_again_what_it_made(alice, token, now):
    program = token(alice, "user_app_keys", "api_keys_write")
    attributes = {"name": "child", "scopes": ["api_keys_write"], "expires_at": (now + timedelta(days=2)).isoformat()}
    body = {"data": {"type": "personal_access_tokens", "attributes": attributes}}
    first = program.post("/api/v2/personal_access_tokens", body, **{"Idempotency-Key": "k"})
    parent = Credential.objects.get(name=f"token of {alice.name}")
    Credential.objects.filter(pk=parent.pk).update(scopes=["user_app_keys"])

    second = program.post("/api/v2/personal_access_tokens", body, **{"Idempotency-Key": "k"})

    assert (first.status_code, second.status_code) == (201, 403)


@pytest.mark.server
def test_a_chunked_body_is_read(server):
    made = json.loads(server.manage("createorg", "Chunks", "--admin", "ada@chunks.example", "--keys"))
    headers = {"DD-API-KEY": made["api_key"], "DD-APPLICATION-KEY": made["application_key"]}
    client = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    body = json.dumps({"filter": {"query": "@event:nothing.such", "from": "now-30d"}}).encode()
    client.request(
        "POST",
        "/api/v2/audit/events/search",
        iter([body[:10], body[10:]]),
        headers | {"Content-Type": "application/json"},
        encode_chunked=True,
    )

    answer = client.getresponse()
    found = json.load(answer)
    client.close()
    assert (answer.status, found["data"]) == (200, [])


@pytest.mark.server
def test_eight_revocations_of_one_token_at_once_are_eight_successes(server):
    made = json.loads(server.manage("createorg", "Eight", "--admin", "ada@eight.example", "--keys"))
    headers = {"DD-API-KEY": made["api_key"], "DD-APPLICATION-KEY": made["application_key"]}

    def send(method, path, body=None):
        client = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
        client.request(method, path, body and json.dumps(body), headers | {"Content-Type": "application/json"})
        answer = client.getresponse()
        content = answer.read()
        client.close()
        return answer.status, content

    account = {"data": {"type": "users", "attributes": {"email": "r@eight.example", "service_account": True}}}
    owner = json.loads(send("POST", "/api/v2/service_accounts", account)[1])["data"]["id"]
    path = f"/api/v2/service_accounts/{owner}/access_tokens"
    token = {"data": {"type": "service_access_tokens", "attributes": {"name": "t", "scopes": ["dashboards_read"]}}}
    made = json.loads(send("POST", path, token)[1])["data"]["id"]

    with ThreadPoolExecutor(8) as crowd:
        statuses = list(crowd.map(lambda _n: send("DELETE", f"{path}/{made}")[0], range(8)))

    assert statuses == [204] * 8
