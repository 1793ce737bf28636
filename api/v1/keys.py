"""/api/v1/api_key and /api/v1/application_key: the first version, kept for the programs that still speak it.

A path names a key by its id or by its text; the text is compared and forgotten, in no log and no answer. Where an
answer used to hold a text, it holds stars and the last four characters; the answer that creates a key holds it whole.
"""

from datetime import UTC
from typing import Annotated

import msgspec
from django.db.models import QuerySet
from msgspec import Meta

from accounts.permissions import Permission as P
from api.answers import NotFound
from api.door import Call
from api.operations import Rate, operation
from api.paging import found
from api.v2 import queries
from api.v2.payloads.shapes import Name, Strict
from keys import editing, lifecycle, ownership, verification
from keys.kinds import API_KEY, APPLICATION_KEY, Kind
from keys.models import Credential

TAG = "Keys (v1)"
MISSING = {API_KEY: "API key not found", APPLICATION_KEY: "Application key not found"}
LENGTHS = {API_KEY: 32, APPLICATION_KEY: 40}
MOST = 1000
"""How many a list holds: this version has no pages."""


class KeyName(Strict, frozen=True):
    """The name of a key."""

    name: Name


class ApiKeyV1(msgspec.Struct, kw_only=True):
    """An API key; `key` is masked but in the answer that created it."""

    id: str
    name: str
    key: Annotated[str, Meta(min_length=32, max_length=32)]
    created: str
    created_by: str


class ApiKeyV1Document(msgspec.Struct):
    api_key: ApiKeyV1


class ApiKeysV1Document(msgspec.Struct):
    api_keys: list[ApiKeyV1]


class ApplicationKeyV1(msgspec.Struct, kw_only=True):
    """An application key; `hash` is its text, masked but in the answer that created it."""

    id: str
    name: str
    hash: Annotated[str, Meta(min_length=40, max_length=40)]
    owner: str


class ApplicationKeyV1Document(msgspec.Struct):
    application_key: ApplicationKeyV1


class ApplicationKeysV1Document(msgspec.Struct):
    application_keys: list[ApplicationKeyV1]


@operation(tag=TAG, needs=(P.API_KEYS_READ,))
def list_api_keys_v1(call: Call) -> ApiKeysV1Document:
    """List API keys, at most 1,000."""
    return ApiKeysV1Document([_api_key(row) for row in _rows(call, API_KEY).order_by("name_key", "pk")[:MOST]])


@operation(tag=TAG, needs=(P.API_KEYS_WRITE,), conflict=409, rate=Rate.WRITE)
def create_api_key_v1(call: Call, body: KeyName) -> ApiKeyV1Document:
    """Create an API key. The answer is the only one that holds its text."""
    issued = lifecycle.issue(API_KEY, name=body.name, owned=ownership.acting(call.actor), by=call.actor)
    return ApiKeyV1Document(_api_key(issued.credential, issued.secret.text))


@operation(tag=TAG, needs=(P.API_KEYS_READ,))
def get_api_key_v1(call: Call, key: str) -> ApiKeyV1Document:
    """Get an API key."""
    return ApiKeyV1Document(_api_key(_row(call, API_KEY, key)))


@operation(tag=TAG, needs=(P.API_KEYS_WRITE,), conflict=409, rate=Rate.WRITE)
def update_api_key_v1(call: Call, key: str, body: KeyName) -> ApiKeyV1Document:
    """Rename an API key."""
    return ApiKeyV1Document(_api_key(editing.rename(_row(call, API_KEY, key).id, name=body.name, by=call.actor)))


@operation(tag=TAG, needs=(P.API_KEYS_DELETE,), refusal=403, rate=Rate.WRITE)
def delete_api_key_v1(call: Call, key: str) -> ApiKeyV1Document:
    """Revoke an API key, for good and at once. The last one stays."""
    return ApiKeyV1Document(_api_key(lifecycle.revoke(_row(call, API_KEY, key).id, by=call.actor)))


