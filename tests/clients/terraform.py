"""The public Terraform provider for Datadog as far as a server sees it: how it asks, and what it accepts as an answer.

Its request sequences, headers and bodies are those that its own recorded exchanges show.
"""

import contextlib
import gzip
import http.client
import json
import re
from urllib.parse import urlencode, urlsplit

AGENT = (
    "terraform-provider-datadog/4.16.0 (terraform 2.38.1; terraform-cli 1.13.3) "
    "datadog-api-client-go/2.53.0 (go go1.25.1; os linux; arch amd64)"
)
ROLES, USERS = "/roles", "/users"
KEYS = {"api_key": "Dd-Api-Key", "application_key": "Dd-Application-Key"}
GOOD = {"GET": 200, "POST": 201, "PATCH": 200, "DELETE": 204}
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
NO_TIME_YET = frozenset({"date_last_used", "expires_at", "last_login_time", "last_used_at"})
TIMES = NO_TIME_YET | {"created", "created_at", "modified_at"}
_TOKEN = {"name": str, "public_portion": str, "scopes": list, "created_at": str}
NEEDED = {
    "api_keys": {"name": str, "last4": str, "category": str, "remote_config_read_enabled": bool, "created_at": str},
    "application_keys": {"name": str, "last4": str, "scopes": list | None, "created_at": str},
    "personal_access_tokens": _TOKEN,
    "service_access_tokens": _TOKEN,
    "orgs": {"name": str, "public_id": str},
    "permissions": {"name": str, "restricted": bool, "group_name": str, "display_type": str, "created": str},
    "roles": {"name": str, "created_at": str, "modified_at": str},
    "user_invitations": {"uuid": str, "invite_type": str, "created_at": str, "expires_at": str},
    "users": {
        "email": str,
        "name": str | None,
        "title": str | None,
        "handle": str,
        "status": str,
        "disabled": bool,
        "verified": bool,
        "service_account": bool,
        "mfa_enabled": bool,
        "allowed_login_methods": list,
        "created_at": str,
        "modified_at": str,
    },
}
"""The attributes that are stored in a state, by type. What its client cannot decode it calls unparsed, and fails."""


@contextlib.contextmanager
def provider_for(server, organization):
    """A run with both keys of a new organisation's admin."""
    made = json.loads(server.manage("createorg", organization, "--admin", "ada@terraform.example", "--keys"))
    with contextlib.closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)) as connection:
        yield Provider(connection, {header: made[name] for name, header in KEYS.items()})


