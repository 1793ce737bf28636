"""API keys, application keys and access tokens as the API gives them. The text of one is in the answer that created it
and in no other."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from accounts.models import Member
from api.paging import Total
from api.v2.representations.accounts import Role, User
from api.v2.representations.leaks import LeakedKey, to_leak
from api.v2.representations.shapes import (
    Moment,
    ServiceAccountLink,
    ToLeak,
    ToServiceAccount,
    ToUser,
    UserLink,
    micros,
    zulu,
)
from keys import minting
from keys.models import Credential

Last4 = Annotated[str, Meta(min_length=4, max_length=4)]

LOOK_BACK = "When the key was last used in the past 90 days; null if it was not."


class LastUsed(msgspec.Struct):
    """When a key was last used, with what that means."""

    timestamp: Moment | None
    description: str = LOOK_BACK


class ApiKeyAttributes(msgspec.Struct, kw_only=True):
    name: str
    last4: Last4
    created_at: Moment
    modified_at: Moment
    category: str
    remote_config_read_enabled: bool
    key: str | UnsetType = UNSET
    date_last_used: Moment | UnsetType | None = UNSET
    used_in_last_24_hours: bool | UnsetType = UNSET
    last_used_date: LastUsed | UnsetType = UNSET


class ApiKeyRelationships(msgspec.Struct, kw_only=True):
    created_by: ToUser | UnsetType = UNSET
    modified_by: ToUser | UnsetType = UNSET
    leak_information: ToLeak


class ApiKey(msgspec.Struct, tag_field="type", tag="api_keys", kw_only=True):
    """Lets programs send data for the organization. `key` is in the answer that created it only."""

    id: str
    attributes: ApiKeyAttributes
    relationships: ApiKeyRelationships


class ApiKeyDocument(msgspec.Struct):
    data: ApiKey
    included: list[User] | UnsetType = UNSET


class ApiKeysMeta(msgspec.Struct):
    """`max_allowed` is how many the organization may have."""

    page: Total
    max_allowed: int


class ApiKeysDocument(msgspec.Struct):
    data: list[ApiKey]
    meta: ApiKeysMeta
    included: list[User] | UnsetType = UNSET


def new_api_key(credential: Credential, text: str) -> ApiKeyDocument:
    """The one answer with the text."""
    key = api_key(credential)
    attributes = msgspec.structs.replace(
        key.attributes, key=text, date_last_used=UNSET, used_in_last_24_hours=UNSET, last_used_date=UNSET
    )
    return ApiKeyDocument(msgspec.structs.replace(key, attributes=attributes))


def api_key(credential: Credential, now: datetime | None = None) -> ApiKey:
    """An API key, as known at `now`."""
    used_at = credential.last_used_at
    last_used = micros(used_at) if used_at else None
    return ApiKey(
        id=str(credential.id),
        attributes=ApiKeyAttributes(
            name=credential.name,
            last4=credential.last4,
            created_at=micros(credential.created_at),
            modified_at=micros(credential.modified_at or credential.created_at),
            category=credential.category,
            remote_config_read_enabled=credential.remote_config_read_enabled,
            date_last_used=last_used,
            used_in_last_24_hours=bool(used_at and now and now - used_at < timedelta(hours=24)),
            last_used_date=LastUsed(last_used),
        ),
        relationships=ApiKeyRelationships(
            created_by=_to_user(credential.created_by),
            modified_by=_to_user(credential.modified_by or credential.created_by),
            leak_information=to_leak(credential),
        ),
    )


def _to_user(member: Member | None) -> ToUser | UnsetType:
    """Who it was; left out for support staff and the server's own commands, who are no user of the organization."""
    return ToUser(UserLink(str(member.id))) if member else UNSET


class ApplicationKeyAttributes(msgspec.Struct, kw_only=True):
    name: str
    last4: Last4
    created_at: Moment
    scopes: list[str] | None
    last_used_at: Moment | None
    key: str | UnsetType = UNSET


class ApplicationKeyRelationships(msgspec.Struct, kw_only=True):
    owned_by: ToUser | UnsetType = UNSET
    leak_information: ToLeak


class ApplicationKey(msgspec.Struct, tag_field="type", tag="application_keys", kw_only=True):
    """Lets a program act as its owner, within its scopes (null: all the owner may do)."""

    id: str
    attributes: ApplicationKeyAttributes
    relationships: ApplicationKeyRelationships


class ApplicationKeyDocument(msgspec.Struct):
    data: ApplicationKey
    included: list[User | Role] | UnsetType = UNSET