@operation(tag=TAG, needs=(P.ORG_APP_KEYS_READ, P.USER_APP_KEYS))
def list_application_keys_v1(call: Call) -> ApplicationKeysV1Document:
    """List application keys, at most 1,000: everybody's, or without org_app_keys_read the caller's own."""
    rows = _application_keys(call, P.ORG_APP_KEYS_READ).order_by("name_key", "pk")[:MOST]
    return ApplicationKeysV1Document([_application_key(row) for row in rows])


@operation(tag=TAG, needs=(P.USER_APP_KEYS,), conflict=409, rate=Rate.WRITE)
def create_application_key_v1(call: Call, body: KeyName) -> ApplicationKeyV1Document:
    """Create an application key for the caller. The answer is the only one that holds its text."""
    issued = lifecycle.issue(APPLICATION_KEY, name=body.name, owner=call.owner, by=call.actor)
    return ApplicationKeyV1Document(_application_key(issued.credential, issued.secret.text))


@operation(tag=TAG, needs=(P.ORG_APP_KEYS_READ, P.USER_APP_KEYS))
def get_application_key_v1(call: Call, key: str) -> ApplicationKeyV1Document:
    """Get an application key: one's own, or with org_app_keys_read anybody's."""
    rows = _application_keys(call, P.ORG_APP_KEYS_READ)
    return ApplicationKeyV1Document(_application_key(_row(call, APPLICATION_KEY, key, rows)))


@operation(tag=TAG, needs=(P.ORG_APP_KEYS_WRITE, P.USER_APP_KEYS), conflict=409, rate=Rate.WRITE)
def update_application_key_v1(call: Call, key: str, body: KeyName) -> ApplicationKeyV1Document:
    """Rename an application key: one's own, or with org_app_keys_write anybody's."""
    row = _row(call, APPLICATION_KEY, key, _application_keys(call, P.ORG_APP_KEYS_WRITE))
    return ApplicationKeyV1Document(_application_key(editing.rename(row.id, name=body.name, by=call.actor)))


@operation(tag=TAG, needs=(P.ORG_APP_KEYS_WRITE, P.USER_APP_KEYS), refusal=403, rate=Rate.WRITE)
def delete_application_key_v1(call: Call, key: str) -> ApplicationKeyV1Document:
    """Revoke an application key, for good and at once: one's own, or with org_app_keys_write anybody's."""
    row = _row(call, APPLICATION_KEY, key, _application_keys(call, P.ORG_APP_KEYS_WRITE))
    return ApplicationKeyV1Document(_application_key(lifecycle.revoke(row.id, by=call.actor)))


def _rows(call: Call, kind: Kind) -> QuerySet[Credential]:
    return queries.active(call.actor, kind)


def _application_keys(call: Call, permission: P) -> QuerySet[Credential]:
    rows = _rows(call, APPLICATION_KEY)
    return rows if call.actor.can(permission) else rows.filter(owner=call.owner)


def _row(call: Call, kind: Kind, key: str, rows: QuerySet[Credential] | None = None) -> Credential:
    """The key with this id or this text. Raises NotFound."""
    rows = _rows(call, kind) if rows is None else rows
    verdict = verification.verify(key, now=call.actor.now, accepting=(kind,), organization_id=call.organization.id)
    row = rows.filter(pk=verdict.credential_id).first() if verdict else found(rows, key, MISSING[kind])
    if row is None:
        raise NotFound(MISSING[kind])
    return row


def _masked(row: Credential) -> str:
    return row.last4.rjust(LENGTHS[row.kind], "*")


def _email(row: Credential) -> str:
    person = row.owner or row.created_by
    return person.email if person else ""


def _api_key(row: Credential, text: str | None = None) -> ApiKeyV1:
    return ApiKeyV1(
        id=str(row.id),
        name=row.name,
        key=text or _masked(row),
        created=row.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        created_by=_email(row),
    )


def _application_key(row: Credential, text: str | None = None) -> ApplicationKeyV1:
    return ApplicationKeyV1(id=str(row.id), name=row.name, hash=text or _masked(row), owner=_email(row))
