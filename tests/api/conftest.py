"""How the tests of the API ask: as somebody, with a credential of theirs."""

import json
from dataclasses import dataclass, replace

import pytest
from django.test import Client

from accounts.builtin_roles import ADMIN
from api.verify import verifier
from keys import revisions
from keys.kinds import API_KEY, APPLICATION_KEY, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN
from tests.api.verifying import Database


@dataclass(frozen=True)
class Program:
    """A program with credentials, as headers."""

    headers: dict

    def ask(self, method, path, body=None, *, headers=None, **params):
        """One request; `body` is text as it stands, bytes, or anything JSON can say."""
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        query = {"query_params": params} if params else {}
        given = {} if body is None else {"data": content, "content_type": "application/json"}
        merged = self.headers | (headers or {})
        if body is not None and "Content-Type" in merged:
            given["content_type"] = merged.pop("Content-Type")
        client = Client(raise_request_exception=False)
        return getattr(client, method.lower())(path, headers=merged, **given, **query)

    def get(self, path, **params):
        return self.ask("GET", path, **params)

    def post(self, path, body, **headers):
        return self.ask("POST", path, body, headers=headers)

    def patch(self, path, body):
        return self.ask("PATCH", path, body)

    def delete(self, path, body=None):
        return self.ask("DELETE", path, body)


NOBODY = Program({})


@pytest.fixture
def mighty(actor_of):
    """A member acting with every permission there is, to hand out what they could not hand themselves."""
    return lambda member: replace(actor_of(member), permissions=ADMIN.permissions)


@pytest.fixture
def api_key(issue, mighty):
    """The text of an organisation's one API key."""
    made = {}

    def text(member):
        if member.organization_id not in made:
            made[member.organization_id] = issue(API_KEY, member, name="sender", actor=mighty(member)).secret.text
        return made[member.organization_id]

    return text


@pytest.fixture
def pair(issue, mighty, api_key):
    """A program with the organisation's API key and an application key of a member."""

    def program(member, scopes=None, name="pair"):
        made = issue(
            APPLICATION_KEY,
            member,
            owner=member,
            scopes=scopes,
            name=f"{name} of {member.name}",
            actor=mighty(member),
            beyond_owner=True,
        )
        return Program({"DD-API-KEY": api_key(member), "DD-APPLICATION-KEY": made.secret.text})

    return program


@pytest.fixture
def token(issue, mighty):
    """A program with a personal access token of a member, or an access token of a service account."""

    def program(member, *scopes, **fields):
        kind = SERVICE_ACCESS_TOKEN if member.is_service_account else PERSONAL_ACCESS_TOKEN
        fields = {"name": f"token of {member.name}", "scopes": list(scopes), "beyond_owner": True} | fields
        made = issue(kind, member, owner=member, actor=mighty(member), **fields)
        return Program({"Authorization": f"Bearer {made.secret.text}"})

    return program


@pytest.fixture
def database(monkeypatch, settings, tmp_path):
    found = Database()
    settings.USAGE_DIR = tmp_path / "usage"
    monkeypatch.setattr("keys.standings.find", found.find)
    monkeypatch.setattr("keys.revisions.since", found.since)
    monkeypatch.setattr("keys.revisions.position", revisions.Position)
    monkeypatch.setattr("keys.revisions.sign", lambda: found)
    monkeypatch.setattr("keys.revisions.listen", lambda *_: None)
    monkeypatch.setattr("api.verify.verifier.connection", type("Connection", (), {"close": lambda _: None})())
    monkeypatch.setattr(verifier, "PATIENCE", 0.2)
    return found
