"""Ways to call an operation of the API, to be copied: curl, Datadog's client for Python, and Terraform.

Secrets and ids are variables, to be set where the snippet runs.
"""

import json
import re
from typing import Any

from console.api_document import Operation
from console.kind_pages import Snippet

CLIENTS = {
    ("v1", "Validation"): "AuthenticationApi",
    ("v1", "Keys (v1)"): "KeyManagementApi",
    ("v1", "Organizations"): "OrganizationsApi",
    ("v2", "Validation"): "KeyManagementApi",
    ("v2", "API keys"): "KeyManagementApi",
    ("v2", "Application keys"): "KeyManagementApi",
    ("v2", "Access tokens"): "KeyManagementApi",
    ("v2", "Service accounts"): "ServiceAccountsApi",
    ("v2", "Users"): "UsersApi",
    ("v2", "Roles"): "RolesApi",
    ("v2", "Organizations"): "OrganizationsApi",
    ("v2", "Audit"): "AuditApi",
    ("v2", "RUM"): "RUMApi",
    ("v2", "Governance"): "GovernanceConsoleApi",
}
"""Where Datadog's client keeps the operations of a section; those below a service account's address it keeps apart."""
NOT_IN_THE_CLIENT = frozenset({"validate_keys", "report_leaks"})
UNSTABLE_IN_THE_CLIENT = frozenset({"validate", "anonymize_users", "list_role_templates"})
UNSTABLE_APIS = frozenset({"GovernanceConsoleApi"})
"""What the client calls only when told that this is meant: operations, and all those of an API."""
UUIDS_IN_THE_CLIENT = frozenset({"delete_user_invitations"})
"""Where the client takes an id as a UUID; elsewhere it takes text."""

_NAME = '  name = "example"\n'
_SCOPES = '  scopes = ["dashboards_read"]\n'
_RESOURCES = {
    "api_key": ("datadog_api_key", _NAME),
    "current_user_application_key": ("datadog_application_key", '  name   = "example"\n' + _SCOPES),
    "service_account": ("datadog_service_account", '  name  = "example"\n  email = "new@example.com"\n'),
    "service_account_application_key": (
        "datadog_service_account_application_key",
        '  service_account_id = var.service_account_id\n  name               = "example"\n',
    ),
    "user": ("datadog_user", '  email = "new@example.com"\n'),
    "role": ("datadog_role", _NAME),
    "rum_application": ("datadog_rum_application", '  name = "example"\n  type = "browser"\n'),
}
RESOURCES = {f"{verb}_{noun}": found for noun, found in _RESOURCES.items() for verb in ("create", "update")}
"""Terraform's resource, by the operations it carries out when something is written down or changed."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def snippets(operation: Operation, section: str, *, site: str) -> list[Snippet]:
    """The snippets of an operation of the section, for the API at this address."""
    found = [Snippet("curl", _curl(operation, site))]
    if operation.id not in NOT_IN_THE_CLIENT:
        found.append(Snippet("Python", _python(operation, section, site)))
    if resource := RESOURCES.get(operation.id):
        found.append(Snippet("Terraform", _terraform(*resource, site)))
    return found


def _curl(operation: Operation, site: str) -> str:
    method = "" if operation.method == "GET" else f"-X {operation.method} "
    path = _PLACEHOLDER.sub(lambda found: f"${found[1].upper()}", operation.path)
    headers = [f'-H "{name}: ${_VARIABLES[name]}"' for name in max(operation.accepts, key=len, default=())]
    lines = [f'curl -s {method}"{site}{path}"', *headers]
    if operation.sample is not None:
        body = json.dumps(operation.sample, indent=2)
        lines += ['-H "Content-Type: application/json"', f"-d @- <<JSON\n{body}\nJSON"]
    return " \\\n  ".join(lines)


_VARIABLES = {"DD-API-KEY": "DD_API_KEY", "DD-APPLICATION-KEY": "DD_APP_KEY"}


def _python(operation: Operation, section: str, site: str) -> str:
    version = operation.path.split("/")[2]
    client = "ServiceAccountsApi" if "{service_account_id}" in operation.path else CLIENTS[version, section]
    name = operation.id.removesuffix("_v1")
    value = "UUID({})" if operation.id in UUIDS_IN_THE_CLIENT else "{}"
    arguments = [f"{variable}={value.format(_literal('$' + variable.upper(), 2))}," for variable in operation.variables]
    arguments += [f"body={_literal(operation.sample, 2)},"] if operation.sample is not None else []
    inside = "".join(f"\n        {argument}" for argument in arguments)
    call = f"{client}(api).{name}({inside}" + ("\n    )" if inside else ")")
    is_unstable = operation.id in UNSTABLE_IN_THE_CLIENT or client in UNSTABLE_APIS
    lines = [
        "import os\n" if "os.environ" in call else "",
        "from uuid import UUID\n" if "UUID(" in call else "",
        "from datadog_api_client import ApiClient, Configuration\n",
        f"from datadog_api_client.{version}.api.{_module(client)} import {client}\n\n",
        "# DD_API_KEY and DD_APP_KEY are read from the environment\n",
        f'configuration = Configuration(host="{site}")\n',
        f'configuration.unstable_operations["{name}"] = True\n' if is_unstable else "",
        f"with ApiClient(configuration) as api:\n    answer = {call}",
    ]
    return "".join(lines)


def _module(client: str) -> str:
    """KeyManagementApi lies in key_management_api, RUMApi in rum_api."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", client).lower()


def _literal(value: Any, depth: int) -> str:
    """The value as Python writes it, one entry a line; what begins with $ is a variable of the environment."""
    inner, outer = "    " * (depth + 1), "    " * depth
    if isinstance(value, dict):
        return "{\n" + "".join(f'{inner}"{k}": {_literal(v, depth + 1)},\n' for k, v in value.items()) + outer + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item, depth) for item in value) + "]"
    if isinstance(value, str):
        return f'os.environ["{value[1:]}"]' if value.startswith("$") else json.dumps(value)
    return repr(value)


def _terraform(resource: str, arguments: str, site: str) -> str:
    variable = 'variable "service_account_id" {\n  type = string\n}\n\n' if "var." in arguments else ""
    return (
        "# DD_API_KEY and DD_APP_KEY are read from the environment\n"
        f'provider "datadog" {{\n  api_url = "{site}/"\n}}\n\n'
        f'{variable}resource "{resource}" "example" {{\n{arguments}}}'
    )
