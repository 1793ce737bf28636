"""The API's description of itself, read for people: sections, their operations, and every field with its bounds.

The description comes as OpenAPI, from whatever serves the address named `api-description`; no line of this knows how.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.utils.formats import number_format
from django.utils.text import slugify
from django.utils.translation import gettext as _

Schema = Mapping[str, Any]
DEEPEST = 8


@dataclass(frozen=True)
class Bounds:
    """How little and how much of something there may be; None where nothing is said."""

    least: int | None
    most: int | None
    counted: str

    def __str__(self) -> str:
        """In words; empty where there is nothing to keep to."""
        if self.most is None:
            return ""
        numbers = {"least": _grouped(self.least or 0), "most": _grouped(self.most)}
        if self.counted == "items":
            return (
                _("%(least)s to %(most)s entries") % numbers if self.least else _("At most %(most)s entries") % numbers
            )
        if self.counted == "characters":
            ranged = _("%(least)s to %(most)s characters") % numbers
            return ranged if self.least else _("At most %(most)s characters") % numbers
        return _("%(least)s to %(most)s") % numbers


def _grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


@dataclass(frozen=True, kw_only=True)
class Field:
    """A parameter or a property. `within` is the way to it through a body, ending in a dot; `pattern` an expression."""

    name: str
    within: str
    type: str
    required: bool
    allowed: tuple[str, ...]
    default: str
    bounds: Bounds
    pattern: str


@dataclass(frozen=True)
class Answer:
    """A status, what HTTP calls it, and what it means here."""

    status: int
    phrase: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one address. `accepts` are the alternatives of what must be presented, each a set of header names;
    `sample` is a body with what it must have."""

    id: str
    method: str
    path: str
    summary: str
    permissions: tuple[str, ...]
    accepts: tuple[tuple[str, ...], ...]
    variables: tuple[str, ...]
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    sample: Any
    good: Answer
    refusals: tuple[Answer, ...]

    @property
    def acts(self) -> bool:
        """Whether somebody acts by it, beyond an organisation that asks."""
        return any(set(option) - {"DD-API-KEY"} for option in self.accepts)

    @property
    def title(self) -> str:
        """The first sentence of its summary."""
        return self.summary.partition(". ")[0].rstrip(".")

    @property
    def remark(self) -> str:
        """What the summary says beyond its first sentence."""
        return self.summary.partition(". ")[2]


@dataclass(frozen=True)
class Section:
    """What belongs together: operations with the same tag."""

    slug: str
    title: str
    operations: tuple[Operation, ...]


@lru_cache(maxsize=2)
def read(content: bytes) -> tuple[Section, ...]:
    """The sections of a description, in the order in which it comes to them."""
    document = json.loads(content)
    reader = _Reader(document["components"])
    sections: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            sections.setdefault(said["tags"][0], []).append(reader.operation(path, method.upper(), said))
    return tuple(Section(slugify(title), title, tuple(found)) for title, found in sections.items())


def refusals(sections: tuple[Section, ...]) -> list[Answer]:
    """Every way to be refused, by status."""
    found = {answer for section in sections for operation in section.operations for answer in operation.refusals}
    return sorted(found, key=lambda answer: answer.status)


