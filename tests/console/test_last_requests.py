"""What a credential was used for lately, on its own page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keys.kinds import API_KEY, APPLICATION_KEY, KINDS
from keys.models import Credential, CredentialQuerySet
from keys.usage import journal

pytestmark = pytest.mark.django_db


@pytest.fixture(params=KINDS, ids=str)
def kind(request, robot):
    return request.param


def used(credential, now, *, beside=None, **fields):
    journal.record(
        journal.Request(
            **{
                "organization_id": credential.organization_id,
                "credential_id": credential.id,
                "api_key_id": beside.id if beside else None,
                "at": now,
                "method": "GET",
                "route": "/api/v2/api_keys/{api_key_id}",
                "status": 200,
                "good": True,
                "client": "datadog-ci/4.2.0 (linux; x86_64)",
                "ip": "198.51.100.77",
                "request_id": "r",
            }
            | fields
        )
    )


def detail(credential):
    return f"/apis/{credential.kind.slug}/{credential.pk}/"


def test_the_detail_tells_the_last_requests_of_what_opens_the_api(kind, alice, client_of, issue, now):
    row = issue(kind, alice).credential
    client = client_of(alice)
    before = client.get(detail(row)).content.decode()

    used(row, now)

    page = client.get(detail(row)).content.decode()
    assert "Last requests" not in before
    assert ("GET /api/v2/api_keys/{api_key_id}" in page) == kind.opens_api
    assert ("datadog-ci 4.2.0" in page) == ("<code>198.51.100.0/24</code>" in page) == kind.opens_api
    assert "from datadog-ci, 198.51.100.0/24" in page
    assert ("<dd>Never</dd>" in before) == kind.opens_api
    assert "198.51.100.77" not in page


@pytest.mark.parametrize(
    ("status", "word"), [(200, "Done"), (204, "Done"), (403, "Refused"), (429, "Refused"), (503, "Failed")]
)
def test_a_status_is_a_word_too(status, word, alice, client_of, issue, now):
    row = issue(API_KEY, alice).credential

    used(row, now, status=status)

    assert f"{status} {word}" in client_of(alice).get(detail(row)).content.decode()


def test_a_pair_names_each_other(alice, client_of, issue, now):
    key, acting = (
        issue(API_KEY, alice, name="sender").credential,
        issue(APPLICATION_KEY, alice, name="actor").credential,
    )
    used(acting, now, beside=key)
    client = client_of(alice)

    assert (
        f'beside the application key <a href="{detail(acting)}">actor</a> of Alice Admin'
        in client.get(detail(key)).content.decode()
    )
    assert f'beside the API key <a href="{detail(key)}">sender</a>' in client.get(detail(acting)).content.decode()


def test_what_one_may_not_see_is_not_named(alice, client_of, issue, now, monkeypatch):
    key, acting = issue(API_KEY, alice).credential, issue(APPLICATION_KEY, alice, name="hush-hush").credential
    used(acting, now, beside=key)
    seen = Credential.objects.filter(pk=key.pk)
    monkeypatch.setattr(CredentialQuerySet, "visible_to", lambda self, actor: self & seen)

    page = client_of(alice).get(detail(key)).content.decode()

    assert "beside an application key that you may not see" in page
    assert "hush-hush" not in page
    assert str(acting.pk) not in page


def test_thirty_requests_cost_the_queries_of_one_and_twenty_are_shown(alice, client_of, issue, now):
    key, client = issue(API_KEY, alice).credential, client_of(alice)
    acting = [issue(APPLICATION_KEY, alice, name=f"key {n}").credential for n in range(3)]
    counts = []
    for number in (1, 29):
        for n in range(number):
            used(acting[n % 3], now + timedelta(seconds=n), beside=key)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(detail(key)).content.decode()
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert page.count("200 Done") == 20


def test_a_stranger_finds_no_requests(alice, bob, charlie, client_of, issue, now):
    row = issue(API_KEY, alice).credential
    used(row, now)

    assert client_of(charlie).get(detail(row)).status_code == 404
    assert client_of(bob).get(detail(row)).status_code == 404
