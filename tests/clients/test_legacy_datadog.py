"""Datadog's legacy package and its `dog` command, and a program that presents a token where an application key goes."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from datadog import api, initialize
from datadog.api.api_client import APIClient
from datadog.api.http_client import RequestClient

from accounts.builtin_roles import ADMIN
from accounts.permissions import CATALOGUE, DEPRECATED

pytestmark = pytest.mark.server

DOG = Path(sys.executable).parent / "dog"


@pytest.fixture(autouse=True)
def configured(house, monkeypatch):
    """The package keeps everything in its own module; put back what was there."""
    for name in ("_api_key", "_application_key", "_api_host", "_host_name", "_mute", "_return_raw_response"):
        monkeypatch.setattr(api, name, getattr(api, name))
    initialize(api_key=house.api_key, app_key=house.application_key, api_host=house.url, hostname_from_config=False)
    api._host_name = "tests"
    yield
    if RequestClient._session:  # the server waits for its connection when it stops
        RequestClient._session.close()


def role_body(name, id_=None):
    attributes = {"name": name, "default_permissions_opt_out": True}
    return {"type": "roles", "attributes": attributes} | ({"id": id_} if id_ else {})


def test_a_role_lives(name):
    made = api.Roles.create(data=role_body(name))["data"]
    changed = api.Roles.update(made["id"], data=role_body(f"{name} b", made["id"]))["data"]

    assert made["attributes"]["name"] == name
    assert changed["attributes"]["name"] == f"{name} b"
    assert api.Roles.get(made["id"])["data"]["id"] == made["id"]
    assert api.Roles.delete(made["id"]) is None
    assert api.Roles.get(made["id"]) == {"errors": ["Role not found"]}


def test_roles_are_listed():
    listed = {row["id"]: row["attributes"]["name"] for row in api.Roles.get_all()["data"]}
    assert listed[str(ADMIN.id)] == "Datadog Admin Role"


def test_permissions_are_listed_given_and_taken(name):
    made = api.Roles.create(data=role_body(name))["data"]["id"]
    listed = {row["attributes"]["name"]: row["id"] for row in api.Permissions.get_all()["data"]}
    one = {"type": "permissions", "id": listed["dashboards_read"]}

    given = api.Roles.assign_permission(made, data=one)["data"]
    taken = api.Roles.unassign_permission(made, data=one)["data"]

    assert listed.keys() == CATALOGUE.keys() - DEPRECATED
    assert [row["id"] for row in given] == [one["id"]]
    assert taken == []
    api.Roles.delete(made)


def test_the_api_key_is_good():
    assert APIClient.submit("GET", "validate") == {"valid": True}


def test_a_wrong_api_key_is_refused_in_words_the_package_reads():
    api._api_key = "0" * 32
    assert APIClient.submit("GET", "validate") == {"errors": ["Forbidden"]}


def test_addresses_we_do_not_have_are_refused_in_words_the_package_reads():
    absent = {"errors": ["Not found. /api/openapi.json lists every address."]}
    assert api.Monitor.get_all() == absent
    assert api.User.get("somebody@clients.example") == absent


# The dog command
def dog(house, folder, *arguments):
    config = folder / "dogrc"
    keys = f"apikey = {house.api_key}\nappkey = {house.application_key}\n"
    config.write_text(f"[Connection]\n{keys}api_host = {house.url}\nhost_name = tests\n")
    command = [DOG, "--config", config, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("arguments", [("monitor", "show_all"), ("host", "mute", "h")])
def test_dog_reads_that_an_address_is_not_ours(house, tmp_path, arguments):
    done = dog(house, tmp_path, *arguments)

    assert done.returncode == 1
    assert "Not found. /api/openapi.json lists every address." in done.stderr
    assert "Traceback" not in done.stderr
    assert house.api_key not in done.stdout + done.stderr


# A token where an application key goes, and no API key
def ask(house, token, method, path, body=None):
    headers = {"DD-APPLICATION-KEY": token, "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(house.url + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or "null")
    except urllib.error.HTTPError as answer:
        return answer.status, json.loads(answer.read())


def test_a_token_stands_in_for_both_keys(house, pat, name):
    token = pat("api_keys_read", "api_keys_write", "api_keys_delete").attributes.key
    body = {"data": {"type": "api_keys", "attributes": {"name": name}}}
    status, made = ask(house, token, "POST", "/api/v2/api_keys", body)
    listed = ask(house, token, "GET", "/api/v2/api_keys?page%5Bsize%5D=100")
    validated = ask(house, token, "GET", "/api/v2/validate_keys")

    assert (status, len(made["data"]["attributes"]["key"])) == (201, 32)
    assert listed[0] == 200
    assert made["data"]["id"] in {row["id"] for row in listed[1]["data"]}
    assert validated == (200, {"status": "ok"})
    assert ask(house, token, "DELETE", f"/api/v2/api_keys/{made['data']['id']}") == (204, None)


def test_half_a_token_is_refused(house, pat):
    token = pat("api_keys_read").attributes.key
    assert ask(house, token[:-1], "GET", "/api/v2/validate_keys") == (403, {"errors": ["Forbidden"]})


def test_dog_posts_a_metric_to_the_intake(house, tmp_path):
    done = dog(house, tmp_path, "metric", "post", "a.metric", "1")

    assert (done.returncode, done.stderr) == (0, "")
