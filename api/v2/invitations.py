"""/api/v2/user_invitations: links by e-mail to users who have not joined yet."""

from accounts import invitations, members
from accounts.models import Invitation, Member
from accounts.permissions import Permission as P
from api.door import Call
from api.operations import Rate, operation
from api.paging import found
from api.v2.payloads import accounts as payloads
from api.v2.representations import invitations as shown

TAG = "Users"
MISSING = "Invitation not found"


@operation(tag=TAG, needs=(P.USER_ACCESS_INVITE,), status=201, rate=Rate.WRITE)
def send_invitations(call: Call, body: payloads.InvitationsCreate) -> shown.InvitationsDocument:
    """Send links to users who have not joined yet, to all of them or to none."""
    asked = [link.relationships.user.data.id for link in body.data]
    everybody = Member.objects.of(call.organization.id)
    ids = [found(everybody, user_id, f"{user_id[:64]} not found").id for user_id in dict.fromkeys(asked)]
    return shown.InvitationsDocument([shown.invitation(made) for made in members.invite_all(ids, by=call.actor)])


@operation(tag=TAG, needs=(P.USER_ACCESS_INVITE,))
def get_invitation(call: Call, user_invitation_uuid: str) -> shown.InvitationDocument:
    """Get an invitation. Its link is only in the e-mail."""
    rows = Invitation.objects.filter(member__organization=call.organization)
    return shown.InvitationDocument(shown.invitation(found(rows, user_invitation_uuid, MISSING)))


@operation(tag=TAG, needs=(P.USER_ACCESS_INVITE,), status=204, refusal=404, rate=Rate.WRITE)
def delete_user_invitations(call: Call, user_id: str) -> None:
    """Make the links sent to a user stop working."""
    member = found(Member.objects.of(call.organization.id), user_id, f"{user_id[:64]} not found")
    invitations.cancel(member.id, by=call.actor)
