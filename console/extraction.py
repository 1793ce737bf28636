"""Finds the messages to translate, in code and in templates, for `make messages` and the test that none is missing."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

KEYWORDS: dict[str, tuple[object, ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
ROOMS = ("audit", "accounts", "keys", "console", "api")


def catalogue() -> Catalog:
    """Every message of the project."""
    found = Catalog(charset="utf-8")
    for source in _sources():
        for line, message, comments, context in extract("python", BytesIO(source), KEYWORDS, ["Translators:"]):
            found.add(message, None, [], auto_comments=comments, context=context, lineno=line)
    return found


def _sources() -> Iterator[bytes]:
    for room in ROOMS:
        for module in sorted((settings.BASE_DIR / room).rglob("*.py")):
            if "migrations" not in module.parts:
                yield module.read_bytes()
    for template in sorted(Path(settings.BASE_DIR / "templates").rglob("*.*")):
        yield _as_code(templatize(template.read_text(), origin=str(template)))


def _as_code(templatized: str) -> bytes:
    """What Django's templatize makes of a template, without the indentation, which would be no Python."""
    return "\n".join(line.lstrip() for line in templatized.splitlines()).encode()
