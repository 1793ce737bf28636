"""What a list costs does not depend on how long it is: as many queries with 10,000 rows as with one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Member, MemberRole, Role, Sort
from audit.models import AuditEvent
from keys.kinds import API_KEY, APPLICATION_KEY, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN
from keys.models import Limit
from tests.copies import multiply

pytestmark = pytest.mark.django_db

MANY = 10_000


def queries_of(program, path, **params):
    program.get(path, **params)
    with CaptureQueriesContext(connection) as queries:
        answer = program.get(path, **params)
    assert answer.status_code == 200, answer.content
    return len(queries), len(answer.json().get("data", answer.json()))


@pytest.fixture
def admin(alice, pair):
    return pair(alice)


LISTS = {
    "/api/v2/api_keys": (API_KEY, {"include": "created_by,modified_by"}),
    "/api/v2/application_keys": (APPLICATION_KEY, {"include": "owned_by"}),
    "/api/v2/current_user/application_keys": (APPLICATION_KEY, {"filter": "a", "sort": "-created_at"}),
    "/api/v2/personal_access_tokens": (PERSONAL_ACCESS_TOKEN, {"sort": "-expires_at"}),
    "/api/v2/service_accounts/{robot}/application_keys": (APPLICATION_KEY, {}),
    "/api/v2/service_accounts/{robot}/access_tokens": (SERVICE_ACCESS_TOKEN, {}),
    "/api/v1/api_key": (API_KEY, {}),
    "/api/v1/application_key": (APPLICATION_KEY, {}),
}


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_credentials(path, admin, alice, robot, issue):
    kind, params = LISTS[path]
    owner = None if kind.belongs_to_organization else robot if "robot" in path else alice
    fields = {} if owner is None else {"owner": owner}
    made = issue(kind, alice, name="the one", **fields).credential
    one, _shown = queries_of(admin, path.format(robot=robot.pk), **params)
    Limit.objects.filter(kind=kind).update(maximum=10 * MANY)
    multiply(made, MANY, name="'many ' || n", name_key="'many ' || n", fingerprint="{bytes}")

    many, shown = queries_of(admin, path.format(robot=robot.pk), **params)

    assert many == one
    assert shown >= 1


def people(acme, now):
    members = Member.objects.bulk_create(
        Member(
            organization=acme,
            sort=Sort.SERVICE_ACCOUNT,
            name=f"many {number}",
            name_key=f"many {number}",
            email=f"many{number}@acme.example",
            created_at=now,
            activated_at=now,
        )
        for number in range(MANY)
    )
    own = Role.objects.create(
        organization=acme, name="own", name_key="own", granted=["dashboards_read"], created_at=now, modified_at=now
    )
    MemberRole.objects.bulk_create(MemberRole(member=member, role=own) for member in members)
    return own


def test_the_list_of_users_and_of_those_who_hold_a_role(admin, acme, robot, now):
    standard = robot.roles[0].id
    one = queries_of(admin, "/api/v2/users")[0]
    held = queries_of(admin, f"/api/v2/roles/{standard}/users")[0]
    own = people(acme, now)

    assert queries_of(admin, "/api/v2/users", **{"page[size]": 100}) == (one, 100)
    assert queries_of(admin, f"/api/v2/roles/{own.id}/users", **{"page[size]": 100}) == (held, 100)


def test_the_list_of_roles(admin, acme, now):
    one = queries_of(admin, "/api/v2/roles")[0]
    own = Role.objects.create(
        organization=acme, name="r", name_key="r", granted=["dashboards_read"], created_at=now, modified_at=now
    )
    multiply(own, MANY, name="'r ' || n", name_key="'r ' || n")

    assert queries_of(admin, "/api/v2/roles", **{"page[size]": 100}) == (one, 100)


def test_the_audit_trail(admin, acme):
    one = queries_of(admin, "/api/v2/audit/events")[0]
    last = AuditEvent.objects.of(acme.pk).order_by("-sequence").first()
    multiply(last, MANY, sequence="original.sequence + n")

    assert queries_of(admin, "/api/v2/audit/events", **{"page[limit]": 1000}) == (one, 1000)
