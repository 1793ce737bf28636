"""/api/v2/service_accounts: making one. They are read, changed and disabled as users."""

from accounts import names, service_accounts
from accounts.models import Member
from accounts.permissions import Permission as P
from accounts.refusals import AlreadyExists
from api.answers import ApiError
from api.door import Call
from api.operations import Rate, operation
from api.paging import found
from api.v2 import links
from api.v2.payloads import accounts as payloads
from api.v2.representations import accounts as shown

TAG = "Service accounts"
MISSING = "Service account not found"


@operation(tag=TAG, needs=(P.SERVICE_ACCOUNT_WRITE,), status=201, conflict=409, rate=Rate.WRITE)
def create_service_account(call: Call, body: payloads.ServiceAccountCreate) -> shown.UserDocument:
    """Create a service account. No two have one name: 409 if the one that has it is also at this address, else 400."""
    asked = body.data.attributes
    try:
        made = service_accounts.create(
            name=asked.name or "",
            email=asked.email,
            title=asked.title or "",
            role_ids=links.role_ids(body.data.relationships.roles),
            by=call.actor,
        )
    except AlreadyExists as refusal:
        raise ApiError(409 if _is_known(call, asked) else 400, f"name: {refusal.message}") from None
    return shown.user_document(made)


def _is_known(call: Call, asked: payloads.ServiceAccountCreateAttributes) -> bool:
    """Whether a client that gets 409, and then looks for the address, finds this account and nobody else."""
    found_by_address = list(Member.objects.of(call.organization.id).filter(email__icontains=asked.email.strip())[:2])
    return len(found_by_address) == 1 and found_by_address[0].name_key == names.key(asked.name or "")


def account(call: Call, service_account_id: str) -> Member:
    """The service account of a path. Raises NotFound."""
    return found(Member.objects.of(call.organization.id).service_accounts(), service_account_id, MISSING)
