"""Operations: what a method of an address does, declared where it is done.

A view is an operation. Its signature is its contract: `body` and `query` name the structs that are decoded, the other
parameters are the variables of its path, and what it returns is what is encoded (None: nothing). From the same
declaration the request is checked, the answer is written and the description of the API is generated.
"""

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from accounts.permissions import Permission
from api.answers import JSON


class Opens(StrEnum):
    """What has to be presented."""

    ANYTHING_THAT_ACTS = "acting"
    API_KEY = "api_key"


class Rate(StrEnum):
    """The class of requests an operation is counted with; settings.API_RATES has the numbers."""

    READ = "read"
    WRITE = "write"
    SEARCH = "search"
    VALIDATE = "validate"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one address.

    `needs` are permissions of which the caller must hold at least one; none means that any caller may. `status` and
    `media` are those of a good answer, `conflict` the status where a name or address is taken, `refusal` where another
    rule refuses. `mismatch` is what is said to an update that names another id than its address. `refusals` are the
    statuses a caller should expect besides 401, 403 and 429.
    """

    view: Callable[..., Any]
    tag: str
    needs: tuple[Permission, ...]
    opens: Opens
    status: int
    media: str
    conflict: int
    refusal: int
    rate: Rate
    mismatch: str
    body: Any
    body_required: bool
    query: Any
    answer: Any
    path: tuple[str, ...]

    @property
    def id(self) -> str:
        """Its name in the description: that of the view."""
        return self.view.__name__

    @property
    def summary(self) -> str:
        """The first line of what the view says of itself."""
        return (inspect.getdoc(self.view) or "").partition("\n")[0]

    @property
    def description(self) -> str:
        """All that the view says of itself."""
        return inspect.getdoc(self.view) or ""


def operation(
    *,
    tag: str,
    needs: tuple[Permission, ...] = (),
    opens: Opens = Opens.ANYTHING_THAT_ACTS,
    status: int = 200,
    media: str = JSON,
    conflict: int = 400,
    refusal: int = 400,
    rate: Rate = Rate.READ,
    mismatch: str = "UUID's in the URL and request body do not match",
) -> Callable[[Callable[..., Any]], Operation]:
    """Declare a view an operation."""

    def declare(view: Callable[..., Any]) -> Operation:
        hints = typing.get_type_hints(view, include_extras=True)
        parameters = inspect.signature(view).parameters
        return Operation(
            view=view,
            tag=tag,
            needs=needs,
            opens=opens,
            status=status,
            media=media,
            conflict=conflict,
            refusal=refusal,
            rate=rate,
            mismatch=mismatch,
            body=hints.get("body"),
            body_required="body" in parameters and parameters["body"].default is inspect.Parameter.empty,
            query=hints.get("query"),
            answer=hints["return"] if hints["return"] is not type(None) else None,
            path=tuple(name for name in parameters if name not in {"call", "body", "query"}),
        )

    return declare
