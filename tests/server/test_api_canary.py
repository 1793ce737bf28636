"""Secrets made by way of the API, used rightly and wrongly, are looked for everywhere they must not be."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

pytestmark = pytest.mark.server

LISTS = (
    "/api/v2/api_keys",
    "/api/v2/application_keys?include=owned_by",
    "/api/v2/personal_access_tokens",
    "/api/v1/api_key",
    "/api/v1/application_key",
    "/api/v2/audit/events?page[limit]=1000",
    "/api/openapi.json",
)


@pytest.fixture(scope="module")
def keys(server):
    made = json.loads(server.manage("createorg", "Canaries", "--admin", "ada@canaries.example", "--keys"))
    return {"DD-API-KEY": made["api_key"], "DD-APPLICATION-KEY": made["application_key"]}


def ask(server, method, path, headers, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = headers | ({"Content-Type": "application/json"} if body else {})
    request = urllib.request.Request(server.url + path, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.read().decode()


def bodies():
    end = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    scoped = {"name": "canary", "scopes": ["user_app_keys"], "expires_at": end}
    return {
        "/api/v2/api_keys": ("api_keys", {"name": "canary"}),
        "/api/v2/current_user/application_keys": ("application_keys", {"name": "canary"}),
        "/api/v2/personal_access_tokens": ("personal_access_tokens", scoped),
    }


def made(server, keys):
    """The text of one of each, asked for twice under one Idempotency-Key."""
    texts = []
    for number, (path, (type_, attributes)) in enumerate(bodies().items()):
        sent = keys | {"Idempotency-Key": f"canary-{number}"}
        body = {"data": {"type": type_, "attributes": attributes}}
        answers = {ask(server, "POST", path, sent, body) for _ in range(2)}
        assert len(answers) == 1
        texts.append(json.loads(answers.pop())["data"]["attributes"]["key"])
    return texts


def misplace(server, keys, text):
    """Put a secret wherever somebody might by mistake."""
    wrong = [keys | {"DD-API-KEY": text}, keys | {"DD-APPLICATION-KEY": text}, {"Authorization": f"Bearer {text}"}]
    said = [ask(server, "GET", "/api/v2/users", headers) for headers in [*wrong, {"Authorization": text}]]
    said += [ask(server, "GET", path.format(text), keys) for path in WRONG_PATHS]
    said.append(ask(server, "POST", "/api/v2/api_keys", keys, {"data": {"type": "api_keys", "key": 1}}))
    return said


WRONG_PATHS = (
    "/api/v1/validate?api_key={}",
    "/api/v1/api_key/{}",
    "/api/v1/application_key/{}",
    "/api/v2/api_keys/{}",
    "/api/v2/org_configs/{}",
    "/api/nowhere/{}",
)


def test_no_secret_of_the_api_is_found_anywhere_but_in_the_one_answer(server, keys):
    texts = made(server, keys)
    said = "".join(answer for text in texts for answer in misplace(server, keys, text))
    listed = "".join(ask(server, "GET", path, keys) for path in LISTS)
    stored = server.manage("dumpdata")
    written = b"".join(file.read_bytes() for file in server.data_dir.rglob("*") if file.is_file())

    for text in [*texts, *keys.values()]:
        assert text not in listed
        assert text not in stored
        assert text.encode() not in written
        assert text not in server.log()
    assert "canary" in listed
    assert not [text for text in texts if text in said]
    assert "[redacted]" in said
