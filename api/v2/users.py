"""/api/v2/users and /api/v2/current_user: members of the organization, service accounts among them."""

import uuid
from typing import Annotated, Literal

import msgspec
from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from msgspec import UNSET, UnsetType

from accounts import members, service_accounts
from accounts.actors import NotPermitted
from accounts.builtin_roles import ROLES
from accounts.models import Member, MemberRole, Status
from accounts.permissions import Permission as P
from accounts.refusals import AlreadyExists, NotAllowed
from api.answers import ApiError, NotFound
from api.door import Call
from api.operations import Rate, operation
from api.paging import Paging, found, order_of, page_of
from api.v2 import links
from api.v2.payloads import accounts as payloads
from api.v2.representations import accounts as shown
from keys import minting, offboarding

TAG = "Users"
STATUSES = {status.value.capitalize(): status for status in Status}
COLUMNS = {
    "name": "name_key",
    "email": "email",
    "modified_at": "changed_at",
    "status": "disabled_at",
    "user_count": "name_key",  # a sort Datadog lists for users too, where there is nothing to count
}


Statuses = Annotated[str, msgspec.Meta(pattern="^(Active|Pending|Disabled)(,(Active|Pending|Disabled))*$")]


class UserQuery(Paging):
    sort: Literal["name", "-name", "modified_at", "-modified_at", "user_count", "-user_count"] = "name"
    sort_dir: Literal["asc", "desc"] = "asc"
    filter: Annotated[str, msgspec.Meta(max_length=128)] = ""
    status: Statuses | UnsetType = msgspec.field(name="filter[status]", default=UNSET)


@operation(tag=TAG, needs=(P.USER_ACCESS_READ,))
def list_users(call: Call, query: UserQuery) -> shown.UsersDocument:
    """List the users and service accounts of the organization."""
    everybody = Member.objects.of(call.organization.id)
    rows = matching(everybody, query.filter)
    if query.status is not UNSET:
        rows = rows.filter(Q(*[_is(STATUSES[word]) for word in query.status.split(",")], _connector=Q.OR))
    sign = "-" if query.sort_dir == "desc" and not query.sort.startswith("-") else ""
    return listed(everybody, ordered(rows, f"{sign}{query.sort}"), query)


def _is(status: Status) -> Q:
    if status is Status.DISABLED:
        return Q(disabled_at__isnull=False)
    return Q(disabled_at__isnull=True, activated_at__isnull=status is Status.PENDING)


def matching(rows: QuerySet[Member], words: str) -> QuerySet[Member]:
    """Those with the words in their name, e-mail address or one of their roles' names."""
    if not words:
        return rows
    known = [role.slug for role in ROLES if words.lower() in role.known_as.lower()]
    custom = Q(role__slug__isnull=True, role__name__icontains=words)
    holders = MemberRole.objects.filter(custom | Q(role__slug__in=known)).values("member")
    return rows.filter(Q(name__icontains=words) | Q(email__icontains=words) | Q(pk__in=holders))


def ordered(rows: QuerySet[Member], sort: str) -> QuerySet[Member]:
    """The members in the order asked for."""
    return rows.annotate(changed_at=Coalesce("modified_at", "created_at")).order_by(*order_of(sort, COLUMNS))


def listed(everybody: QuerySet[Member], rows: QuerySet[Member], paging: Paging) -> shown.UsersDocument:
    """One page of the rows, with the roles they hold."""
    page = page_of(rows.select_related("person").prefetch_related("assignments__role"), paging)
    held = {role.id: role for member in page for role in member.roles}
    return shown.UsersDocument(
        data=[shown.user(member) for member in page],
        meta=shown.CountsMeta(shown.Counts(everybody.count(), rows.count())),
        included=[shown.role(role) for role in held.values()] or UNSET,
    )


@operation(tag=TAG, needs=(P.USER_ACCESS_INVITE, P.USER_ACCESS_MANAGE), status=201, conflict=409, rate=Rate.WRITE)
def create_user(call: Call, body: payloads.UserCreate) -> shown.UserDocument:
    """Add a user. They are Pending until they accept an invitation, which is sent by another request."""
    asked = body.data.attributes
    try:
        made = members.add(
            email=asked.email,
            name=asked.name or "",
            title=asked.title or "",
            role_ids=links.role_ids(body.data.relationships.roles),
            by=call.actor,
        )
    except AlreadyExists:
        raise ApiError(409, f"User {asked.email.strip().lower()} already exists") from None
    return shown.user_document(made)


@operation(tag=TAG, needs=(P.USER_ACCESS_READ,))
def get_user(call: Call, user_id: str) -> shown.UserDocument:
    """Get a user or service account, also a disabled one."""
    return shown.user_document(_user(call, user_id))


