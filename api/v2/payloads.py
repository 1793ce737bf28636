"""What the API takes: one struct for each request. Properties nobody declared are refused, by name."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from accounts import names
from api.paging import DATE_TIME

Name = Annotated[str, Meta(min_length=1, max_length=names.MAXIMUM_LENGTH)]
Scopes = Annotated[list[str], Meta(max_length=1000)]
Email = Annotated[str, Meta(min_length=3, max_length=254)]
Moment = Annotated[str, DATE_TIME]


class Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Takes what it declares and nothing else."""


# API keys ----------------------------------------------------------------------------------------------------
class ApiKeyCreateAttributes(Strict):
    name: Name
    category: str = "default"
    remote_config_read_enabled: bool = True


class ApiKeyCreateData(Strict):
    type: Literal["api_keys"]
    attributes: ApiKeyCreateAttributes


class ApiKeyCreate(Strict):
    """A new API key."""

    data: ApiKeyCreateData


class ApiKeyUpdateAttributes(Strict):
    name: Name
    category: str | None = None
    remote_config_read_enabled: bool | None = None


class ApiKeyUpdateData(Strict):
    type: Literal["api_keys"]
    id: str
    attributes: ApiKeyUpdateAttributes


class ApiKeyUpdate(Strict):
    """Another name, category or setting for an API key. What is left out stays."""

    data: ApiKeyUpdateData


# Application keys --------------------------------------------------------------------------------------------
class ApplicationKeyCreateAttributes(Strict):
    """No scopes, none or null: all that the owner may do."""

    name: Name
    scopes: Scopes | None = None


class ApplicationKeyCreateData(Strict):
    type: Literal["application_keys"]
    attributes: ApplicationKeyCreateAttributes


class ApplicationKeyCreate(Strict):
    """A new application key."""

    data: ApplicationKeyCreateData


class ApplicationKeyUpdateAttributes(Strict):
    name: Name | UnsetType = UNSET
    scopes: Scopes | None | UnsetType = UNSET


class ApplicationKeyUpdateData(Strict):
    type: Literal["application_keys"]
    id: str
    attributes: ApplicationKeyUpdateAttributes


class ApplicationKeyUpdate(Strict):
    """Another name or other scopes for an application key. What is left out stays."""

    data: ApplicationKeyUpdateData


# Access tokens -----------------------------------------------------------------------------------------------
TokenScopes = Annotated[list[str], Meta(min_length=1, max_length=1000)]


class PersonalAccessTokenCreateAttributes(Strict):
    """`expires_at` lies at least 24 hours and at most one year ahead."""

    name: Name
    scopes: TokenScopes
    expires_at: Moment


class PersonalAccessTokenCreateData(Strict):
    type: Literal["personal_access_tokens"]
    attributes: PersonalAccessTokenCreateAttributes


class PersonalAccessTokenCreate(Strict):
    """A new personal access token."""

    data: PersonalAccessTokenCreateData


class TokenUpdateAttributes(Strict):
    name: Name | UnsetType = UNSET
    scopes: TokenScopes | UnsetType = UNSET


class PersonalAccessTokenUpdateData(Strict):
    type: Literal["personal_access_tokens"]
    id: str
    attributes: TokenUpdateAttributes


class PersonalAccessTokenUpdate(Strict):
    """Another name or other scopes for a personal access token. When it expires cannot be changed."""

    data: PersonalAccessTokenUpdateData


class ServiceAccessTokenCreateAttributes(Strict):
    """Without `expires_at` it does not expire."""

    name: Name
    scopes: TokenScopes
    expires_at: Moment | None = None


class ServiceAccessTokenCreateData(Strict):
    """The first clients of this address called it a personal access token."""

    type: Literal["service_access_tokens", "personal_access_tokens"]
    attributes: ServiceAccessTokenCreateAttributes


class ServiceAccessTokenCreate(Strict):
    """A new service access token."""

    data: ServiceAccessTokenCreateData


class ServiceAccessTokenUpdateData(Strict):
    type: Literal["service_access_tokens", "personal_access_tokens"]
    id: str
    attributes: TokenUpdateAttributes


class ServiceAccessTokenUpdate(Strict):
    """Another name or other scopes for a service access token."""

    data: ServiceAccessTokenUpdateData
