"""From the links of a request to what they point at."""

import uuid
from collections.abc import Iterable

from accounts.permissions import CATALOGUE
from accounts.refusals import NotAllowed
from api.v2.payloads.shapes import PermissionRef, RoleRefs

PERMISSION_NAMES = {str(entry.id): entry.name for entry in CATALOGUE.values()}


def identity(text: str, field: str) -> uuid.UUID:
    """An id in a body. Raises NotAllowed for the field."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotAllowed(field, f"Invalid input: {text[:64]!a} is no id.") from None


def role_ids(roles: RoleRefs) -> frozenset[uuid.UUID]:
    """The ids of the roles linked to."""
    return frozenset(identity(link.id, "roles") for link in roles.data)


def permission_names(permissions: Iterable[PermissionRef]) -> frozenset[str]:
    """The names of the permissions linked to. Raises NotAllowed for an unknown one."""
    asked = [link.id.lower() for link in permissions]
    if strange := [found for found in asked if found not in PERMISSION_NAMES]:
        raise NotAllowed("permissions", f"Invalid input: there is no permission {strange[0][:64]!a}.")
    return frozenset(PERMISSION_NAMES[found] for found in asked)
