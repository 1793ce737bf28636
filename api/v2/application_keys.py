"""Application keys, through three addresses: those of the whole organization, the caller's own, a service account's."""

from django.db.models import QuerySet
from msgspec import UNSET, UnsetType

from accounts.models import Member
from accounts.permissions import Permission as P
from api.door import Call
from api.operations import Rate, operation
from api.paging import Total, found, page_of
from api.v2 import people, queries
from api.v2.payloads import credentials as payloads
from api.v2.representations import accounts
from api.v2.representations import credentials as shown
from api.v2.service_accounts import account
from keys import editing, lifecycle
from keys.editing import Keep
from keys.kinds import APPLICATION_KEY
from keys.models import Credential

TAG = "Application keys"
MISSING = "Application key not found"
MAXIMUM = APPLICATION_KEY.quota.maximum if APPLICATION_KEY.quota else 0


# /api/v2/application_keys: of the organization
@operation(tag=TAG, needs=(P.ORG_APP_KEYS_READ,))
def list_application_keys(call: Call, query: queries.ApplicationKeyQuery) -> shown.ApplicationKeysDocument:
    """List the application keys of the organization."""
    rows = _keys(call)
    if query.owned_by is not UNSET:
        rows = rows.filter(owner__in=people.ids([query.owned_by]))
    return _listed(rows, query, include=query.include, with_owner=True)


@operation(tag=TAG, needs=(P.ORG_APP_KEYS_READ,))
def get_application_key(
    call: Call, app_key_id: str, query: queries.ApplicationKeyInclude
) -> shown.ApplicationKeyDocument:
    """Get an application key."""
    row = found(_keys(call), app_key_id, MISSING)
    return shown.ApplicationKeyDocument(
        shown.application_key(row, with_owner=True), included=_owners([row], query.include)
    )


@operation(tag=TAG, needs=(P.ORG_APP_KEYS_WRITE,), rate=Rate.WRITE)
def update_application_key(
    call: Call, app_key_id: str, body: payloads.ApplicationKeyUpdate
) -> shown.ApplicationKeyDocument:
    """Rename an application key, or change its scopes."""
    return shown.ApplicationKeyDocument(_updated(call, _keys(call), app_key_id, body, with_owner=True))


@operation(tag=TAG, needs=(P.ORG_APP_KEYS_WRITE,), status=204, refusal=403, rate=Rate.WRITE)
def delete_application_key(call: Call, app_key_id: str) -> None:
    """Revoke an application key, for good and at once."""
    _revoke(call, _keys(call), app_key_id)


# /api/v2/current_user/application_keys: the caller's own
@operation(tag=TAG, needs=(P.USER_APP_KEYS,))
def list_current_user_application_keys(call: Call, query: queries.OwnKeyQuery) -> shown.ApplicationKeysDocument:
    """List the caller's own application keys."""
    return _listed(_keys_of(call, call.owner), query, include=query.include, with_owner=False)


@operation(tag=TAG, needs=(P.USER_APP_KEYS,), status=201, rate=Rate.WRITE)
def create_current_user_application_key(
    call: Call, body: payloads.ApplicationKeyCreate
) -> shown.ApplicationKeyDocument:
    """Create an application key for the caller. The answer is the only one that holds its text."""
    return _created(call, call.owner, body)


@operation(tag=TAG, needs=(P.USER_APP_KEYS,))
def get_current_user_application_key(call: Call, app_key_id: str) -> shown.ApplicationKeyDocument:
    """Get one of the caller's own application keys."""
    row = found(_keys_of(call, call.owner), app_key_id, MISSING)
    held = [accounts.role(role) for role in call.owner.roles]
    return shown.ApplicationKeyDocument(
        shown.application_key(row, with_owner=True), included=[accounts.user(call.owner), *held]
    )


@operation(tag=TAG, needs=(P.USER_APP_KEYS,), rate=Rate.WRITE)
def update_current_user_application_key(
    call: Call, app_key_id: str, body: payloads.ApplicationKeyUpdate
) -> shown.ApplicationKeyDocument:
    """Rename one of the caller's own application keys, or change its scopes."""
    own = _keys_of(call, call.owner)
    return shown.ApplicationKeyDocument(_updated(call, own, app_key_id, body, with_owner=True))


@operation(tag=TAG, needs=(P.USER_APP_KEYS,), status=204, refusal=403, rate=Rate.WRITE)
def delete_current_user_application_key(call: Call, app_key_id: str) -> None:
    """Revoke one of the caller's own application keys, for good and at once."""
    _revoke(call, _keys_of(call, call.owner), app_key_id)