class ApplicationKeysMeta(msgspec.Struct):
    """`max_allowed_per_user` is how many one owner may have."""

    page: Total
    max_allowed_per_user: int


class ApplicationKeysDocument(msgspec.Struct):
    data: list[ApplicationKey]
    meta: ApplicationKeysMeta
    included: list[User | Role] | UnsetType = UNSET


def application_key(credential: Credential, *, with_owner: bool, text: str | UnsetType = UNSET) -> ApplicationKey:
    """An application key; `text` only in the answer that created it."""
    used_at = credential.last_used_at
    return ApplicationKey(
        id=str(credential.id),
        attributes=ApplicationKeyAttributes(
            name=credential.name,
            last4=credential.last4,
            created_at=micros(credential.created_at),
            scopes=credential.scopes,
            last_used_at=micros(used_at) if used_at else None,
            key=text,
        ),
        relationships=ApplicationKeyRelationships(
            owned_by=_to_user(credential.owner) if with_owner else UNSET, leak_information=to_leak(credential)
        ),
    )


class TokenAttributes(msgspec.Struct, kw_only=True):
    name: str
    public_portion: str
    scopes: list[str]
    created_at: Moment
    expires_at: Moment | None
    key: str | UnsetType = UNSET
    last_used_at: Moment | UnsetType | None = UNSET
    modified_at: Moment | UnsetType = UNSET


class PersonalTokenRelationships(msgspec.Struct):
    owned_by: ToUser
    leak_information: ToLeak


class ServiceTokenRelationships(msgspec.Struct):
    owned_by: ToServiceAccount
    leak_information: ToLeak


class PersonalAccessToken(msgspec.Struct, tag_field="type", tag="personal_access_tokens", kw_only=True):
    """Acts as a user, alone, within its scopes and until it expires."""

    id: str
    attributes: TokenAttributes
    relationships: PersonalTokenRelationships


class ServiceAccessToken(msgspec.Struct, tag_field="type", tag="service_access_tokens", kw_only=True):
    """Acts as a service account, alone, within its scopes."""

    id: str
    attributes: TokenAttributes
    relationships: ServiceTokenRelationships


class PersonalAccessTokenDocument(msgspec.Struct):
    data: PersonalAccessToken
    included: list[LeakedKey] | UnsetType = UNSET


class ServiceAccessTokenDocument(msgspec.Struct):
    data: ServiceAccessToken
    included: list[LeakedKey] | UnsetType = UNSET


class TokensMeta(msgspec.Struct):
    page: Total


class AccessTokensDocument(msgspec.Struct):
    """Personal and service access tokens together."""

    data: list[PersonalAccessToken | ServiceAccessToken]
    meta: TokensMeta
    included: list[LeakedKey] | UnsetType = UNSET


class ServiceAccessTokensDocument(msgspec.Struct):
    data: list[ServiceAccessToken]
    meta: TokensMeta
    included: list[LeakedKey] | UnsetType = UNSET


def personal_access_token(credential: Credential, text: str | UnsetType = UNSET) -> PersonalAccessToken:
    """A personal access token; `text` only in the answer that created it."""
    return PersonalAccessToken(
        id=str(credential.id),
        attributes=_token_attributes(credential, text, handle=_alias(credential)),
        relationships=PersonalTokenRelationships(ToUser(UserLink(str(credential.owner_id))), to_leak(credential)),
    )


def service_access_token(credential: Credential, text: str | UnsetType = UNSET) -> ServiceAccessToken:
    """A service access token; `text` only in the answer that created it."""
    return ServiceAccessToken(
        id=str(credential.id),
        attributes=_token_attributes(credential, text, handle=credential.kind.format.prefix + _alias(credential)),
        relationships=ServiceTokenRelationships(
            ToServiceAccount(ServiceAccountLink(str(credential.owner_id))), to_leak(credential)
        ),
    )


def _alias(credential: Credential) -> str:
    """What the token's text says of its id."""
    return minting.base62(credential.id.int, minting.ID_LENGTH)


def _token_attributes(credential: Credential, text: str | UnsetType, *, handle: str) -> TokenAttributes:
    used_at, modified_at = credential.last_used_at, credential.modified_at
    return TokenAttributes(
        name=credential.name,
        public_portion=handle,
        scopes=credential.scopes or [],
        created_at=zulu(credential.created_at),
        expires_at=zulu(credential.expires_at) if credential.expires_at else None,
        key=text,
        last_used_at=(zulu(used_at) if used_at else None) if text is UNSET else UNSET,
        modified_at=zulu(modified_at) if modified_at else UNSET,
    )
