"""Datadog's async client: the life of each thing, and what only this client does. It sends `null` with a DELETE, and
asks for the first page of users without a number."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from datadog_api_client.v2.model.audit_logs_search_events_request import AuditLogsSearchEventsRequest

from tests.clients.datadog import document, link, refused

pytestmark = pytest.mark.server


@pytest.fixture
def run(house):
    """Runs a coroutine function with the client in a loop of its own."""

    def running(steps):
        async def main():
            apis = house.async_by_keys()
            async with apis.client:
                return await steps(apis)

        return asyncio.run(main())

    return running


def test_an_api_key_lives(run, name):
    async def life(apis):
        made = (await apis.keys.create_api_key(document("api_keys", name=name))).data
        body = document("api_keys", made.id, name=f"{name} b")
        changed = (await apis.keys.update_api_key(made.id, body)).data
        listed = await apis.keys.list_api_keys(filter=name, include="created_by")
        assert (await apis.keys.get_api_key(made.id)).data.attributes.name == changed.attributes.name == f"{name} b"
        assert [row.id for row in listed.data] == [made.id]
        assert await apis.keys.delete_api_key(made.id) is None
        assert apis.status == 204
        with refused(404, "API key not found"):
            await apis.keys.delete_api_key(made.id)

    run(life)


def test_an_application_key_lives(run, name):
    async def life(apis):
        body = document("application_keys", name=name, scopes=None)
        made = (await apis.keys.create_current_user_application_key(body)).data
        assert made.attributes.scopes is None
        body = document("application_keys", made.id, scopes=["dashboards_read"])
        changed = (await apis.keys.update_application_key(made.id, body)).data
        assert changed.attributes.scopes == ["dashboards_read"]
        assert (await apis.keys.get_current_user_application_key(made.id)).data.id == made.id
        assert await apis.keys.delete_current_user_application_key(made.id) is None
        with refused(404, "Application key not found"):
            await apis.keys.delete_application_key(made.id)

    run(life)


def test_a_personal_access_token_lives(run, name):
    async def life(apis):
        attributes = {"name": name, "scopes": ["dashboards_read"], "expires_at": datetime.now(UTC) + timedelta(days=2)}
        made = (await apis.keys.create_personal_access_token(document("personal_access_tokens", **attributes))).data
        body = document("personal_access_tokens", made.id, name=f"{name} b")
        changed = (await apis.keys.update_personal_access_token(made.id, body)).data
        assert (await apis.keys.get_personal_access_token(made.id)).data.attributes.name == f"{name} b"
        assert changed.attributes.expires_at == attributes["expires_at"]
        for _ in range(2):
            assert await apis.keys.revoke_personal_access_token(made.id) is None
            assert apis.status == 204

    run(life)


def test_a_service_account_and_its_credentials_live(run, name):
    async def life(apis):
        body = document("users", email=f"{uuid.uuid4()}@clients.example", name=name, service_account=True)
        account = (await apis.accounts.create_service_account(body)).data.id
        body = document("service_access_tokens", name=name, scopes=["dashboards_read"])
        token = (await apis.accounts.create_service_account_access_token(account, body)).data
        body = document("application_keys", name=name)
        key = (await apis.accounts.create_service_account_application_key(account, body)).data
        assert token.attributes.expires_at is None
        assert (await apis.accounts.list_service_account_access_tokens(account)).data[0].id == token.id
        assert (await apis.accounts.get_service_account_application_key(account, key.id)).data.id == key.id
        assert await apis.accounts.revoke_service_account_access_token(account, token.id) is None
        assert await apis.accounts.delete_service_account_application_key(account, key.id) is None
        assert await apis.users.disable_user(account) is None

    run(life)


def test_a_user_and_a_role_live(run, name):
    async def life(apis):
        user = (await apis.users.create_user(document("users", email=f"{uuid.uuid4()}@clients.example"))).data
        role = (await apis.roles.create_role(document("roles", name=name))).data
        held = await apis.roles.add_user_to_role(role.id, {"data": link("users", user.id)})
        freed = await apis.roles.remove_user_from_role(role.id, {"data": link("users", user.id)})
        changed = await apis.users.update_user(user.id, document("users", user.id, name=name))
        assert (user.attributes.status, user.attributes.title) == ("Pending", None)
        assert ([row.id for row in held.data], freed.data) == ([user.id], [])
        assert changed.data.attributes.name == name
        assert await apis.roles.delete_role(role.id) is None
        assert await apis.users.disable_user(user.id) is None
        with refused(404, f"{user.id} not found"):
            await apis.users.disable_user(user.id)

    run(life)


def test_an_invitation_is_sent_and_cancelled(run, user):
    async def life(apis):
        link_to = {"user": {"data": link("users", user.id)}}
        body = {"data": [{"type": "user_invitations", "relationships": link_to}]}
        (sent,) = (await apis.users.send_invitations(body)).data
        assert (await apis.users.get_invitation(sent.id)).data.id == sent.id
        assert await apis.users.delete_user_invitations(uuid.UUID(user.id)) is None

    run(life)


def test_the_paging_helpers_read_every_page(run, user, account):
    async def pages(apis):
        found = [row.id async for row in apis.users.list_users_with_pagination(page_size=2)]
        query = f"@asset.id:({user.id} OR {account.id})"
        listed = [row.id async for row in apis.audit.list_audit_logs_with_pagination(filter_query=query, page_limit=1)]
        body = AuditLogsSearchEventsRequest(filter={"query": query}, page={"limit": 1})
        searched = [row.id async for row in apis.audit.search_audit_logs_with_pagination(body=body)]
        counted = (await apis.users.list_users()).meta.page.total_count
        return found, listed, searched, counted

    found, listed, searched, counted = run(pages)

    assert len(found) == len(set(found)) == counted > 2
    assert {user.id, account.id} <= set(found)
    assert len(set(listed)) == len(listed) == 2
    assert searched == listed


def test_the_rest_answers_too(run, house):
    async def rest(apis):
        assert (await apis.keys.validate()).data.id == house.id
        assert (await apis.v1.validate()).valid is True
        assert (await apis.keys.validate_api_key()).status.value == "ok"
        assert (await apis.audit.search_audit_logs()).data
        assert str((await apis.organizations.list_orgs()).data.id) == house.id
        assert (await apis.organizations.get_org_config("custom_roles")).data.attributes.value is True
        assert (await apis.v1_orgs.list_orgs()).orgs[0].name == "Clients"

    run(rest)


def test_many_requests_at_once_are_all_answered(run):
    async def crowd(apis):
        return await asyncio.gather(*(apis.roles.list_permissions() for _ in range(8)))

    assert len({len(answer.data) for answer in run(crowd)}) == 1
