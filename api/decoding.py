"""What a request says: its body as JSON and its query, each as the struct an operation declares, or a clear refusal."""

import json
import re
import types
import typing
import zlib
from typing import Any, NoReturn, TypeVar

import msgspec
from django.conf import settings
from django.http import HttpRequest, QueryDict

from api.answers import ApiError

T = TypeVar("T")

MEDIA = frozenset({"", "application/json", "application/vnd.api+json", "text/json", "text/plain"})
"""What clients call JSON. Anything else is refused."""

_PLACE = re.compile(r"^(?P<reason>.*?)(?: - at `(?P<place>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)


class Unreadable(ApiError):
    """400: the body or the query is not what the operation takes."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message)


def body_of(request: HttpRequest) -> bytes:
    """The body, unpacked. As `unpacked` refuses."""
    media, encoding = (request.headers.get(name, "") for name in ("Content-Type", "Content-Encoding"))
    return unpacked(request.body, media=media, encoding=encoding)


def unpacked(content: bytes, *, media: str, encoding: str) -> bytes:
    """A body without its packing. 415 for what is not called JSON or packed strangely, 413 for more than
    settings.API_MAX_BODY bytes, packed or not."""
    media = media.partition(";")[0].strip().lower()
    if content and media not in MEDIA:
        raise ApiError(415, f"Content-Type {media[:64]!a} is not supported. Send application/json.")
    body = _unpacked(content, encoding.strip().lower())
    if len(body) > settings.API_MAX_BODY:
        raise ApiError(413, f"The body is larger than {settings.API_MAX_BODY // 1024} KiB. Send less at once.")
    return body


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding in {"", "identity"}:
        return body
    windows = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
    if encoding not in windows:
        raise ApiError(415, f"Content-Encoding {encoding[:32]!a} is not supported. Send gzip, deflate or none.")
    try:
        return zlib.decompressobj(windows[encoding]).decompress(body, settings.API_MAX_BODY + 1)
    except zlib.error:
        raise Unreadable(f"The body is not {encoding}. Check Content-Encoding.") from None


def parsed(body: bytes) -> Any:
    """The body as plain Python values: strict JSON, so no NaN, no key twice, no lone surrogate, no bottomless nest."""
    try:
        found = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeError:
        raise Unreadable("The body is not UTF-8 text. Encode it as UTF-8.") from None
    except RecursionError:
        raise Unreadable("The body is nested too deeply.") from None
    except ValueError as error:
        raise Unreadable(f"The body is not valid JSON: {str(error)[:200]}.") from None
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the property {twice[:64]!a} occurs twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def converted(found: Any, type_: type[T]) -> T:
    """The parsed body as the struct the operation declares. Raises Unreadable, naming the property."""
    try:
        return msgspec.convert(found, type_)
    except msgspec.ValidationError as error:
        raise Unreadable(_explained(str(error), "The body")) from None


def query_of(params: QueryDict, type_: type[T]) -> T:
    """The query string as the struct the operation declares. Parameters it does not name are nobody's business."""
    asked: dict[str, Any] = {}
    for field in msgspec.structs.fields(type_):  # type: ignore[type-var]
        if field.encode_name in params:
            many = list in {typing.get_origin(option) or option for option in _options(field.type)}
            asked[field.encode_name] = params.getlist(field.encode_name) if many else params[field.encode_name]
    if any("\0" in value for values in params.lists() for value in values[1]):
        raise Unreadable("The query string holds a NUL character. Leave it out.")
    try:
        return msgspec.convert(asked, type_, strict=False)
    except msgspec.ValidationError as error:
        raise Unreadable(_explained(str(error), "The query string")) from None


def _options(type_: Any) -> tuple[Any, ...]:
    """The type without its annotations; of a union, each of its members."""
    if typing.get_origin(type_) is typing.Annotated:
        return _options(typing.get_args(type_)[0])
    return typing.get_args(type_) if typing.get_origin(type_) in {typing.Union, types.UnionType} else (type_,)


def _explained(message: str, whole: str) -> str:
    """msgspec's words, the place first: `data.attributes.name: Expected `str`, got `int`."""
    match = _PLACE.match(message)
    reason, place = (match["reason"], match["place"] or "") if match else (message, "")
    place = place.removeprefix("$").removeprefix(".").removeprefix("[...]") or whole
    if unknown := _UNKNOWN.match(reason):
        return f"Additional properties are not allowed ('{unknown['name'][:64]}' was unexpected) in {place}"
    return f"{place}: {reason[:300]}"
