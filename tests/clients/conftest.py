"""An organisation for the clients, and what acts in it: its admin, a service account that may only read."""

import json
import uuid
import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from accounts.builtin_roles import READ_ONLY, STANDARD
from tests.clients.datadog import Apis, connected, connected_async, document, link


@dataclass(frozen=True)
class House:
    """The organisation: where it is, its admin's keys, and ways in."""

    url: str
    id: str
    api_key: str
    application_key: str
    opened: list[Apis] = field(default_factory=list, repr=False)

    def by_keys(self, application_key: str = "") -> Apis:
        """The client with the API key and an application key; the admin's, if not told."""
        return self._opened(api_key=self.api_key, application_key=application_key or self.application_key)

    def by_token(self, token: str) -> Apis:
        """The client with an access token alone."""
        return self._opened(token=token)

    def by_api_key(self, api_key: str) -> Apis:
        """The client with an API key and nothing else."""
        return self._opened(api_key=api_key)

    def async_by_keys(self) -> Apis:
        """The async client with the admin's keys. Inside a running loop."""
        return connected_async(self.url, api_key=self.api_key, application_key=self.application_key)

    def _opened(self, **credentials: str) -> Apis:
        self.opened.append(connected(self.url, **credentials))
        return self.opened[-1]

    def close(self) -> None:
        """Close every connection, for the server waits for them when it stops."""
        for apis in self.opened:
            apis.client.close()


@pytest.fixture(autouse=True)
def unstable_operations_are_wanted():
    """The client warns of operations that Datadog calls unstable."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using unstable operation", UserWarning)
        yield


@pytest.fixture(scope="session")
def house(server):
    made = json.loads(server.manage("createorg", "Clients", "--admin", "ada@clients.example", "--keys"))
    opened = House(server.url, made["org_id"], made["api_key"], made["application_key"])
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def admin(house):
    return house.by_keys()


@pytest.fixture(scope="session")
def ada(admin):
    """The admin's id."""
    return admin.users.get_current_user().data.id


@pytest.fixture
def name():
    """A name nobody else has."""
    return f"name {uuid.uuid4()}"


@pytest.fixture
def api_key(admin, name):
    made = admin.keys.create_api_key(document("api_keys", name=name)).data
    yield made
    admin.keys.delete_api_key(made.id)


@pytest.fixture
def application_key(admin, name):
    body = document("application_keys", name=name, scopes=["dashboards_read"])
    made = admin.keys.create_current_user_application_key(body).data
    yield made
    admin.keys.delete_application_key(made.id)


@pytest.fixture
def user(admin, name):
    body = document("users", email=f"{uuid.uuid4()}@clients.example", name=name, title="Tester")
    made = admin.users.create_user(body).data
    yield made
    admin.users.update_user(made.id, document("users", made.id, disabled=True))


def new_account(admin, *roles):
    """A service account with these roles."""
    links = {"roles": [link("roles", str(role.id)) for role in roles]}
    email = f"{uuid.uuid4()}@clients.example"
    body = document("users", links=links, email=email, name=email, service_account=True)
    return admin.accounts.create_service_account(body).data


@pytest.fixture
def account(admin):
    made = new_account(admin)
    yield made
    admin.users.disable_user(made.id)


@pytest.fixture(scope="module")
def reader(house, admin):
    """The client of a service account that only reads: an admin's opposite."""
    made = new_account(admin, READ_ONLY)
    body = document("application_keys", name=f"reader {uuid.uuid4()}")
    key = admin.accounts.create_service_account_application_key(made.id, body).data
    yield house.by_keys(key.attributes.key)
    admin.users.disable_user(made.id)


@pytest.fixture
def scoped(house, admin):
    """Makes a client whose application key has only these scopes."""
    made = []

    def client(*scopes):
        body = document("application_keys", name=f"scoped {uuid.uuid4()}", scopes=list(scopes))
        made.append(admin.keys.create_current_user_application_key(body).data)
        return house.by_keys(made[-1].attributes.key)

    yield client
    for key in made:
        admin.keys.delete_application_key(key.id)


@pytest.fixture
def pat(admin):
    """Makes personal access tokens of the admin."""
    made = []

    def token(*scopes, days=30):
        end = datetime.now(UTC) + timedelta(days=days)
        body = document("personal_access_tokens", name=f"pat {uuid.uuid4()}", scopes=list(scopes), expires_at=end)
        made.append(admin.keys.create_personal_access_token(body).data)
        return made[-1]

    yield token
    for one in made:
        admin.keys.revoke_personal_access_token(one.id)


@pytest.fixture
def worker(admin):
    """A service account that may do daily work."""
    made = new_account(admin, STANDARD)
    yield made
    admin.users.disable_user(made.id)


@pytest.fixture
def sat(admin, worker, name):
    body = document("service_access_tokens", name=name, scopes=["user_access_read", "user_app_keys", "dashboards_read"])
    return admin.accounts.create_service_account_access_token(worker.id, body).data
