"""The people of the tests, by name: Alice admin, Bob reader, Camille standard, Vera auditor, Robot a service account,
Sam support; Charlie admin of another organisation."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.test import Client
from django.utils import timezone, translation
from pytest_django.fixtures import Settings
from xdist.remote import Producer
from xdist.scheduler.loadfile import LoadFileScheduling

from accounts.actors import Actor, ActorType
from accounts.builtin_roles import ADMIN, AUDITOR, READ_ONLY, STANDARD, SUPPORT_PERMISSIONS, BuiltinRole
from accounts.models import Member, MemberRole, Organization, Person, Sort
from accounts.names import key
from keys import lifecycle, policies
from keys.kinds import Kind, Owner, Rule
from keys.lifecycle import Issued
from keys.models import NOBODY, Credential, Policy
from keys.policies import Terms
from keys.usage import rollups
from keys.usage.observations import Observation
from keys.verification import Outcome
from tests.browsing import playwright  # noqa: F401 - a fixture for every folder
from tests.keys.estate import Estate
from tests.listening import site  # noqa: F401 - a fixture for every folder
from tests.serving import server  # noqa: F401 - a fixture for every folder

PASSWORD = "correct horse battery staple"
TOGETHER = ("tests/clients/", "tests/intake/")
"""Folders that one process has: the last file of the first sums up the others, those of the second share companies."""


class ByFile(LoadFileScheduling):
    """One process has all of a file, in its order; and all of some folders."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile | None:
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(autouse=True)
def plain_static_files(settings: Settings) -> None:
    """Pages link static files by their own names; nothing has been collected."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture(autouse=True)
def plain_english() -> Iterator[None]:
    """A request leaves its language behind in the thread, and the next test would speak it."""
    yield
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(autouse=True)
def cache_in_memory(settings: Settings) -> None:
    """Throttles count afresh in every test."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def _organization(name: str, now: datetime) -> Organization:
    return Organization.objects.create(name=name, name_key=key(name), created_at=now)


def _person(name: str, email: str, now: datetime, **fields: object) -> Person:
    return Person.objects.create(name=name, email=email, created_at=now, password=_hashed(), **fields)


@functools.cache
def _hashed() -> str:
    """Everybody's password, hashed once: hashing is slow on purpose."""
    return make_password(PASSWORD)


def _member(organization: Organization, name: str, role: BuiltinRole, now: datetime) -> Member:
    email = f"{name.split()[0].lower()}@{organization.name.lower()}.example"
    member = Member.objects.create(
        organization=organization,
        sort=Sort.USER,
        person=_person(name, email, now),
        name=name,
        name_key=key(name),
        email=email,
        created_at=now,
        activated_at=now,
    )
    MemberRole.objects.create(member=member, role_id=role.id)
    return member


@pytest.fixture
def acme(db: None, now: datetime) -> Organization:
    return _organization("Acme", now)


@pytest.fixture
def globex(db: None, now: datetime) -> Organization:
    return _organization("Globex", now)


@pytest.fixture
def alice(acme: Organization, now: datetime) -> Member:
    return _member(acme, "Alice Admin", ADMIN, now)


@pytest.fixture
def bob(acme: Organization, now: datetime) -> Member:
    return _member(acme, "Bob Reader", READ_ONLY, now)


@pytest.fixture
def camille(acme: Organization, now: datetime) -> Member:
    return _member(acme, "Camille Standard", STANDARD, now)


@pytest.fixture
def vera(acme: Organization, now: datetime) -> Member:
    return _member(acme, "Vera Auditor", AUDITOR, now)


@pytest.fixture
def charlie(globex: Organization, now: datetime) -> Member:
    return _member(globex, "Charlie Stranger", ADMIN, now)


@pytest.fixture
def second(alice: Member, globex: Organization, now: datetime) -> Member:
    """Alice in another organisation too, without a role there."""
    return Member.objects.create(
        organization=globex,
        sort=Sort.USER,
        person=alice.person,
        name=alice.name,
        name_key=alice.name_key,
        email=alice.email,
        created_at=now,
        activated_at=now,
    )