class Provider:
    """One run of the provider: a connection, kept open, and the headers it was configured to send."""

    def __init__(self, connection, credentials):
        self.connection = connection
        self.credentials = credentials

    def presenting(self, credentials):
        """The same connection, with these headers instead."""
        return Provider(self.connection, credentials)

    def ask(self, method, path, body=None, **query):
        """Send one request as the provider's client does: status and document, None for no body."""
        headers = {"User-Agent": AGENT, "Accept-Encoding": "gzip"} | self.credentials
        headers["Accept"] = "*/*" if method == "DELETE" and body is None else "application/json"
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body, sort_keys=True, separators=(",", ":")) + "\n"
        asked = f"?{urlencode(sorted(query.items()))}" if query else ""
        self.connection.request(method, f"/api{path}{asked}", content, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.headers["Content-Encoding"] == "gzip":
            content = gzip.decompress(content)
        assert not content or "json" in answer.headers["Content-Type"], content[:200]
        return answer.status, json.loads(content) if content else None

    def call(self, method, path, body=None, *, status=None, **query):
        """Ask, expecting success and an answer without anything unparsed; the document."""
        found, document = self.ask(method, f"/v2{path}", body, **query)
        assert found == (status or GOOD[method]), document
        return parsed(document) if document and found < 300 else document

    def get(self, path, **query):
        """The data of what is there."""
        return self.call("GET", path, **query)["data"]

    def post(self, path, body, **options):
        """The data of what was created."""
        return self.call("POST", path, body, **options)["data"]

    def patch(self, path, body):
        """The data of what was changed."""
        return self.call("PATCH", path, body)["data"]

    def delete(self, path):
        """Destroy it: 204 with nothing."""
        assert self.call("DELETE", path) is None

    def is_gone(self, path):
        """The 404 at which the provider drops a resource from its state."""
        return self.ask("GET", f"/v2{path}")[0] == 404

    def pages(self, path, **query):
        """Every item, page by page of a hundred, until one is not full."""
        found, number = [], 0
        while True:
            page = self.get(path, **{"page[size]": 100, "page[number]": number}, **query)
            found, number = found + page, number + 1
            if len(page) < 100:
                return found


def parsed(document):
    """The document, if nothing in it is unparsed."""
    data = document["data"]
    for item in [*(data if isinstance(data, list) else [data]), *document.get("included", [])]:
        assert isinstance(item["id"], str)
        for name, expected in NEEDED[item["type"]].items():
            assert isinstance(item["attributes"][name], expected), (item["type"], name)
        for name in TIMES & item["attributes"].keys():
            moment = item["attributes"][name]
            assert (moment is None and name in NO_TIME_YET) or RFC_3339.fullmatch(moment), (item["type"], name, moment)
        for name, link in item.get("relationships", {}).items():
            _check_link(name, link)
    return document


def _check_link(name, link):
    """A link that names nothing is left out; an empty one makes everything around it unparsed."""
    if name == "leak_information":
        return
    links = link["data"] if isinstance(link["data"], list) else [link["data"]]
    assert all(set(found) == {"id", "type"} for found in links), (name, link)


def entity(kind, key=None, *, links=None, **attributes):
    """A body about one thing of this type; with its id where it exists already."""
    data = {"type": kind, "attributes": attributes}
    data |= {"id": key} if key else {}
    data |= {"relationships": links} if links is not None else {}
    return {"data": data}


def refs(kind, ids):
    """What a relationship points at."""
    return {"data": [{"id": key, "type": kind} for key in ids]}


def ref(kind, key):
    """The body that names one thing alone."""
    return {"data": {"id": key, "type": kind}}


def linked(item, relationship):
    """The ids that a relationship points at."""
    return {link["id"] for link in item["relationships"][relationship]["data"]}


def stored(item, *names):
    """What the state holds of an item: these attributes, sets without their order."""
    values = {name: item["attributes"][name] for name in names}
    return {name: set(value) if isinstance(value, list) else value for name, value in values.items()}


def state_of(member):
    """What the state holds of a user or service account."""
    return stored(member, "email", "name", "disabled") | {"roles": linked(member, "roles")}


def config(email, name, *roles, disabled=False):
    """What was configured of one, as the state should hold it."""
    return {"email": email, "name": name, "disabled": disabled, "roles": set(roles)}


def create(terraform, path, wanted, **more):
    """The create request of a user or service account."""
    links = {"roles": refs("roles", sorted(wanted["roles"]))}
    body = entity("users", links=links, email=wanted["email"], name=wanted["name"], **more)
    return terraform.ask("POST", f"/v2{path}", body)


def created(terraform, path, wanted, **more):
    """What the create request made."""
    status, document = create(terraform, path, wanted, **more)
    assert status == 201, document
    return parsed(document)["data"]


def patch(terraform, key, wanted):
    """The update request: address and state always, changed or not."""
    attributes = {name: wanted[name] for name in ("disabled", "email", "name")}
    return terraform.patch(f"{USERS}/{key}", entity("users", key, **attributes))


def give(terraform, key, *roles):
    """Add the member to each role."""
    for role in roles:
        terraform.post(f"{ROLES}/{role}/users", ref("users", key), status=200)


def take(terraform, key, *roles):
    """Remove the member from each role."""
    for role in roles:
        terraform.call("DELETE", f"{ROLES}/{role}/users", ref("users", key), status=200)


def role_body(ids, name, *wanted, key=None, **attributes):
    """The create request of a role, or with its key the update: then the list replaces what there was."""
    links = {"permissions": refs("permissions", [ids[found] for found in wanted])} if wanted or key else {}
    return entity("roles", key, links=links, name=name, **attributes)
