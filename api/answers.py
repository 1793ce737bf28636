"""What the API answers with: JSON always, and never kept by anybody on the way."""

from collections.abc import Mapping

import msgspec
from django.http import HttpResponse

from keys import minting

JSON = "application/json"
JSON_API = "application/vnd.api+json"


class ApiError(Exception):
    """The request is refused: a status, and messages that say what was wrong and what to do."""

    def __init__(self, status: int, *messages: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(*messages)
        self.status = status
        self.messages = messages
        self.headers = dict(headers or {})


class Forbidden(ApiError):
    """403 in Datadog's shape: "Forbidden" first, then why."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(403, "Forbidden", *reasons)


class NotFound(ApiError):
    """404: no such thing, or somebody else's."""

    def __init__(self, message: str = "Not found") -> None:
        super().__init__(404, message)


def answered(content: bytes | None, *, status: int, media: str = JSON) -> HttpResponse:
    """An answer with this JSON, or with nothing."""
    response = HttpResponse(content or b"", status=status, content_type=media)
    if content is None:
        del response.headers["Content-Type"]
    response.headers["Cache-Control"] = "no-store"
    return response


def refused(error: ApiError) -> HttpResponse:
    """An error in the shape every client of this API reads."""
    response = answered(msgspec.json.encode({"errors": spoken(error)}), status=error.status)
    for name, value in error.headers.items():
        response.headers[name] = value
    return response


def spoken(error: ApiError) -> list[str]:
    """An error's messages, without anything that is spelled like a secret: what was misplaced is not said back."""
    return [minting.redacted(message) for message in error.messages]
