"""/api/v2/api_keys: the organization's API keys."""

from django.db.models import QuerySet
from msgspec import UNSET, UnsetType

from accounts.permissions import Permission as P
from api.door import Call
from api.operations import Rate, operation
from api.paging import Total, found, page_of
from api.v2 import people, queries
from api.v2.payloads import credentials as payloads
from api.v2.representations import accounts, credentials
from keys import editing, lifecycle, limits, ownership
from keys.kinds import API_KEY
from keys.models import Credential

TAG = "API keys"
MISSING = "API key not found"


@operation(tag=TAG, needs=(P.API_KEYS_READ,))
def list_api_keys(call: Call, query: queries.ApiKeyQuery) -> credentials.ApiKeysDocument:
    """List API keys."""
    rows = queries.api_keys(_keys(call), query)
    shown = page_of(rows, query)
    return credentials.ApiKeysDocument(
        data=[credentials.api_key(row, call.actor.now) for row in shown],
        meta=credentials.ApiKeysMeta(
            page=Total(rows.count()), max_allowed=limits.maximum_of(API_KEY, call.organization)
        ),
        included=_people(shown, query.include),
    )


@operation(tag=TAG, needs=(P.API_KEYS_WRITE,), status=201, rate=Rate.WRITE)
def create_api_key(call: Call, body: payloads.ApiKeyCreate) -> credentials.ApiKeyDocument:
    """Create an API key. The answer is the only one that holds its text."""
    asked = body.data.attributes
    issued = lifecycle.issue(
        API_KEY,
        name=asked.name,
        category=asked.category,
        remote_config_read_enabled=asked.remote_config_read_enabled,
        owned=ownership.acting(call.actor),
        by=call.actor,
    )
    return credentials.new_api_key(issued.credential, issued.secret.text)


@operation(tag=TAG, needs=(P.API_KEYS_READ,))
def get_api_key(call: Call, api_key_id: str, query: queries.ApiKeyInclude) -> credentials.ApiKeyDocument:
    """Get an API key. Its text is never read again."""
    row = _key(call, api_key_id)
    return credentials.ApiKeyDocument(credentials.api_key(row, call.actor.now), included=_people([row], query.include))


@operation(tag=TAG, needs=(P.API_KEYS_WRITE,), rate=Rate.WRITE)
def update_api_key(call: Call, api_key_id: str, body: payloads.ApiKeyUpdate) -> credentials.ApiKeyDocument:
    """Rename an API key, or change its category or setting."""
    asked = body.data.attributes
    row = editing.edit(
        _key(call, api_key_id).id,
        name=asked.name,
        category=asked.category,
        remote_config_read_enabled=asked.remote_config_read_enabled,
        by=call.actor,
    )
    return credentials.ApiKeyDocument(credentials.api_key(row, call.actor.now))


@operation(tag=TAG, needs=(P.API_KEYS_DELETE,), status=204, refusal=403, rate=Rate.WRITE)
def delete_api_key(call: Call, api_key_id: str) -> None:
    """Revoke an API key, for good and at once. The last one stays."""
    lifecycle.revoke(_key(call, api_key_id).id, by=call.actor)


def _keys(call: Call) -> QuerySet[Credential]:
    return queries.active(call.actor, API_KEY)


def _key(call: Call, api_key_id: str) -> Credential:
    return found(_keys(call), api_key_id, MISSING)


def _people(rows: list[Credential], include: str | UnsetType) -> list[accounts.User] | UnsetType:
    """Whoever created or last changed the rows, if that was asked for."""
    if include is UNSET:
        return UNSET
    asked = include.split(",")
    ids = [row.created_by_id for row in rows if "created_by" in asked]
    ids += [row.modified_by_id or row.created_by_id for row in rows if "modified_by" in asked]
    return people.users(ids)
