"""The users that an answer includes beside what was asked for."""

import contextlib
import uuid
from collections.abc import Iterable

from accounts.models import Member
from api.v2.representations import accounts


def users(ids: Iterable[uuid.UUID | None]) -> list[accounts.User]:
    """The members with these ids, each once, in a constant number of queries."""
    members = Member.objects.filter(pk__in={found for found in ids if found}).select_related("person").with_roles()
    return [accounts.user(member) for member in members.order_by("name_key", "pk")]


def ids(texts: Iterable[str]) -> list[uuid.UUID]:
    """Those of the texts that are ids; the others are nobody's."""
    found = []
    for text in texts:
        with contextlib.suppress(ValueError):
            found.append(uuid.UUID(text))
    return found
