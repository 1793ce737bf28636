"""The API reference: complete, right, and without a secret."""

import json
import os
import re
import shutil
import subprocess
import urllib.parse

import pytest
from datadog_api_client import Configuration, rest
from django.urls import reverse

from console import api_document, api_snippets
from console.organization import reference

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
SECRETS = re.compile(r"(?:ddapp_|ddpat_|ddsat_|pub)\w{16}|[0-9a-f]{32}")


@pytest.fixture
def content(client):
    return client.get(reverse("api-description")).content


@pytest.fixture
def sections(content):
    return api_document.read(content)


@pytest.fixture
def operations(sections):
    return {operation.id: (operation, section) for section in sections for operation in section.operations}


def snippets_of(operations, label):
    """The text of every snippet of this label, by operation."""
    for operation, section in operations.values():
        for snippet in api_snippets.snippets(operation, section.title, site=SITE):
            if snippet.label == label:
                yield operation, snippet.text


def text(answer):
    return answer.content.decode()


def test_every_operation_has_one_place_and_the_index_leads_to_it(bob, client_of, content, sections):
    client = client_of(bob)
    pages = {section.slug: text(client.get(f"/reference/{section.slug}/")) for section in sections}
    index = text(client.get("/reference/"))
    said = [each["operationId"] for methods in json.loads(content)["paths"].values() for each in methods.values()]

    assert len(said) > 70
    for name in said:
        places = [slug for slug, page in pages.items() if f'<section id="{name}"' in page]
        assert len(places) == 1, name
        assert f'href="/reference/{places[0]}/#{name}"' in index


def test_the_sections_stand_in_the_documents_order(bob, client_of, content):
    tags = [each["tags"][0] for methods in json.loads(content)["paths"].values() for each in methods.values()]

    headings = re.findall(r'<h2 id="[\w-]+" lang="en"><a href[^>]+>([^<]+)<', text(client_of(bob).get("/reference/")))

    assert headings == list(dict.fromkeys(tags))


def test_an_unknown_section_is_not_found(bob, client_of):
    assert client_of(bob).get("/reference/unicorns/").status_code == 404


def test_the_index_says_how_often_and_how_to_be_refused(bob, client_of, settings):
    settings.API_RATES = {"read": (4321, 17)}

    page = text(client_of(bob).get("/reference/"))

    assert "Reading: 4,321 requests in 17 seconds" in page
    assert page.index("Authorization: Bearer") < page.index("DD-APPLICATION-KEY") < page.index("DD-API-KEY")
    assert "Idempotency-Key" in page
    assert re.findall(r"<dt><code>(\d{3})</code>", page) == [
        "400",
        "401",
        "403",
        "404",
        "409",
        "413",
        "414",
        "415",
        "422",
        "429",
    ]


def test_it_leads_to_kinds_for_those_who_may_see_them_alone(alice, bob, client_of):
    assert 'href="/apis/application-keys/"' in text(client_of(alice).get("/reference/"))
    assert 'href="/apis/' not in text(client_of(bob).get("/reference/"))


def test_a_field_says_what_it_may_be(operations):
    fields = {field.name: field for field in operations["list_api_keys"][0].parameters}
    body = {field.within + field.name: field for field in operations["create_api_key"][0].body}

    assert fields["sort"].allowed[:2] == ("-created_at", "-last4")
    assert (fields["page[size]"].default, str(fields["page[size]"].bounds)) == ("10", "1 to 100")
    assert list(body)[:2] == ["data.type", "data.attributes.name"]
    assert body["data.attributes.name"].required
    assert str(body["data.attributes.name"].bounds) == "1 to 128 characters"
    assert not body["data.attributes.category"].required


def test_lists_and_alternatives_are_followed_to_their_fields(operations):
    body = {field.within + field.name: field for field in operations["send_invitations"][0].body}
    either = operations["add_permission_to_role"][0].body

    assert "data[].relationships.user.data.id" in body
    assert {field.name for field in either} >= {"id", "type"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("create_role", "user_access_manage"),
        ("get_current_user", "Any credential that acts"),
        ("validate", "An API key alone"),
        ("update_user", "Needs one of"),
    ],
)
def test_an_operation_says_what_it_needs(name, words, bob, client_of, operations):
    page = text(client_of(bob).get(f"/reference/{operations[name][1].slug}/"))

    place = page.partition(f'<section id="{name}"')[2].partition("</section>")[0]

    assert words in place


