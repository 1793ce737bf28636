"""Access tokens: personal ones, and those of service accounts."""

from datetime import datetime

from django.db.models import QuerySet
from msgspec import UNSET, UnsetType

from accounts.models import Member
from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from api.answers import JSON_API
from api.door import Call
from api.operations import Rate, operation
from api.paging import Total, found, moment, page_of
from api.v2 import people, queries
from api.v2.payloads import credentials as payloads
from api.v2.representations import credentials as shown
from api.v2.representations import leaks
from api.v2.representations.leaks import LeakedKey
from api.v2.service_accounts import account
from keys import editing, lifecycle
from keys.editing import Keep
from keys.kinds import PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN, Kind
from keys.models import Credential

TAG = "Access tokens"
MISSING = "Access token not found"
SHOWN = {PERSONAL_ACCESS_TOKEN: shown.personal_access_token, SERVICE_ACCESS_TOKEN: shown.service_access_token}


# /api/v2/personal_access_tokens
@operation(tag=TAG, needs=(P.ORG_APP_KEYS_READ, P.USER_APP_KEYS), media=JSON_API)
def list_personal_access_tokens(call: Call, query: queries.AnyTokenQuery) -> shown.AccessTokensDocument:
    """List access tokens: everybody's, service accounts' too, or without org_app_keys_read the caller's own."""
    rows = _tokens(call, *SHOWN)
    if not call.actor.can(P.ORG_APP_KEYS_READ):
        rows = rows.filter(owner=call.owner)
    if query.owned_by:
        rows = rows.filter(owner__in=people.ids(query.owned_by))
    rows = queries.tokens(rows, query)
    page = page_of(rows, query)
    return shown.AccessTokensDocument(
        data=[SHOWN[row.kind](row) for row in page],
        meta=shown.TokensMeta(Total(rows.count())),
        included=_leaks(page, query),
    )


@operation(tag=TAG, needs=(P.USER_APP_KEYS,), status=201, media=JSON_API, rate=Rate.WRITE)
def create_personal_access_token(
    call: Call, body: payloads.PersonalAccessTokenCreate
) -> shown.PersonalAccessTokenDocument:
    """Create a personal access token for the caller. The answer is the only one that holds its text."""
    asked = body.data.attributes
    issued = _issued(call, PERSONAL_ACCESS_TOKEN, call.owner, asked.name, asked.scopes, asked.expires_at)
    return shown.PersonalAccessTokenDocument(shown.personal_access_token(issued.credential, issued.secret.text))


@operation(tag=TAG, needs=(P.USER_APP_KEYS, P.ORG_APP_KEYS_READ), media=JSON_API)
def get_personal_access_token(
    call: Call, token_id: str, query: queries.TokenInclude
) -> shown.PersonalAccessTokenDocument:
    """Get a personal access token: one's own, or with org_app_keys_read anybody's."""
    row = found(_personal(call, P.ORG_APP_KEYS_READ), token_id, MISSING)
    return shown.PersonalAccessTokenDocument(shown.personal_access_token(row), included=_leaks([row], query))


@operation(tag=TAG, needs=(P.USER_APP_KEYS, P.ORG_APP_KEYS_WRITE), media=JSON_API, rate=Rate.WRITE)
def update_personal_access_token(
    call: Call, token_id: str, body: payloads.PersonalAccessTokenUpdate
) -> shown.PersonalAccessTokenDocument:
    """Rename a personal access token, or change its scopes: one's own, or with org_app_keys_write anybody's."""
    row = found(_personal(call, P.ORG_APP_KEYS_WRITE), token_id, MISSING)
    return shown.PersonalAccessTokenDocument(shown.personal_access_token(_edited(call, row, body.data.attributes)))


@operation(tag=TAG, needs=(P.USER_APP_KEYS, P.ORG_APP_KEYS_WRITE), status=204, refusal=403, rate=Rate.WRITE)
def revoke_personal_access_token(call: Call, token_id: str) -> None:
    """Revoke a personal access token, for good and at once. Revoking it again changes nothing."""
    ever = _personal(call, P.ORG_APP_KEYS_WRITE, ended=True)
    _revoke(call, found(ever, token_id, MISSING))


# /api/v2/service_accounts/{service_account_id}/access_tokens
@operation(tag=TAG, needs=(P.SERVICE_ACCOUNT_WRITE,), media=JSON_API)
def list_service_account_access_tokens(
    call: Call, service_account_id: str, query: queries.TokenQuery
) -> shown.ServiceAccessTokensDocument:
    """List the access tokens of a service account."""
    rows = queries.tokens(_of_account(call, service_account_id), query)
    page = page_of(rows, query)
    return shown.ServiceAccessTokensDocument(
        data=[shown.service_access_token(row) for row in page],
        meta=shown.TokensMeta(Total(rows.count())),
        included=_leaks(page, query),
    )


