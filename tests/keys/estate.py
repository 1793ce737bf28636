"""An organisation with as many keys as are asked for, whose histories are known: nearly all of them blameless."""

import uuid
from collections import defaultdict
from datetime import timedelta
from itertools import count

from accounts.models import Manager, Member, MemberRole, Person, Role, Sort
from keys.hygiene import configuring, scanning
from keys.hygiene.controls import BY_SLUG, GRACE
from keys.kinds import (
    API_KEY,
    APPLICATION_KEY,
    CLIENT_TOKEN,
    KINDS,
    PERSONAL_ACCESS_TOKEN,
    SERVICE_ACCESS_TOKEN,
    Owner,
    Rule,
)
from keys.models import Credential, Facet, Notification, Ownership, UsageFacet

SCOPE, UNUSED_SCOPE = "dashboards_read", "monitors_read"
ENOUGH = 400
"""Days; as long ago scopes were counted first."""


API_KEYS = BY_SLUG["unused_api_keys"]


def days(number):
    return timedelta(days=number)


def automatic(control, by, grace=7):
    configuring.configure(control, is_automatic=True, parameters={GRACE: grace}, by=by)


def revoked(name):
    return Credential.objects.get(name=name).revoked_at is not None


def news():
    return [row.news for row in Notification.objects.order_by("pk")]


class Estate:
    """Puts rows of everything into an organisation, as if they had come to be at their time."""

    def __init__(self, organization, *, owner, account, now):
        self.organization, self.owner, self.account, self.now = organization, owner, account, now
        self.numbers, self.credentials, self.ownerships, self.facets = count(1), [], [], []
        self.expected = defaultdict(set)
        Manager.objects.create(service_account=account, member=owner)

    def key(self, kind, name, *controls, created=60, used=1, owned=True, uses=(), **fields):
        """A credential so many days old, used so many days ago (None: never); the controls must find it."""
        pk = uuid.uuid4()
        defaults = {
            "owner": self._owner(kind),
            "scopes": None if kind.scopes is Rule.NONE else [SCOPE],
            "expires_at": None if kind.expiry is Rule.NONE else self.now + days(90),
            "public_text": f"pub{pk.hex}" if kind.is_public else None,
        }
        row = Credential(
            id=pk,
            organization=self.organization,
            kind=kind,
            name=name,
            name_key=name,
            fingerprint=next(self.numbers).to_bytes(32, "big"),
            pepper=1,
            last4="abcd",
            created_at=self.now - days(created),
            last_used_at=None if used is None else self.now - days(used),
            **{**defaults, **fields},
        )
        self.credentials.append(row)
        if owned and kind.belongs_to_organization:
            self.ownerships.append(Ownership(credential=row, team="platform"))
        for facet, value, ago in uses:
            self.used(row, facet, value, ago)
        self.expect(name, *controls)
        return row

    def _owner(self, kind):
        if kind.belongs_to_organization:
            return None
        return self.owner if Owner.MEMBER in kind.owners else self.account

    def used(self, row, facet, value, ago=1, *, good=1):
        """That it was used so many days ago, by this program, from this network, or about this scope."""
        day = (self.now - days(ago)).date()
        known = {"organization_id": self.organization.pk, "credential_id": row.pk, "day": day}
        self.facets.append(UsageFacet(**known, facet=facet, value=value, good=good, refused=1, last_at=self.now))

    def expect(self, name, *controls):
        for control in controls:
            self.expected[control].add(name)

    def member(self, name, *controls, joined=5, signed_in=1, person=None, **fields):
        """A person who joined and signed in so many days ago (None: never)."""
        last_login = None if signed_in is None else self.now - days(signed_in)
        about = {"password": "pbkdf2", "is_active": True, "last_login": last_login, **(person or {})}
        email = f"{name.lower().replace(' ', '.')}@acme.example"
        somebody = Person.objects.create(name=name, email=email, created_at=self.now, **about)
        shown = {"activated_at": self.now - days(joined), **fields}
        made = Member.objects.create(
            organization=self.organization,
            sort=Sort.USER,
            person=somebody,
            name=name,
            name_key=name.lower(),
            email=email,
            created_at=self.now - days(joined),
            **shown,
        )
        self.expect(name, *controls)
        return made

    def service_account(self, name, *controls, manager=None, **fields):
        made = Member.objects.create(
            organization=self.organization,
            sort=Sort.SERVICE_ACCOUNT,
            name=name,
            name_key=name,
            email="programs@acme.example",
            created_at=self.now - days(50),
            activated_at=self.now - days(50),
            **fields,
        )
        if manager:
            Manager.objects.create(service_account=made, member=manager)
        self.expect(name, *controls)
        return made

    def role(self, name, *controls, made=50, holder=None):
        at = self.now - days(made)
        role = Role.objects.create(
            organization=self.organization, name=name, name_key=name, granted=[SCOPE], created_at=at, modified_at=at
        )
        if holder:
            MemberRole.objects.create(member=holder, role=role)
        self.expect(name, *controls)

    def fill(self, size):
        """Blameless keys of every kind, until there are so many."""
        for number in range(size - len(self.credentials)):
            self.key(KINDS[number % len(KINDS)], f"good {number}")

    def save(self):
        Credential.objects.bulk_create(self.credentials, 500)
        Ownership.objects.bulk_create(self.ownerships, 500)
        UsageFacet.objects.bulk_create(self.facets, 500)
        self.credentials, self.ownerships, self.facets = [], [], []

    def scan(self):
        self.save()
        return scanning.scan_organization(self.organization.pk, now=self.now)


