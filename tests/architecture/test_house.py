"""What the house promises of itself: every rule here was once only a convention."""

import ast
import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

from accounts.areas import AREAS, NAMES
from accounts.permissions import CATALOGUE, DEPRECATED, Permission
from audit.events import SENTENCES, Event
from console import kind_pages
from console.templatetags.ui import icon
from keys.kinds import KINDS, Owner
from keys.telling import News

ROOT = Path(settings.BASE_DIR)
ROOMS = ("audit", "accounts", "keys", "console", "api")
DOMAIN = ("audit", "accounts", "keys")
MODULES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts]


def named(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


def patterns(resolver=None, prefix=""):
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern), entry


@pytest.mark.parametrize(
    ("route", "entry"), [pytest.param(route, entry, id=route or "/") for route, entry in patterns()]
)
def test_every_view_says_who_may_open_it(route, entry):
    assert getattr(entry.callback, "guarded_by", None), f"{route} has no guard from access.py"


@pytest.mark.parametrize("path", MODULES, ids=named(MODULES))
def test_modules_and_functions_stay_small(path):
    source = path.read_text()
    assert source.count("\n") <= 350
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 40, f"{path.name}: {node.name}"


@pytest.mark.parametrize("room", DOMAIN)
def test_the_domain_sees_no_request(room):
    for path in (ROOT / room).rglob("*.py"):
        assert not re.search(r"\bdjango\.http\b|HttpRe(quest|sponse)", path.read_text()), path


DOORS = [
    path
    for path in MODULES
    if path.relative_to(ROOT).parts[0] in {"console", "api"} and not {"commands", "settings.py"} & set(path.parts)
]


@pytest.mark.parametrize("path", DOORS, ids=named(DOORS))
def test_doors_write_through_verbs_alone(path):
    writes = re.findall(
        r"(?:objects|\))\.(?:save|create|bulk_create|update|delete)\(|audit import log|log\.record", path.read_text()
    )
    assert not writes, f"{path}: {writes}"


def test_every_kind_has_its_words_and_every_preset_its_scopes():
    assert set(kind_pages.PAGES) == set(KINDS)
    for page in kind_pages.PAGES.values():
        for preset in page.presets:
            assert set(preset.scopes) <= CATALOGUE.keys() - DEPRECATED


def test_a_kind_is_the_same_in_every_language():
    with translation.override("ja"):
        found = {kind: kind_pages.PAGES[kind] for kind in KINDS}
    assert set(found) == set(KINDS)


def test_kinds_are_told_apart_by_their_spelling():
    spellings = {(kind.format.prefix, kind.format.random, kind.format.names_row) for kind in KINDS}
    assert len(spellings) == len(KINDS)


def test_only_the_declaration_knows_a_kind_by_name():
    branch = re.compile(
        r"\b(?:if|elif|and|or) (?:\w+\.)?kind (?:is|is not|==|!=|in) \(?(?:kinds\.)?(?:"
        + "|".join(k.value.upper() for k in KINDS)
        + ")"
    )
    for path in MODULES:
        assert not branch.search(path.read_text()), path


def test_an_organisations_credential_has_no_member_for_an_owner():
    for kind in KINDS:
        assert not (kind.belongs_to_organization and kind.owners - {Owner.ORGANIZATION})


def test_every_event_has_a_sentence():
    assert set(SENTENCES) == set(Event)


def test_the_catalogue_holds_every_permission_and_area_the_code_asks_for():
    assert {permission.value for permission in Permission} <= CATALOGUE.keys()
    assert {entry.area for entry in CATALOGUE.values()} == set(NAMES)
    assert sum(len(area.entries) for area in AREAS) == len(CATALOGUE) - len(DEPRECATED)
    assert len({entry.id for entry in CATALOGUE.values()}) == len(CATALOGUE)


def test_every_icon_that_is_asked_for_exists():
    for source in [*ROOT.joinpath("templates").rglob("*.html")]:
        for name in re.findall(r'{% icon "([\w-]+)"', source.read_text()):
            icon(name)
    for page in kind_pages.PAGES.values():
        for preset in page.presets:
            icon(preset.icon)


@pytest.mark.parametrize(("file", "budget"), [("css/app.css", 11_264), ("js/app.js", 3_072)])
def test_the_stylesheet_and_the_script_stay_light(file, budget):
    assert len(gzip.compress((ROOT / "static" / file).read_bytes(), 9)) <= budget


def test_no_page_carries_inline_style_or_script():
    for source in ROOT.joinpath("templates").rglob("*.html"):
        assert not re.search(r"\sstyle=|\son\w+=|<script>|<style>", source.read_text()), source


def test_secrets_are_read_where_they_are_shown_and_nowhere_else():
    exposures = {str(path.relative_to(ROOT)) for path in MODULES if "secret.text" in path.read_text()}
    assert exposures <= {
        "keys/lifecycle.py",
        "keys/idempotency.py",
        "keys/bootstrap.py",
        "keys/demo/safety.py",
        "keys/management/commands/createorg.py",
        "console/management/commands/demotraffic.py",
        "console/organization/apis.py",
        "api/v1/keys.py",
        "api/v2/access_tokens.py",
        "api/v2/api_keys.py",
        "api/v2/application_keys.py",
    }


@pytest.mark.parametrize("news", News, ids=lambda news: news.value)
def test_programs_find_every_type_of_news_in_the_documentation(news):
    [row] = [line for line in (ROOT / "docs/timed-work.md").read_text().splitlines() if f"`{news.value}`" in line]

    assert row.startswith(f"| {news.topic.value} |")
