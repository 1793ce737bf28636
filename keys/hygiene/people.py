"""What controls look for among members, service accounts and roles."""

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from accounts.models import Manager, Member, Role, Sort
from keys.hygiene.findings import MEMBER, ROLE, SERVICE_ACCOUNT, Found, Look
from keys.models import Credential, Where

UNUSABLE = "!"
"""What the password of a person begins with who can have none."""


def owners(look: Look) -> QuerySet[Member]:
    """Whoever owns something that would let somebody in."""
    owned = Credential.objects.filter(Where.active(look.now), owner=OuterRef("pk"))
    return look.members().filter(Exists(owned))


def people(look: Look) -> QuerySet[Member]:
    """Active members who are people."""
    return look.members().users().active()


def service_accounts(look: Look) -> QuerySet[Member]:
    """Active service accounts."""
    return look.members().service_accounts().active()


def roles(look: Look) -> QuerySet[Role]:
    """The organisation's own roles."""
    found = Role.objects.of(look.organization_id).custom()
    return found.filter(pk=look.only) if look.only else found


def shut_out(look: Look) -> list[Found]:
    """Owners who are disabled, have not accepted their invitation, or have no way to sign in."""
    nobody_comes_in = Q(person__is_active=False) | Q(person__password="") | Q(person__password__startswith=UNUSABLE)
    out = Q(disabled_at__isnull=False) | Q(activated_at__isnull=True) | (Q(sort=Sort.USER) & nobody_comes_in)
    owned = Q(credentials__in=Credential.objects.filter(Where.active(look.now)))
    rows = owners(look).filter(out).annotate(owned=Count("credentials", filter=owned)).order_by("name_key", "pk")
    return [_member(row, credentials=row.owned, status=row.status.value) for row in rows]


def idle(look: Look) -> list[Found]:
    """Members who joined before the threshold and have not signed in since."""
    moment = look.now - look.days("idle_threshold")
    not_since = Q(person__last_login__isnull=True) | Q(person__last_login__lt=moment)
    rows = people(look).filter(not_since, activated_at__lt=moment).annotate(signed_in_at=F("person__last_login"))
    return [_member(row, signed_in_at=row.signed_in_at and row.signed_in_at.isoformat()) for row in rows]


def unmanaged(look: Look) -> list[Found]:
    """Service accounts that no active member manages."""
    active = Manager.objects.filter(service_account=OuterRef("pk"), member__in=Member.objects.users().active())
    return [_member(row) for row in service_accounts(look).filter(~Exists(active))]


def without_users(look: Look) -> list[Found]:
    """Roles as old as the threshold at least that no member holds who could use them."""
    old = roles(look).filter(created_at__lt=look.now - look.days("role_age_threshold"))
    rows = old.with_user_count(look.organization_id).filter(user_count=0)  # type: ignore[attr-defined]
    return [
        Found(
            resource_type=ROLE,
            resource_id=row.pk,
            label=row.name,
            facts={"created_at": row.created_at.isoformat(), "permissions": len(row.permissions)},
        )
        for row in rows
    ]


def _member(member: Member, **facts: object) -> Found:
    return Found(
        resource_type=SERVICE_ACCOUNT if member.is_service_account else MEMBER,
        resource_id=member.pk,
        label=member.name,
        facts={"created_at": member.created_at.isoformat(), "email": member.email, **facts},
    )