def troubled(estate):
    """Everything the controls look for, and beside each what they must not take for it."""
    _unused(estate)
    _owned(estate)
    _rotated(estate)
    _scoped(estate)
    _shared(estate)
    _people(estate)


def _unused(estate):
    old = {"created": 91, "used": None}
    estate.key(API_KEY, "api never used", "unused_api_keys", "overdue_rotation", **old)
    estate.key(API_KEY, "api used 91 days ago", "unused_api_keys", "overdue_rotation", created=300, used=91)
    estate.key(API_KEY, "api used 89 days ago", "overdue_rotation", created=300, used=89)
    estate.key(API_KEY, "api never used but young", created=89, used=None)
    estate.key(API_KEY, "api revoked", revoked_at=estate.now, **old)
    estate.key(API_KEY, "api replaced", replaced_at=estate.now, retires_at=estate.now + days(1), **old)
    estate.key(APPLICATION_KEY, "app never used", "unused_application_keys", "overdue_rotation", **old)
    estate.key(PERSONAL_ACCESS_TOKEN, "pat never used", "unused_access_tokens", **old)
    estate.key(SERVICE_ACCESS_TOKEN, "sat never used", "unused_access_tokens", **old)
    estate.key(PERSONAL_ACCESS_TOKEN, "pat expired", expires_at=estate.now - days(1), **old)
    estate.key(CLIENT_TOKEN, "client token never used", **old)


def _owned(estate):
    gone = estate.member("Gone Owner", disabled_at=estate.now)
    here = estate.member("Present Owner")
    estate.key(API_KEY, "api of nobody", "unknown_owners", owned=False)
    estate.key(CLIENT_TOKEN, "client token of nobody", "unknown_owners", owned=False)
    for name, member, team, controls in (
        ("api of somebody gone", gone, "", ["unknown_owners"]),
        ("api of somebody gone and a team", gone, "platform", []),
        ("api of somebody", here, "", []),
    ):
        row = estate.key(API_KEY, name, *controls, owned=False)
        estate.ownerships.append(Ownership(credential=row, member=member, team=team))


