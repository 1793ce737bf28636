"""The description: complete, true to the addresses and the permissions, and open to anybody."""

import inspect
import json
import re

import msgspec
import pytest
from django.test import Client

from accounts.permissions import CATALOGUE
from api import urls
from api.description import document, operations, path_of, statuses
from api.operations import Opens

OPERATIONS = operations(urls.described)
DOCUMENT = document(tuple(urls.described), "https://keys.example.com")

every = pytest.mark.parametrize(
    ("pattern", "method", "operation"), OPERATIONS, ids=[operation.id for _pattern, _method, operation in OPERATIONS]
)


def test_anybody_may_read_it():
    answer = Client().get("/api/openapi.json")

    assert answer.status_code == 200
    assert answer.json()["openapi"] == "3.1.0"
    assert answer.json()["servers"] == [{"url": "http://testserver"}]


def test_every_address_of_the_api_is_described():
    undescribed = {pattern.name for pattern in urls.urlpatterns} - {pattern.name for pattern in urls.described}

    assert undescribed == {"api-description", "api-leaks-github", "api-nothing-here"}
    assert set(DOCUMENT["paths"]) == {path_of(pattern) for pattern in urls.described}


def test_every_operation_has_a_name_of_its_own():
    names = [operation.id for _pattern, _method, operation in OPERATIONS]

    assert len(names) == len(set(names))


@every
def test_an_operation_says_what_its_view_takes_and_asks_for(pattern, method, operation):
    described = DOCUMENT["paths"][path_of(pattern)][method.lower()]
    variables = re.findall(r"<str:(\w+)>", str(pattern.pattern))

    assert described["x-permissions"] == list(operation.needs)
    assert set(operation.needs) <= CATALOGUE.keys()
    assert [parameter["name"] for parameter in described["parameters"] if parameter["in"] == "path"] == variables
    assert ("requestBody" in described) == ("body" in inspect.signature(operation.view).parameters)
    assert described["summary"]


@every
def test_an_operation_says_with_what_it_may_refuse(pattern, method, operation):
    described = DOCUMENT["paths"][path_of(pattern)][method.lower()]["responses"]

    assert set(described) == {str(status) for status in {operation.status, *statuses(operation)}}
    assert ("401" in described) == (operation.opens is Opens.ANYTHING_THAT_ACTS)
    assert "429" in described


@every
def test_what_changes_something_needs_a_permission(pattern, method, operation):
    own = {"update_current_user", "search_audit_logs"}

    assert method == "GET" or operation.needs or operation.id in own


def test_every_reference_leads_somewhere_and_every_component_is_used():
    text = json.dumps(DOCUMENT)
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', text))

    assert used == set(DOCUMENT["components"]["schemas"])
    assert not [name for name in used if "." in name]


def test_it_is_generated_once():
    assert document(tuple(urls.described), "https://keys.example.com") is DOCUMENT
    assert len(msgspec.json.encode(DOCUMENT)) < 400_000
