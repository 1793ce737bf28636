"""What the API takes of API keys, application keys and access tokens."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from api.v2.payloads.shapes import Moment, Name, Strict

Scopes = Annotated[list[str], Meta(max_length=1000)]


# API keys ----------------------------------------------------------------------------------------------------
class ApiKeyCreateAttributes(Strict, frozen=True):
    name: Name
    category: str = "default"
    remote_config_read_enabled: bool = True


class ApiKeyCreateData(Strict, frozen=True):
    type: Literal["api_keys"]
    attributes: ApiKeyCreateAttributes


class ApiKeyCreate(Strict, frozen=True):
    """A new API key."""

    data: ApiKeyCreateData


class ApiKeyUpdateAttributes(Strict, frozen=True):
    name: Name
    category: str | None = None
    remote_config_read_enabled: bool | None = None


class ApiKeyUpdateData(Strict, frozen=True):
    type: Literal["api_keys"]
    id: str
    attributes: ApiKeyUpdateAttributes


class ApiKeyUpdate(Strict, frozen=True):
    """Another name, category or setting for an API key. What is left out stays."""

    data: ApiKeyUpdateData


# Application keys --------------------------------------------------------------------------------------------
class ApplicationKeyCreateAttributes(Strict, frozen=True):
    """No scopes, none or null: all that the owner may do."""

    name: Name
    scopes: Scopes | None = None


class ApplicationKeyCreateData(Strict, frozen=True):
    type: Literal["application_keys"]
    attributes: ApplicationKeyCreateAttributes


class ApplicationKeyCreate(Strict, frozen=True):
    """A new application key."""

    data: ApplicationKeyCreateData


class ApplicationKeyUpdateAttributes(Strict, frozen=True):
    name: Name | UnsetType = UNSET
    scopes: Scopes | UnsetType | None = UNSET


class ApplicationKeyUpdateData(Strict, frozen=True):
    type: Literal["application_keys"]
    id: str
    attributes: ApplicationKeyUpdateAttributes


class ApplicationKeyUpdate(Strict, frozen=True):
    """Another name or other scopes for an application key. What is left out stays."""

    data: ApplicationKeyUpdateData


# Access tokens -----------------------------------------------------------------------------------------------
TokenScopes = Annotated[list[str], Meta(min_length=1, max_length=1000)]


class PersonalAccessTokenCreateAttributes(Strict, frozen=True):
    """`expires_at` lies at least 24 hours and at most one year ahead."""

    name: Name
    scopes: TokenScopes
    expires_at: Moment


class PersonalAccessTokenCreateData(Strict, frozen=True):
    type: Literal["personal_access_tokens"]
    attributes: PersonalAccessTokenCreateAttributes


class PersonalAccessTokenCreate(Strict, frozen=True):
    """A new personal access token."""

    data: PersonalAccessTokenCreateData


class TokenUpdateAttributes(Strict, frozen=True):
    name: Name | UnsetType = UNSET
    scopes: TokenScopes | UnsetType = UNSET


class PersonalAccessTokenUpdateData(Strict, frozen=True):
    type: Literal["personal_access_tokens"]
    id: str
    attributes: TokenUpdateAttributes


class PersonalAccessTokenUpdate(Strict, frozen=True):
    """Another name or other scopes for a personal access token. When it expires cannot be changed."""

    data: PersonalAccessTokenUpdateData


class ServiceAccessTokenCreateAttributes(Strict, frozen=True):
    """Without `expires_at` it does not expire."""

    name: Name
    scopes: TokenScopes
    expires_at: Moment | None = None


class ServiceAccessTokenCreateData(Strict, frozen=True):
    """The first clients of this address called it a personal access token."""

    type: Literal["service_access_tokens", "personal_access_tokens"]
    attributes: ServiceAccessTokenCreateAttributes


class ServiceAccessTokenCreate(Strict, frozen=True):
    """A new service access token."""

    data: ServiceAccessTokenCreateData


class ServiceAccessTokenUpdateData(Strict, frozen=True):
    type: Literal["service_access_tokens", "personal_access_tokens"]
    id: str
    attributes: TokenUpdateAttributes


class ServiceAccessTokenUpdate(Strict, frozen=True):
    """Another name or other scopes for a service access token."""

    data: ServiceAccessTokenUpdateData
