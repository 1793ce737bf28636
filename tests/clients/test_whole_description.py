"""Nothing that the server describes is untried: its every operation has answered one of Datadog's clients."""

import json
import urllib.request

import pytest
from datadog_api_client import ApiClient
from datadog_api_client.v2.model.users_response import UsersResponse

from tests.clients.datadog import ANSWERED, SECRETS, check_secrets, configuration, unparsed

pytestmark = pytest.mark.server

WITHOUT_CLIENT: dict[tuple[str, str], str] = {
    ("POST", "/api/v2/leaks"): "an address of our own, for scanners; see tests/api/test_leaks.py",
}
"""By method and address, why Datadog's client has no call for it."""


@pytest.fixture(scope="module")
def described(server):
    with urllib.request.urlopen(f"{server.url}/api/openapi.json", timeout=30) as answer:
        paths = json.load(answer)["paths"]
    return {(method.upper(), path): found for path, methods in paths.items() for method, found in methods.items()}


@pytest.fixture
def answered(request):
    """What answered in the tests before this one, if they ran."""
    folder = request.path.parent
    files = {item.path for item in request.session.items}
    if not files.issuperset(folder.glob("test_datadog*.py")):
        pytest.skip("only after the other files of this folder")
    return ANSWERED


def test_every_operation_answered(described, answered):
    assert set(described) - set(answered) - set(WITHOUT_CLIENT) == set()


def test_nothing_answered_that_is_not_described(described, answered):
    assert set(answered) <= set(described)


def test_every_answer_had_the_status_that_is_described(described, answered):
    promised = {
        key: {int(status) for status in found["responses"] if status < "300"} for key, found in described.items()
    }
    assert {key: promised[key] for key in answered} == answered


@pytest.mark.parametrize(
    "strange",
    [{"type": "wizards"}, {"type": "users", "relationships": {"org": {"data": {"id": "1", "type": "guilds"}}}}],
)
def test_a_value_unknown_to_the_client_would_have_been_noticed(strange):
    client = ApiClient(configuration("http://127.0.0.1"))
    answer = client.deserialize(json.dumps({"data": [{"id": "1"} | strange]}), (UsersResponse,), True)

    assert unparsed(answer)
    assert not unparsed(client.deserialize('{"data": [{"id": "1", "type": "users"}]}', (UsersResponse,), True))


def test_a_secret_in_another_answer_would_have_been_noticed(monkeypatch):
    monkeypatch.setattr("tests.clients.datadog.SECRETS", {"ddapp_text"})
    with pytest.raises(AssertionError, match="shows a secret"):
        check_secrets({"data": [{"note": "ddapp_text"}]}, made=False)


def test_secrets_of_every_kind_were_watched_for(answered):
    kinds = {secret.partition("_")[0] if "_" in secret else str(len(secret)) for secret in SECRETS}
    assert kinds == {"32", "ddapp", "ddpat", "ddsat"}
