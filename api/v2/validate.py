"""Is this key good? What Agents ask before they send, and Terraform before it plans."""

import msgspec

from api.door import Call
from api.operations import Opens, Rate, operation

TAG = "Validation"


class Valid(msgspec.Struct):
    valid: bool


class ValidateAttributes(msgspec.Struct):
    """`api_key_scopes` is always empty: an API key has none."""

    valid: bool
    api_key_id: str
    api_key_scopes: list[str]


class Validate(msgspec.Struct, tag_field="type", tag="validate_v2", kw_only=True):
    """The organization of a good API key."""

    id: str
    attributes: ValidateAttributes


class ValidateDocument(msgspec.Struct):
    data: Validate


class KeysValid(msgspec.Struct):
    status: str


@operation(tag=TAG, opens=Opens.API_KEY, rate=Rate.VALIDATE)
def validate_v1(call: Call) -> Valid:
    """Whether the API key is good."""
    return Valid(True)


@operation(tag=TAG, opens=Opens.API_KEY, rate=Rate.VALIDATE)
def validate(call: Call) -> ValidateDocument:
    """Whether the API key is good, and which one it is."""
    attributes = ValidateAttributes(True, str(call.verdict.credential_id), [])
    return ValidateDocument(Validate(id=str(call.verdict.organization_id), attributes=attributes))


@operation(tag=TAG)
def validate_keys(call: Call) -> KeysValid:
    """Whether what was presented may act."""
    return KeysValid("ok")
