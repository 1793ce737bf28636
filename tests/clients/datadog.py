"""Datadog's own client, watched: each answer is read to its last value, and each operation that answered is noted."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from datadog_api_client import ApiClient, AsyncApiClient, Configuration
from datadog_api_client.exceptions import ApiException, ForbiddenException, NotFoundException, UnauthorizedException
from datadog_api_client.model_utils import OpenApiModel, UnparsedObject
from datadog_api_client.v1.api.authentication_api import AuthenticationApi
from datadog_api_client.v1.api.key_management_api import KeyManagementApi as KeysV1Api
from datadog_api_client.v1.api.organizations_api import OrganizationsApi as OrganizationsV1Api
from datadog_api_client.v2.api.audit_api import AuditApi
from datadog_api_client.v2.api.governance_console_api import GovernanceConsoleApi
from datadog_api_client.v2.api.key_management_api import KeyManagementApi
from datadog_api_client.v2.api.organizations_api import OrganizationsApi
from datadog_api_client.v2.api.roles_api import RolesApi
from datadog_api_client.v2.api.rum_api import RUMApi
from datadog_api_client.v2.api.service_accounts_api import ServiceAccountsApi
from datadog_api_client.v2.api.users_api import UsersApi

ANSWERED: dict[tuple[str, str], set[int]] = {}
"""By method and address: the statuses with which an operation answered one of Datadog's clients well."""

EXCEPTIONS = {401: UnauthorizedException, 403: ForbiddenException, 404: NotFoundException}
SECRETS: set[str] = set()
"""The text of every credential made by these clients: in the answer that made it and in no other."""

UNSTABLE = ("validate", "anonymize_users", "list_role_templates")
"""What Datadog calls unstable, besides all of its governance console."""


def leaves(value: Any, place: str = "$") -> Iterator[tuple[str, Any]]:
    """Every value in an answer, with its place."""
    parts: Iterable[tuple[Any, Any]]
    if isinstance(value, OpenApiModel) and not isinstance(value, UnparsedObject):
        parts = value._data_store.items()
    elif isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list | tuple):
        parts = enumerate(value)
    else:
        yield place, value
        return
    for name, part in parts:
        yield from leaves(part, f"{place}.{name}")


def unparsed(answer: Any) -> list[str]:
    """Where in an answer the client met what it does not know."""
    found = [place for place, value in leaves(answer) if isinstance(value, UnparsedObject)]
    return found or (["$"] if getattr(answer, "_unparsed", False) else [])


def check_secrets(answer: Any, *, made: bool) -> None:
    """An answer that made a credential may hold its text; any other holds the text of none."""
    texts = {place: value for place, value in leaves(answer) if isinstance(value, str)}
    if made:
        held = {place: text for place, text in texts.items() if not text.startswith("pub")}  # those are no secret
        SECRETS.update(text for place, text in held.items() if place.endswith((".attributes.key", "_key.key", ".hash")))
    assert made or SECRETS.isdisjoint(texts.values()), "an answer shows a secret"


class _Watch:
    """What both clients do with an answer. `status` is that of the last one."""

    status = 0

    def _seen(self, method: str, address: str, answer: tuple[Any, int, Any]) -> Any:
        data, self.status, _headers = answer
        assert not unparsed(data), f"{method} {address}"
        check_secrets(data, made=method == "POST" and "audit" not in address)
        ANSWERED.setdefault((method, address), set()).add(self.status)
        return data


class _Client(_Watch, ApiClient):
    def call_api(self, resource_path: str, method: str, *given: Any, **named: Any) -> Any:
        named["return_http_data_only"] = False
        return self._seen(method, resource_path, super().call_api(resource_path, method, *given, **named))


class _AsyncClient(_Watch, AsyncApiClient):
    async def call_api(self, resource_path: str, method: str, *given: Any, **named: Any) -> Any:
        named["return_http_data_only"] = False
        return self._seen(method, resource_path, await super().call_api(resource_path, method, *given, **named))


class Apis:
    """Every part of the client that speaks to addresses of ours, with one set of credentials."""

    def __init__(self, client: ApiClient) -> None:
        self.client = client
        self.keys, self.accounts = KeyManagementApi(client), ServiceAccountsApi(client)
        self.users, self.roles, self.rum = UsersApi(client), RolesApi(client), RUMApi(client)
        self.audit, self.organizations = AuditApi(client), OrganizationsApi(client)
        self.governance = GovernanceConsoleApi(client)
        self.v1, self.v1_keys, self.v1_orgs = AuthenticationApi(client), KeysV1Api(client), OrganizationsV1Api(client)

    @property
    def status(self) -> int:
        """The status of the last good answer."""
        return int(self.client.status)


def configuration(url: str, *, api_key: str = "", application_key: str = "", token: str = "") -> Configuration:
    """Where the server is and what to present, nothing of it from the environment."""
    presented = {"apiKeyAuth": api_key, "appKeyAuth": application_key}
    made = Configuration(host=url, access_token=token or None)
    made.api_key = {name: text for name, text in presented.items() if text}
    console = [name for name in dir(GovernanceConsoleApi) if "_governance_" in name and not name.startswith("_")]
    for name in (*UNSTABLE, *console):
        made.unstable_operations[name] = True
    return made


def connected(url: str, **credentials: str) -> Apis:
    """The client as most programs use it."""
    return Apis(_Client(configuration(url, **credentials)))


def connected_async(url: str, **credentials: str) -> Apis:
    """The client as programs use it that wait for many things at once."""
    return Apis(_AsyncClient(configuration(url, **credentials)))


def document(type_: str, id_: str | None = None, /, links: dict[str, Any] | None = None, **attributes: Any) -> dict:
    """A body: `data` with its type, its id where it changes something, attributes and links."""
    data = {"type": type_, "attributes": attributes}
    data |= {"id": id_} if id_ else {}
    data |= {"relationships": {name: {"data": linked} for name, linked in links.items()}} if links else {}
    return {"data": data}


def link(type_: str, id_: str) -> dict[str, str]:
    """What points at something."""
    return {"type": type_, "id": id_}


@contextlib.contextmanager
def refused(status: int, *messages: str) -> Iterator[None]:
    """The client raises what it raises for this status, with exactly these messages."""
    with pytest.raises(ApiException) as caught:
        yield
    assert (caught.value.status, type(caught.value)) == (status, EXCEPTIONS.get(status, ApiException))
    assert caught.value.body == {"errors": [*messages]}
