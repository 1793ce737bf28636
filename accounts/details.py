"""What is known of a member besides roles and state: name, e-mail address and title. Checking and changing them."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import Member
from accounts.refusals import NotAllowed

LONGEST_EMAIL = 254


def checked_email(email: str) -> str:
    """The address as it will be stored: trimmed, in lower case. Raises NotAllowed."""
    email = email.strip().lower()
    try:
        validate_email(email)
        names.checked(name_from(email))
    except (ValidationError, names.BadName):
        raise NotAllowed("email", _("Enter an e-mail address, such as ada@example.com.")) from None
    if len(email) > LONGEST_EMAIL:
        raise NotAllowed("email", _("Use an e-mail address of 254 characters or fewer."))
    return email


def name_from(email: str) -> str:
    """What somebody is called of whom only the address is known: the part before the @."""
    return email.partition("@")[0][: names.MAXIMUM_LENGTH]


def checked_name(name: str) -> str:
    """The name as it will be stored. Raises NotAllowed."""
    try:
        return names.checked(name)
    except names.BadName as refusal:
        raise NotAllowed("name", refusal.message) from None


def checked_title(title: str) -> str:
    """The title as it will be stored: nothing, or as a name would be. Raises NotAllowed."""
    try:
        return names.checked(title) if title.strip() else ""
    except names.BadName as refusal:
        raise NotAllowed("title", refusal.message) from None


def change(
    member: Member, *, name: str | None, email: str | None, title: str | None, now: datetime
) -> dict[str, list[object]]:
    """Store what is given, None leaving what there is; returns what changed, each with before and after."""
    wanted = {
        "name": member.name if name is None else name,
        "email": member.email if email is None else email,
        "title": member.title if title is None else checked_title(title),
    }
    changes: dict[str, list[object]] = {
        field: [getattr(member, field), value] for field, value in wanted.items() if getattr(member, field) != value
    }
    if changes or (name and not member.name_is_given):
        member.name, member.email, member.title = wanted["name"], wanted["email"], wanted["title"]
        member.name_key, member.modified_at = names.key(member.name), now
        member.name_is_given = member.name_is_given or name is not None
        member.save(update_fields=["name", "name_key", "name_is_given", "email", "title", "modified_at"])
    return changes