def _rotated(estate):
    endless = {"expires_at": None}
    estate.key(SERVICE_ACCESS_TOKEN, "sat endless", "never_expiring_tokens", **endless)
    estate.key(
        SERVICE_ACCESS_TOKEN, "sat endless and old", "never_expiring_tokens", "overdue_rotation", created=91, **endless
    )
    estate.key(APPLICATION_KEY, "app old", "overdue_rotation", created=91)
    estate.key(CLIENT_TOKEN, "client token old", created=700)
    estate.key(PERSONAL_ACCESS_TOKEN, "pat old but ending", created=300)


def _scoped(estate):
    both, old = [SCOPE, UNUSED_SCOPE], {"created": 120}
    one, other = (Facet.SCOPE, SCOPE, 10), (Facet.SCOPE, UNUSED_SCOPE, 10)
    estate.key(APPLICATION_KEY, "app unscoped", "unscoped_application_keys", scopes=None)
    estate.key(PERSONAL_ACCESS_TOKEN, "pat too wide", "unused_scopes", scopes=both, uses=[one], **old)
    late = [one, (Facet.SCOPE, UNUSED_SCOPE, 100)]
    estate.key(SERVICE_ACCESS_TOKEN, "sat too wide", "unused_scopes", scopes=both, uses=late, **old)
    estate.key(PERSONAL_ACCESS_TOKEN, "pat as wide as used", scopes=both, uses=[one, other], **old)
    estate.key(PERSONAL_ACCESS_TOKEN, "pat asked about nothing", scopes=both, **old)
    estate.key(PERSONAL_ACCESS_TOKEN, "pat too wide but young", scopes=both, uses=[one], created=80)
    estate.key(PERSONAL_ACCESS_TOKEN, "pat told apart no more", scopes=both, uses=[one, (Facet.SCOPE, "…", 5)], **old)
    first = estate.key(API_KEY, "api asked first")
    estate.used(first, Facet.SCOPE, SCOPE, ENOUGH)


def _shared(estate):
    programs = [(Facet.CLIENT, name, 2) for name in ("curl", "python", "terraform")]
    networks = [(Facet.NETWORK, f"192.0.{number}.0/24", 2) for number in range(4)]
    estate.key(API_KEY, "api of three programs", "shared_keys", uses=programs)
    estate.key(APPLICATION_KEY, "app of four networks", "shared_keys", uses=networks)
    estate.key(API_KEY, "api of two programs", uses=[*programs[:2], (Facet.CLIENT, "curl", 9)])
    estate.key(API_KEY, "api of three programs long ago", uses=[*programs[:2], (Facet.CLIENT, "terraform", 40)])
    estate.key(CLIENT_TOKEN, "client token of many", uses=networks)
    refused = estate.key(API_KEY, "api refused to the third", uses=programs[:2])
    estate.used(refused, Facet.CLIENT, "terraform", good=0)


def _people(estate):
    for name, fields in (
        ("Dora Disabled", {"disabled_at": estate.now}),
        ("Paul Pending", {"activated_at": None}),
        ("Irma Inactive", {"person": {"is_active": False}}),
        ("Uwe Unusable", {"person": {"password": "!nothing"}}),
    ):
        owner = estate.member(name, "owners_without_sign_in", **fields)
        estate.key(APPLICATION_KEY, f"app of {name}", owner=owner)
    estate.member("Ines Inactive Without Keys", person={"is_active": False})
    estate.member("Ida Idle", "idle_members", joined=100, signed_in=31)
    estate.member("Nora Never", "idle_members", joined=31, signed_in=None)
    estate.member("Leo Lately", joined=100, signed_in=29)
    estate.member("Nick New", joined=29, signed_in=None)
    left = estate.member("Lena Left", joined=100, signed_in=60, disabled_at=estate.now)
    estate.service_account("orphan", "unmanaged_service_accounts")
    estate.service_account("left behind", "unmanaged_service_accounts", manager=left)
    estate.service_account("looked after", manager=estate.owner)
    estate.service_account("off", disabled_at=estate.now)
    estate.role("empty", "roles_without_users")
    estate.role("held by who left", "roles_without_users", holder=left)
    estate.role("held", holder=estate.owner)
    estate.role("new", made=6)