@operation(tag=TAG, needs=(P.USER_ACCESS_MANAGE, P.SERVICE_ACCOUNT_WRITE), conflict=409, rate=Rate.WRITE)
def update_user(call: Call, user_id: str, body: payloads.UserUpdate) -> shown.UserDocument:
    """Change a user or service account, disable or enable it. Disabling ends their keys and tokens for good."""
    asked = body.data.attributes
    changed = offboarding.edit(
        _user(call, user_id).id,
        name=None if asked.name is UNSET else asked.name,
        email=None if asked.email is UNSET else asked.email,
        title=None if asked.title is UNSET else asked.title or "",
        disabled=None if asked.disabled is UNSET else asked.disabled,
        by=call.actor,
    )
    return shown.user_document(changed)


@operation(tag=TAG, needs=(P.USER_ACCESS_MANAGE, P.SERVICE_ACCOUNT_WRITE), status=204, refusal=403, rate=Rate.WRITE)
def disable_user(call: Call, user_id: str) -> None:
    """Disable a user or service account. Their keys and tokens end with them, for good."""
    offboarding.disable(_user(call, user_id, enabled=True).id, by=call.actor)


@operation(tag=TAG, needs=(P.USER_ACCESS_READ,))
def list_user_organizations(call: Call, user_id: str) -> shown.UserDocument:
    """Get a user with the organization."""
    member = _user(call, user_id)
    return shown.UserDocument(shown.user(member), included=[shown.org(call.organization, settings.SITE_URL)])


@operation(tag=TAG, needs=(P.USER_ACCESS_READ,))
def list_user_permissions(call: Call, user_id: str) -> shown.PermissionsDocument:
    """List what a user's roles permit, together."""
    return shown.PermissionsDocument(shown.permissions(_user(call, user_id).permissions))


@operation(tag=TAG)
def get_current_user(call: Call) -> shown.UserDocument:
    """Get whoever calls, with their roles, permissions and organization."""
    return _whole(call, call.owner)


@operation(tag=TAG, conflict=409, rate=Rate.WRITE)
def update_current_user(call: Call, body: payloads.UserUpdate) -> shown.UserDocument:
    """Change the caller's own name or title in the organization. A credential with scopes needs user_access_manage."""
    if call.verdict.scopes is not None:
        call.actor.require(P.USER_ACCESS_MANAGE)
    asked = body.data.attributes
    if body.data.id.lower() != str(call.owner.id):
        raise ApiError(422, "UUID's in the URL and request body do not match")
    if asked.disabled is not UNSET and asked.disabled:
        raise ApiError(400, "data.attributes.disabled: nobody disables themselves. Ask another admin.")
    change = service_accounts.edit if call.owner.is_service_account else members.edit_own
    changed = change(
        call.owner.id,
        name=None if asked.name is UNSET else asked.name,
        email=None if asked.email is UNSET else asked.email,
        title=None if asked.title is UNSET else asked.title or "",
        by=call.actor,
    )
    return _whole(call, changed)


def _whole(call: Call, member: Member) -> shown.UserDocument:
    return shown.UserDocument(
        shown.user(member),
        included=[
            *(shown.role(role) for role in member.roles),
            *shown.permissions(member.permissions),
            shown.org(call.organization, settings.SITE_URL),
        ],
    )


def _user(call: Call, user_id: str, *, enabled: bool = False) -> Member:
    rows = Member.objects.of(call.organization.id).select_related("person").with_roles()
    if enabled:
        rows = rows.filter(disabled_at__isnull=True)
    return found(rows, user_id, f"{user_id[:64]} not found")


@operation(tag=TAG, needs=(P.USER_ACCESS_MANAGE,), rate=Rate.WRITE)
def anonymize_users(call: Call, body: payloads.Anonymize) -> shown.AnonymizedDocument:
    """Take the names and addresses of users out, disabling them, for good. What the audit trail says of them stays."""
    done, errors = [], []
    for user_id in dict.fromkeys(body.data.attributes.user_ids):
        try:
            offboarding.anonymize(_user(call, user_id).id, by=call.actor)
            done.append(user_id)
        except (NotFound, NotAllowed, NotPermitted) as refusal:
            errors.append(shown.AnonymizeError(minting.redacted(user_id), minting.redacted(_words(refusal))))
    return shown.AnonymizedDocument(
        shown.Anonymized(id=str(uuid.uuid4()), attributes=shown.AnonymizedAttributes(errors, done))
    )


def _words(refusal: Exception) -> str:
    return f"Missing permission: {refusal.permission}" if isinstance(refusal, NotPermitted) else str(refusal)
