"""What a gateway's route wants, said in the address that it asks, where only whoever configures the gateway writes.

After `;` in the first segment of the path, or in the query string; the path counts before the query, and of several
of one name the first, so that nothing a client appends can widen what is accepted.

    /verify?accept=api_key,personal_access_token&scope=metrics_read&organization=0f2c…
    /verify;accept=api_key;scope=metrics_read/api/v2/series
"""

import functools
import uuid
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from accounts.permissions import unknown
from api.answers import ApiError
from keys.kinds import BY_VALUE, KINDS, Kind

MOST_FIELDS = 100


class Wanted(NamedTuple):
    """Kinds that are accepted, scopes that are needed, and the organisation it has to belong to."""

    accepting: tuple[Kind, ...] = KINDS
    needs: tuple[str, ...] = ()
    organization_id: uuid.UUID | None = None


def wanted(path: str, query: str) -> Wanted:
    """What the address wants. 400 for what makes no sense."""
    segment = path.split("/", 2)[1]
    if segment != "verify" and (found := _in_path(segment)):
        return found
    # A client's own query may stand behind the route's: what could be a credential is not kept.
    return _in_query.__wrapped__(query) if "key=" in query else _in_query(query)


@functools.lru_cache(maxsize=1024)
def _in_path(segment: str) -> Wanted | None:
    said = unquote(segment).partition(";")[2]
    return _in_query.__wrapped__(said.replace(";", "&")) if said else None


@functools.lru_cache(maxsize=1024)
def _in_query(query: str) -> Wanted:
    said: dict[str, str] = {}
    for name, value in fields(query):
        said.setdefault(name, value)
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
