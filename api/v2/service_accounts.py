"""/api/v2/service_accounts: making one. They are read, changed and disabled as users."""

from accounts import service_accounts
from accounts.models import Member
from accounts.permissions import Permission as P
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
    """Create a service account."""
    asked = body.data.attributes
    made = service_accounts.create(
        name=asked.name or "",
        email=asked.email,
        title=asked.title or "",
        role_ids=links.role_ids(body.data.relationships.roles),
        by=call.actor,
    )
    return shown.user_document(made)


def account(call: Call, service_account_id: str) -> Member:
    """The service account of a path. Raises NotFound."""
    return found(Member.objects.of(call.organization.id).service_accounts(), service_account_id, MISSING)