@operation(tag=TAG, needs=(P.SERVICE_ACCOUNT_WRITE,), status=201, media=JSON_API, rate=Rate.WRITE)
def create_service_account_access_token(
    call: Call, service_account_id: str, body: payloads.ServiceAccessTokenCreate
) -> shown.ServiceAccessTokenDocument:
    """Create an access token for a service account. The answer is the only one that holds its text."""
    asked, owner = body.data.attributes, account(call, service_account_id)
    issued = _issued(call, SERVICE_ACCESS_TOKEN, owner, asked.name, asked.scopes, asked.expires_at)
    return shown.ServiceAccessTokenDocument(shown.service_access_token(issued.credential, issued.secret.text))


@operation(tag=TAG, needs=(P.SERVICE_ACCOUNT_WRITE,), media=JSON_API)
def get_service_account_access_token(
    call: Call, service_account_id: str, token_id: str, query: queries.TokenInclude
) -> shown.ServiceAccessTokenDocument:
    """Get an access token of a service account."""
    row = found(_of_account(call, service_account_id), token_id, MISSING)
    return shown.ServiceAccessTokenDocument(shown.service_access_token(row), included=_leaks([row], query))


@operation(tag=TAG, needs=(P.SERVICE_ACCOUNT_WRITE,), media=JSON_API, rate=Rate.WRITE)
def update_service_account_access_token(
    call: Call, service_account_id: str, token_id: str, body: payloads.ServiceAccessTokenUpdate
) -> shown.ServiceAccessTokenDocument:
    """Rename an access token of a service account, or change its scopes."""
    row = found(_of_account(call, service_account_id), token_id, MISSING)
    return shown.ServiceAccessTokenDocument(shown.service_access_token(_edited(call, row, body.data.attributes)))


@operation(tag=TAG, needs=(P.SERVICE_ACCOUNT_WRITE,), status=204, refusal=403, rate=Rate.WRITE)
def revoke_service_account_access_token(call: Call, service_account_id: str, token_id: str) -> None:
    """Revoke an access token of a service account, for good and at once. Revoking it again changes nothing."""
    _revoke(call, found(_of_account(call, service_account_id, ended=True), token_id, MISSING))


def _tokens(call: Call, *kinds: Kind, ended: bool = False) -> QuerySet[Credential]:
    if ended:
        return Credential.objects.of(call.organization.id).filter(kind__in=kinds)
    return queries.active(call.actor, *kinds)


def _personal(call: Call, permission: P, *, ended: bool = False) -> QuerySet[Credential]:
    """The personal tokens the caller may touch: with the permission anybody's, else their own."""
    rows = _tokens(call, PERSONAL_ACCESS_TOKEN, ended=ended)
    return rows if call.actor.can(permission) else rows.filter(owner=call.owner)


def _of_account(call: Call, service_account_id: str, *, ended: bool = False) -> QuerySet[Credential]:
    return _tokens(call, SERVICE_ACCESS_TOKEN, ended=ended).filter(owner=account(call, service_account_id))


def _leaks(rows: list[Credential], query: queries.TokenInclude | queries.TokenQuery) -> list[LeakedKey] | UnsetType:
    """The leaks of the tokens, where they are asked for."""
    if query.include is UNSET:
        return UNSET
    return [leaks.leaked_key(leak) for leak in map(leaks.known_of, rows) if leak]


def _issued(
    call: Call, kind: Kind, owner: Member, name: str, scopes: list[str], expires_at: str | None
) -> lifecycle.Issued:
    return lifecycle.issue(
        kind, name=name, owner=owner, scopes=scopes, expires_at=_end(expires_at), beyond_owner=True, by=call.actor
    )


def _end(expires_at: str | None) -> datetime | None:
    return None if expires_at is None else moment(expires_at, "data.attributes.expires_at")


def _edited(call: Call, row: Credential, asked: payloads.TokenUpdateAttributes) -> Credential:
    return editing.edit(
        row.id,
        name=None if asked.name is UNSET else asked.name,
        scopes=Keep.AS_IS if asked.scopes is UNSET else asked.scopes,
        by=call.actor,
    )


def _revoke(call: Call, row: Credential) -> None:
    try:
        lifecycle.revoke(row.id, by=call.actor)
    except NotAllowed:
        if not Credential.objects.filter(pk=row.pk, revoked_at__isnull=False).exists():
            raise