class _Reader:
    """Reads operations, with the schemas they refer to at hand."""

    def __init__(self, components: Mapping[str, Any]) -> None:
        self.schemas = components["schemas"]
        self.schemes = components["securitySchemes"]

    def operation(self, path: str, method: str, said: Mapping[str, Any]) -> Operation:
        answers = [self._answer(status, answer) for status, answer in said["responses"].items()]
        parameters = said["parameters"]
        variables = tuple(each["name"] for each in parameters if each["in"] == "path")
        body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        own = variables[-1] if variables and method == "PATCH" else ""
        return Operation(
            id=said["operationId"],
            method=method,
            path=path,
            summary=said["summary"],
            permissions=tuple(said["x-permissions"]),
            accepts=tuple(tuple(map(self._header, option)) for option in said["security"]),
            variables=variables,
            parameters=tuple(self._field(p["name"], "", p["schema"], required=p["required"]) for p in parameters),
            body=tuple(self._properties(body)) if body else (),
            sample=self._sample(body, "", own) if body else None,
            good=next(answer for answer in answers if answer.status < HTTPStatus.BAD_REQUEST),
            refusals=tuple(answer for answer in answers if answer.status >= HTTPStatus.BAD_REQUEST),
        )

    def _header(self, scheme: str) -> str:
        return str(self.schemes[scheme].get("name", "Authorization"))

    def _answer(self, status: str, said: Mapping[str, Any]) -> Answer:
        return Answer(int(status), HTTPStatus(int(status)).phrase, said["description"])

    def _options(self, schema: Schema) -> list[Schema]:
        """The schemas of which one must hold, references followed; the plainest first, null last."""
        if "$ref" in schema:
            return self._options(self.schemas[schema["$ref"].rpartition("/")[2]])
        options = [found for option in schema.get("anyOf", ()) for found in self._options(option)] or [schema]
        return sorted(options, key=lambda option: (option.get("type") == "null", option.get("type") == "array"))

    def _type(self, schema: Schema) -> str:
        return " | ".join(dict.fromkeys(map(self._type_of_one, self._options(schema))))

    def _type_of_one(self, option: Schema) -> str:
        if option.get("type") == "array":
            return f"{self._type(option['items'])}[]"
        if "enum" in option:
            return "boolean" if isinstance(option["enum"][0], bool) else "string"
        return str(option.get("format") or option.get("type", "any"))

    def _field(self, name: str, within: str, schema: Schema, *, required: bool) -> Field:
        main = self._options(schema)[0]
        return Field(
            name=name,
            within=within,
            type=self._type(schema),
            required=required,
            allowed=tuple(_plain(value) for value in main.get("enum", ()) if value is not None),
            default=_default(schema.get("default")),
            bounds=_bounds(main),
            pattern=main.get("pattern", ""),
        )

    def _properties(self, schema: Schema, within: str = "") -> Iterator[Field]:
        """Every property, depth first. A required object says nothing itself: its properties do."""
        main = self._options(schema)[0]
        for name, said in main.get("properties", {}).items():
            required = name in main.get("required", ())
            inner, way = self._inside(said)
            nested = list(self._properties(inner, f"{within}{name}{way}.")) if within.count(".") < DEEPEST else []
            if not (required and nested):
                yield self._field(name, within, said, required=required)
            yield from nested

    def _inside(self, schema: Schema) -> tuple[Schema, str]:
        """What is described inside: the entries of a list, or the thing itself."""
        main = self._options(schema)[0]
        return (main["items"], "[]") if main.get("type") == "array" else (main, "")

    def _sample(self, schema: Schema, name: str, own: str) -> Any:
        """An example with what must be there; of an object that demands nothing, its first property. `own` is the
        variable of the path that says which thing is meant; what else varies is `$NAMED` in capitals."""
        main = self._options(schema)[0]
        if "enum" in main:
            return main["enum"][0]
        if main.get("type") == "boolean":
            return True
        if main.get("type") == "array":
            return [self._sample(main["items"], name.removesuffix("s"), own)]
        properties = main.get("properties", {})
        if properties:
            wanted = main.get("required") or list(properties)[:1]
            sample = {key: self._sample(properties[key], key, own) for key in properties if key in wanted}
            return sample | ({"id": _id_of(sample, own)} if "id" in sample else {})
        return _SAMPLES.get(name, f"${name.upper()}")


def _id_of(sample: Mapping[str, Any], own: str) -> str:
    """Which thing the example names: that of the path, or another one of its type."""
    return f"${own.upper()}" if own else f"${sample['type'].removesuffix('s').upper()}_ID"


_SAMPLES = {"name": "example", "email": "new@example.com", "scope": "dashboards_read"}


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _default(value: Any) -> str:
    """A default worth saying: neither nothing nor an empty text, nor what only repeats the shape of the body."""
    return "" if value is None or value == "" or isinstance(value, dict | list) else _plain(value)


def _bounds(schema: Schema) -> Bounds:
    for counted, least, most in (
        ("items", "minItems", "maxItems"),
        ("characters", "minLength", "maxLength"),
        ("", "minimum", "maximum"),
    ):
        if most in schema:
            return Bounds(schema.get(least), schema[most], counted)
    return Bounds(None, None, "")