# /api/v2/service_accounts/{service_account_id}/application_keys
@operation(tag=TAG, needs=(P.SERVICE_ACCOUNT_WRITE,))
def list_service_account_application_keys(
    call: Call, service_account_id: str, query: queries.ServiceAccountKeyQuery
) -> shown.ApplicationKeysDocument:
    """List the application keys of a service account."""
    rows = _keys_of(call, account(call, service_account_id))
    return _listed(rows, query, include=UNSET, with_owner=False)


@operation(tag=TAG, needs=(P.SERVICE_ACCOUNT_WRITE,), status=201, rate=Rate.WRITE)
def create_service_account_application_key(
    call: Call, service_account_id: str, body: payloads.ApplicationKeyCreate
) -> shown.ApplicationKeyDocument:
    """Create an application key for a service account. The answer is the only one that holds its text."""
    return _created(call, account(call, service_account_id), body)


@operation(tag=TAG, needs=(P.SERVICE_ACCOUNT_WRITE,))
def get_service_account_application_key(
    call: Call, service_account_id: str, app_key_id: str
) -> shown.ApplicationKeyDocument:
    """Get an application key of a service account."""
    row = found(_keys_of(call, account(call, service_account_id)), app_key_id, MISSING)
    return shown.ApplicationKeyDocument(shown.application_key(row, with_owner=False))


@operation(tag=TAG, needs=(P.SERVICE_ACCOUNT_WRITE,), rate=Rate.WRITE)
def update_service_account_application_key(
    call: Call, service_account_id: str, app_key_id: str, body: payloads.ApplicationKeyUpdate
) -> shown.ApplicationKeyDocument:
    """Rename an application key of a service account, or change its scopes."""
    rows = _keys_of(call, account(call, service_account_id))
    return shown.ApplicationKeyDocument(_updated(call, rows, app_key_id, body, with_owner=False))


@operation(tag=TAG, needs=(P.SERVICE_ACCOUNT_WRITE,), status=204, refusal=403, rate=Rate.WRITE)
def delete_service_account_application_key(call: Call, service_account_id: str, app_key_id: str) -> None:
    """Revoke an application key of a service account, for good and at once."""
    _revoke(call, _keys_of(call, account(call, service_account_id)), app_key_id)


def _keys(call: Call) -> QuerySet[Credential]:
    return queries.active(call.actor, APPLICATION_KEY)


def _keys_of(call: Call, owner: Member) -> QuerySet[Credential]:
    return _keys(call).filter(owner=owner)


def _listed(
    rows: QuerySet[Credential], query: queries.ServiceAccountKeyQuery, *, include: str | UnsetType, with_owner: bool
) -> shown.ApplicationKeysDocument:
    rows = queries.sorted_by(queries.created_between(rows, query), query.sort)
    page = page_of(rows, query)
    return shown.ApplicationKeysDocument(
        data=[shown.application_key(row, with_owner=with_owner) for row in page],
        meta=shown.ApplicationKeysMeta(page=Total(rows.count()), max_allowed_per_user=MAXIMUM),
        included=_owners(page, include),
    )


def _owners(rows: list[Credential], include: str | UnsetType) -> list[accounts.User | accounts.Role] | UnsetType:
    return UNSET if include is UNSET else list(people.users(row.owner_id for row in rows))


def _created(call: Call, owner: Member, body: payloads.ApplicationKeyCreate) -> shown.ApplicationKeyDocument:
    asked = body.data.attributes
    issued = lifecycle.issue(
        APPLICATION_KEY,
        name=asked.name,
        owner=owner,
        scopes=asked.scopes or None,
        beyond_owner=True,
        by=call.actor,
    )
    return shown.ApplicationKeyDocument(
        shown.application_key(issued.credential, with_owner=True, text=issued.secret.text)
    )


def _updated(
    call: Call,
    rows: QuerySet[Credential],
    app_key_id: str,
    body: payloads.ApplicationKeyUpdate,
    *,
    with_owner: bool,
) -> shown.ApplicationKey:
    asked = body.data.attributes
    row = editing.edit(
        found(rows, app_key_id, MISSING).id,
        name=None if asked.name is UNSET else asked.name,
        scopes=Keep.AS_IS if asked.scopes is UNSET else asked.scopes or None,
        by=call.actor,
    )
    return shown.application_key(row, with_owner=with_owner)


def _revoke(call: Call, rows: QuerySet[Credential], app_key_id: str) -> None:
    lifecycle.revoke(found(rows, app_key_id, MISSING).id, by=call.actor)
