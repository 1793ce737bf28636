"""Datadog's client: the organization, its settings and its audit trail."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v2.model.audit_logs_search_events_request import AuditLogsSearchEventsRequest

from tests.clients.datadog import document, refused

pytestmark = pytest.mark.server

CONFIGS = ["admin_only_invites", "custom_roles", "domain_allowlist", "30d_invite_expiration"]


@pytest.fixture
def deeds(admin, api_key, name):
    """Five things done to one API key, in order, and the query that finds them."""
    for number in range(4):
        admin.keys.update_api_key(api_key.id, document("api_keys", api_key.id, name=f"{name} {number}"))
    return f"@asset.id:{api_key.id}"


def done(events):
    return [event.attributes.attributes["event"] for event in events]


def search(query, **asked):
    return {"filter": {"query": query, "from": "now-15m", "to": "now"}, **asked}


# The organization
def test_the_organization_manages_itself_alone(admin, house):
    found = admin.organizations.list_orgs()
    filtered = admin.organizations.list_orgs(filter_name="nobody's")

    assert str(found.data.id) == house.id
    assert [str(linked.id) for linked in found.data.relationships.managed_orgs.data] == [house.id]
    assert [(org.attributes.name, org.attributes.disabled) for org in found.included] == [("Clients", False)]
    assert found.included[0].attributes.url == house.url
    assert (filtered.data.relationships.managed_orgs.data, filtered.included) == ([], [])


def test_settings_are_listed_and_read(admin):
    listed = {row.attributes.name: row.attributes for row in admin.organizations.list_org_configs().data}

    assert sorted(listed) == sorted(CONFIGS)
    assert (listed["custom_roles"].value, listed["custom_roles"].value_type) == (True, "bool")
    assert (listed["domain_allowlist"].value, listed["domain_allowlist"].value_type) == ([], "string[]")
    for name in CONFIGS:
        assert admin.organizations.get_org_config(name).data.attributes.name == name


@pytest.mark.parametrize(
    ("setting", "there", "back"), [("admin_only_invites", True, False), ("domain_allowlist", ["clients.example"], [])]
)
def test_a_setting_changes(admin, setting, there, back):
    changed = admin.organizations.update_org_config(setting, document("org_configs", value=there)).data.attributes
    read = admin.organizations.get_org_config(setting).data.attributes
    admin.organizations.update_org_config(setting, document("org_configs", value=back))

    assert changed.value == read.value == there
    assert datetime.now(UTC) - read.modified_at < timedelta(minutes=1)
    assert admin.organizations.get_org_config(setting).data.attributes.value == back


def test_bad_settings_are_refused_with_the_reason(admin, reader):
    with refused(404, "OrgConfig: colour not found"):
        admin.organizations.get_org_config("colour")
    with refused(400, "value: The value provided for parameter 'OrgConfig: not-a-boolean' is invalid"):
        admin.organizations.update_org_config("custom_roles", document("org_configs", value="not-a-boolean"))
    with refused(403, "Forbidden", "The owner of this credential lacks the permission org_management."):
        reader.organizations.update_org_config("custom_roles", document("org_configs", value=False))


# The audit trail
def test_events_are_found_by_what_they_happened_to(admin, ada, house, api_key, deeds):
    event = admin.audit.list_audit_logs(filter_query=deeds).data[0]
    said = event.attributes.attributes

    assert (event.type.value, event.attributes.service) == ("audit", "keyhouse")
    assert event.attributes.tags == ["source:audit"]
    assert said["usr"] == {"id": ada, "name": said["usr"]["name"], "email": "ada@clients.example"}
    assert said["asset"] == {"type": "api_key", "id": api_key.id, "name": api_key.attributes.name}
    assert (said["org"]["uuid"], said["auth_method"]) == (house.id, "API + App Key")
    assert datetime.now(UTC) - event.attributes.timestamp < timedelta(minutes=1)


def test_events_come_in_both_orders(admin, deeds):
    first, *_rest = forth = admin.audit.list_audit_logs(filter_query=deeds, sort="timestamp").data
    back = admin.audit.list_audit_logs(filter_query=deeds, sort="-timestamp").data

    assert len(forth) == 5
    assert done([first]) == ["credential.issued"]
    assert [event.id for event in back] == [event.id for event in forth][::-1]


def test_a_page_tells_where_the_next_one_begins(admin, house, deeds):
    page = admin.audit.list_audit_logs(filter_query=deeds, page_limit=3)
    rest = admin.audit.list_audit_logs(filter_query=deeds, page_limit=3, page_cursor=page.meta.page.after)

    assert (len(page.data), len(rest.data)) == (3, 2)
    assert page.links.next.startswith(f"{house.url}/api/v2/audit/events?")
    assert page.meta.status.value == "done"
    assert "page" not in rest.meta
    assert "links" not in rest


def test_the_paging_helpers_read_every_page(admin, deeds):
    listed = list(admin.audit.list_audit_logs_with_pagination(filter_query=deeds, page_limit=2))
    body = search(deeds, page={"limit": 2}, sort="-timestamp")
    searched = list(admin.audit.search_audit_logs_with_pagination(body=AuditLogsSearchEventsRequest(**body)))

    assert len({event.id for event in listed}) == len(listed) == 5
    assert [event.id for event in searched] == [event.id for event in listed][::-1]


def test_moments_are_taken_as_the_client_sends_them(admin, deeds):
    now = datetime.now(UTC)
    hour, zone = timedelta(hours=1), timezone(timedelta(hours=2))
    found = admin.audit.list_audit_logs(
        filter_query=deeds, filter_from=now - hour, filter_to=now.astimezone(zone) + hour
    )
    naive = admin.audit.list_audit_logs(filter_query=deeds, filter_from=(now - hour).replace(tzinfo=None))
    earlier = admin.audit.list_audit_logs(filter_query=deeds, filter_to=now - hour, filter_from=now - 2 * hour)

    assert (len(found.data), len(naive.data), earlier.data) == (5, 5, [])


def test_a_search_takes_words_moments_and_options(admin, api_key, deeds):
    options = {"timezone": "GMT"}
    found = admin.audit.search_audit_logs(body=search(f"{deeds} @action:created", options=options)).data
    iso = {"filter": {"query": deeds, "from": "2026-01-01T00:00:00Z", "to": "now"}, "page": {"limit": 100}}

    assert done(found) == ["credential.issued"]
    assert len(admin.audit.search_audit_logs(body=iso).data) == 5


def test_a_search_without_a_body_finds_the_last_minutes(admin, deeds):
    assert len(admin.audit.search_audit_logs().data) > 4


def test_bad_searches_are_refused_with_the_reason(admin, reader):
    with pytest.raises(ApiException) as refusal:
        admin.audit.list_audit_logs(filter_query="(@asset.id:x")
    assert refusal.value.status == 400
    with refused(400, "Additional properties are not allowed ('colour' was unexpected) in filter"):
        admin.audit.search_audit_logs(body={"filter": {"colour": "red"}})
    with refused(403, "Forbidden", "The owner of this credential lacks the permission audit_logs_read."):
        reader.audit.search_audit_logs()


def test_a_token_reads_the_trail_that_says_it_was_a_token(house, pat, deeds):
    made = pat("audit_logs_read", "api_keys_write", "api_keys_delete")
    mine, name = house.by_token(made.attributes.key), f"name {uuid.uuid4()}"
    key = mine.keys.create_api_key(document("api_keys", name=name)).data
    mine.keys.delete_api_key(key.id)

    events = mine.audit.list_audit_logs(filter_query=f"@asset.id:{key.id}").data

    assert done(events) == ["credential.issued", "credential.revoked"]
    assert {event.attributes.attributes["auth_method"] for event in events} == {"Personal Access Token"}
    assert {event.attributes.attributes["auth_id"] for event in events} == {made.id}