@pytest.fixture
def robot(acme: Organization, now: datetime) -> Member:
    account = Member.objects.create(
        organization=acme,
        sort=Sort.SERVICE_ACCOUNT,
        name="robot",
        name_key="robot",
        email="robots@acme.example",
        created_at=now,
        activated_at=now,
    )
    MemberRole.objects.create(member=account, role_id=STANDARD.id)
    return account


@pytest.fixture
def estate(acme: Organization, alice: Member, robot: Member, now: datetime) -> Estate:
    """Acme with as many keys as are asked for, whose histories are known."""
    return Estate(acme, owner=alice, account=robot, now=now)


@pytest.fixture
def sam(db: None, now: datetime) -> Person:
    return _person("Sam Support", "sam@keyhouse.example", now, is_support=True)


@pytest.fixture
def actor_of(now: datetime) -> Callable[[Member | Person], Actor]:
    """Turns a member, or support staff, into somebody who acts."""

    def actor(who: Member | Person) -> Actor:
        if isinstance(who, Person):
            return Actor(
                organization_id=None,
                type=ActorType.SUPPORT_USER,
                id=str(who.id),
                label=who.name,
                permissions=SUPPORT_PERMISSIONS,
                now=now,
            )
        return Actor(
            organization_id=who.organization_id,
            organization_name=who.organization.name,
            type=ActorType.SERVICE_ACCOUNT if who.is_service_account else ActorType.USER,
            id=str(who.id),
            label=who.name,
            permissions=Member.objects.get(pk=who.pk).permissions,
            now=now,
        )

    return actor


@pytest.fixture
def by(alice: Member, actor_of: Callable[[Member], Actor]) -> Actor:
    """Alice, acting."""
    return actor_of(alice)


@pytest.fixture
def ask(by: Actor) -> Callable[..., Policy]:
    """Changes some terms of a kind's policy and leaves the others."""

    def change(kind: Kind, *, actor: Actor | None = None, **wanted: object) -> Policy:
        now = policies.of(by.organization, kind)
        terms = {field: getattr(now, field) for field in Terms.__annotations__} | wanted
        return policies.change(kind, Terms(**terms), by=actor or by)

    return change


@pytest.fixture
def client_of() -> Callable[[Member | Person], Client]:
    """A browser in which this person is signed in."""

    def client(who: Member | Person) -> Client:
        browser = Client()
        browser.force_login(who if isinstance(who, Person) else who.person)
        return browser

    return client


@pytest.fixture
def issue(actor_of: Callable[[Member], Actor], now: datetime) -> Callable[..., Issued]:
    """Issues a valid credential of any kind through the real verb, filling in what the kind demands."""

    def issued(kind: Kind, by: Member, **fields: object) -> Issued:
        actor = fields.pop("actor", None) or actor_of(by)
        if not kind.belongs_to_organization:
            fields.setdefault("owner", _owner_for(kind, by))
        if kind.scopes is Rule.REQUIRED:
            fields.setdefault("scopes", ["dashboards_read"])
        if kind.expiry is Rule.REQUIRED:
            fields.setdefault("expires_at", now + kind.shortest * 30)
        fields.setdefault("name", f"{kind.value} of {by.name}")
        return lifecycle.issue(kind, by=actor, **fields)

    return issued


def _owner_for(kind: Kind, by: Member) -> Member:
    if Owner.MEMBER in kind.owners:
        return by
    return Member.objects.of(by.organization_id).service_accounts().active().first()


@pytest.fixture
def later() -> Callable[..., Actor]:
    """The same actor at another time."""
    return lambda actor, delta: dataclasses.replace(actor, now=actor.now + delta)


@pytest.fixture
def used(acme: Organization, now: datetime) -> Callable[..., None]:
    """Counts that a credential (None: one nobody knows) was presented so many times, so long ago."""

    def counted(
        credential: Credential | None,
        times: int = 1,
        *,
        ago: timedelta = timedelta(0),
        outcome: Outcome = Outcome.VALID,
        client: str = "curl",
        network: str = "192.0.2.0/24",
    ) -> None:
        whose = (credential.organization_id, credential.pk) if credential else (acme.pk, NOBODY)
        observation = Observation(*whose, outcome, client, network, "/api/v2/series")
        rollups.seed([(now - ago, observation, times)], now=now)

    return counted
