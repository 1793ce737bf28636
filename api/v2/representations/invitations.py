"""Invitations as the API gives them: never with their link."""

import msgspec

from accounts.models import Invitation
from api.v2.representations.shapes import Moment, ToUser, UserLink, micros


class InvitationAttributes(msgspec.Struct, kw_only=True):
    """`invite_type` is basic_invite, or basic_reminder where an earlier one was sent."""

    uuid: str
    invite_type: str
    created_at: Moment
    expires_at: Moment
    login_method: str | None = None


class InvitationRelationships(msgspec.Struct):
    user: ToUser


class UserInvitation(msgspec.Struct, tag_field="type", tag="user_invitations", kw_only=True):
    """A link that was sent to somebody."""

    id: str
    attributes: InvitationAttributes
    relationships: InvitationRelationships


class InvitationDocument(msgspec.Struct):
    data: UserInvitation


class InvitationsDocument(msgspec.Struct):
    data: list[UserInvitation]


def invitation(row: Invitation) -> UserInvitation:
    """An invitation."""
    earlier = Invitation.objects.filter(member_id=row.member_id, created_at__lt=row.created_at)
    return UserInvitation(
        id=str(row.id),
        attributes=InvitationAttributes(
            uuid=str(row.id),
            invite_type="basic_reminder" if earlier.exists() else "basic_invite",
            created_at=micros(row.created_at),
            expires_at=micros(row.expires_at),
        ),
        relationships=InvitationRelationships(ToUser(UserLink(str(row.member_id)))),
    )
