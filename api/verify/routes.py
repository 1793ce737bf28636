"""What a gateway's route wants, said in the address that it asks, where only whoever configures the gateway writes.

After `;` in the first segment of the path, or in the query string; the path counts before the query, and of several
of one name the first, so that nothing a client appends can widen what is accepted.

    /verify?accept=api_key,personal_access_token&scope=dashboards_read&organization=0f2c…
    /verify;accept=api_key;scope=dashboards_read/api/v2/series
"""

import functools
import re
import uuid
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from accounts.permissions import unknown
from api.answers import ApiError
from keys.kinds import BY_VALUE, KINDS, Kind

MOST_FIELDS = 100
NAMES = ("accept", "scope", "organization")
_OWN = re.compile(rf"(?:(?:{'|'.join(NAMES)})=[\w,.%-]*(?:&|$))*")


class Wanted(NamedTuple):
    """Kinds that are accepted, scopes that are needed, and the organisation it has to belong to."""

    accepting: tuple[Kind, ...] = KINDS
    needs: tuple[str, ...] = ()
    organization_id: uuid.UUID | None = None


def wanted(path: str, query: str) -> Wanted:
    """What the address wants. 400 for what makes no sense.

    Where the path says anything, the query string is the client's own and not looked at.
    """
    segment = path.split("/", 2)[1]
    if segment != "verify":
        return _in_path(segment)
    # A client's own query may stand behind the route's: only what is all the route's is kept.
    return _in_query(query) if _OWN.fullmatch(query) else _in_query.__wrapped__(query)


@functools.lru_cache(maxsize=1024)
def _in_path(segment: str) -> Wanted:
    name, _, said = unquote(segment).partition(";")
    found: dict[str, str] = {}
    for word in said.split(";"):
        key, _, value = word.partition("=")
        if name != "verify" or key not in NAMES:
            raise ApiError(400, f"The address has {word[:64]!a} behind /verify; expected {', '.join(NAMES)}.")
        found.setdefault(key, value)
    return _of_words(found)


@functools.lru_cache(maxsize=1024)
def _in_query(query: str) -> Wanted:
    found: dict[str, str] = {}
    for name, value in fields(query):
        found.setdefault(name, value)
    return _of_words({name: found[name] for name in NAMES if name in found})


def _of_words(said: dict[str, str]) -> Wanted:
    """400 for a word that says nothing: a variable of the gateway's that is not set must not open the door to all."""
    if empty := [name for name, value in said.items() if not _words(value)]:
        raise ApiError(400, f"{empty[0]}: is empty. Name what the route wants, or leave it out.")
    return of(_words(said.get("accept", "")), _words(said.get("scope", "")), said.get("organization"))


def fields(query: str) -> list[tuple[str, str]]:
    """The fields of a query string in their order. 400 for absurdly many."""
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise ApiError(400, f"The query string has more than {MOST_FIELDS} fields.") from None


def of(kinds: Iterable[str], scopes: Iterable[str], organization: str | None) -> Wanted:
    """What these words want. 400 for a word that is none, naming it."""
    kinds, scopes = tuple(kinds), tuple(scopes)
    if strange := [kind for kind in kinds if kind not in BY_VALUE]:
        raise ApiError(400, f"accept: there is no kind {strange[0][:64]!a}. Use {', '.join(BY_VALUE)}.")
    if strange := sorted(unknown(frozenset(scopes))):
        raise ApiError(400, f"scope: there is no scope {strange[0][:64]!a}.")
    try:
        organization_id = None if organization is None else uuid.UUID(organization)
    except ValueError:
        raise ApiError(400, "organization: expected the id of an organization.") from None
    return Wanted(tuple(BY_VALUE[kind] for kind in kinds) or KINDS, scopes, organization_id)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