def test_no_snippet_holds_a_secret_and_every_one_names_this_site(operations):
    for label in ("curl", "Python", "Terraform"):
        found = list(snippets_of(operations, label))
        assert found
        for operation, snippet in found:
            assert SITE in snippet, operation.id
            assert not SECRETS.search(snippet), operation.id


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_every_curl_line_asks_what_it_says(operations):
    asked = list(snippets_of(operations, "curl"))
    fake = 'set -eu\ncurl() { printf "%s\\n" "$@"; case "$*" in *"-d @-"*) cat;; esac; echo ----; }\n'
    variables = {name: name.lower() for _, snippet in asked for name in re.findall(r"\$(\w+)", snippet)}

    script = fake + "\n".join(snippet for _operation, snippet in asked)
    said = subprocess.run(
        ["bash"], input=script, capture_output=True, text=True, check=True, env=os.environ | variables
    )

    assert len(variables) < 25
    for (operation, _snippet), words in zip(asked, said.stdout.split("----\n"), strict=False):
        address = re.sub(r"\{(\w+)\}", r"\1", operation.path)
        assert f"{SITE}{address}\n" in words, operation.id
        assert ("-X" in words) == (operation.method != "GET")
        if operation.sample is not None:
            assert json.loads(words[words.index("{\n") :]).keys() == operation.sample.keys()


class Asked(Exception):
    """A request that the client would have sent."""


@pytest.mark.filterwarnings("ignore:Using unstable operation")
def test_every_python_snippet_asks_what_it_says(operations, monkeypatch):
    def request(_self, method, url, *_args, **fields):
        raise Asked(method, url, fields.get("body"))

    monkeypatch.setattr(rest.RESTClientObject, "request", request)
    for name in {"DD_API_KEY", "DD_APP_KEY", "EXPIRES_AT"}:
        monkeypatch.setenv(name, "2030-01-01T00:00:00Z")
    found = list(snippets_of(operations, "Python"))
    for operation, snippet in found:
        for name in re.findall(r'os\.environ\["(\w+)"\]', snippet):
            if name != "EXPIRES_AT":
                monkeypatch.setenv(name, "11111111-2222-3333-4444-555555555555")
        with pytest.raises(Asked) as asked:
            exec(snippet, {})  # noqa: S102 - it is ours, and this is what readers do with it
        method, url, body = asked.value.args
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation.path))
        assert method == operation.method, operation.id
        assert re.fullmatch(pattern, urllib.parse.urlsplit(url).path), operation.id
        assert (body is None) == (operation.sample is None), operation.id


def test_only_what_datadogs_client_lacks_has_no_python(operations):
    without = set(operations) - {operation.id for operation, _snippet in snippets_of(operations, "Python")}
    unstable = {name for name in operations if f"v2.{name}" in Configuration().unstable_operations.values}
    marked = {found.id for found, snippet in snippets_of(operations, "Python") if "unstable_operations" in snippet}

    assert without == api_snippets.NOT_IN_THE_CLIENT
    assert unstable == marked


def test_every_terraform_resource_belongs_to_an_operation(operations):
    assert set(api_snippets.RESOURCES) - set(operations) <= {"update_service_account"}


def test_the_document_is_read_once(bob, client_of):
    api_document.read.cache_clear()
    client = client_of(bob)

    for path in ("/reference/", "/reference/roles/", "/reference/"):
        client.get(path)

    assert api_document.read.cache_info().misses == 1


def test_every_class_of_requests_has_its_word(settings):
    assert set(reference.RATES) == set(settings.API_RATES)


def test_the_documents_words_are_marked_as_english(bob, client_of):
    page = text(client_of(bob).get("/reference/api-keys/", headers={"Accept-Language": "ja"}))

    assert '<html lang="ja"' in page
    assert '<h1 lang="en">API keys</h1>' in page
    assert re.search(r'<h2 id="create_api_key-heading" lang="en">Create an API key</h2>', page)


def test_help_and_the_menu_lead_to_it(bob, sam, client_of):
    for path, places in (("/help/", 2), ("/members/", 1)):
        assert text(client_of(bob).get(path)).count('href="/reference/"') == places
    assert "/reference/" not in text(client_of(sam).get("/help/"))
