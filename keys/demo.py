"""The demo: two made-up organisations with a history, told through the same verbs that people use."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts import invitations, members, organizations, people, roles, service_accounts
from accounts.actors import Actor, ActorType
from accounts.builtin_roles import ADMIN, AUDITOR, READ_ONLY, STANDARD, BuiltinRole
from accounts.models import Member, Organization, Person
from accounts.names import key
from keys import (
    bootstrap,
    demo_hygiene,
    demo_life,
    demo_rum,
    demo_safety,
    demo_telling,
    demo_usage,
    demo_uses,
    lifecycle,
    limits,
    offboarding,
)
from keys.kinds import (
    API_KEY,
    APPLICATION_KEY,
    CLIENT_TOKEN,
    PERSONAL_ACCESS_TOKEN,
    SERVICE_ACCESS_TOKEN,
    Kind,
)
from keys.models import SupportRequest

ORGANIZATION = "Acme Robotics"
PASSWORD = "keyhouse demo password"  # noqa: S105 - printed at every start; the demo is for looking
SUPPORT_EMAIL = "sam.reed@keyhouse.example"
SIGN_INS = (
    ("aiko.tanaka@acme.example", "admin"),
    ("vera.silva@acme.example", "auditor"),
    ("camille.laurent@acme.example", "standard"),
    ("bob.martin@acme.example", "read only"),
    (SUPPORT_EMAIL, "support staff"),
)
"""Whom to sign in as, and what they are."""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@dataclass(frozen=True)
class Newcomer:
    """Somebody who is invited so many days ago and, unless they are slow, joins the same day."""

    days_ago: float
    name: str
    role: BuiltinRole
    joins: bool = True

    @property
    def mailbox(self) -> str:
        return self.name.lower().replace(" ", ".")


@dataclass(frozen=True)
class Program:
    """A service account."""

    days_ago: float
    name: str
    role: BuiltinRole


@dataclass(frozen=True)
class Made:
    """A credential: created by somebody, for a service account or for themselves, with an end after so many days."""

    days_ago: float
    kind: Kind
    name: str
    by: str
    owner: str = ""
    scopes: tuple[str, ...] = ()
    lasts: float = 0


PEOPLE = (
    Newcomer(395.1, "Noah Kim", ADMIN),
    Newcomer(394.6, "Camille Laurent", STANDARD),
    Newcomer(390.3, "Jonas Weber", ADMIN),
    Newcomer(321.4, "Bob Martin", READ_ONLY),
    Newcomer(210.2, "Emma Rossi", STANDARD),
    Newcomer(95.5, "Vera Silva", AUDITOR),
    Newcomer(1.2, "Priya Shah", STANDARD, joins=False),
)
PROGRAMS = (
    Program(300.4, "ci-deploy", STANDARD),
    Program(173.1, "terraform", STANDARD),
    Program(88.7, "slack-alerts", READ_ONLY),
)
RESPONDER = ("Incident responder", ("incident_read", "incident_write", "monitors_downtime", "on_call_read"))
"""A role of their own, and what it permits."""
STEPS = (*demo_rum.STEPS, *demo_life.STEPS, *demo_telling.STEPS, *demo_safety.STEPS)
"""What else happens, each told in a module of its own."""
_CI = ("ci_visibility_read", "ci_visibility_write", "deployment_gates_evaluate", "monitors_read")
_TERRAFORM = ("dashboards_read", "dashboards_write", "monitors_read", "monitors_write", "slos_read", "slos_write")
CREDENTIALS = (
    Made(306.3, API_KEY, "laptop-dev", "Jonas Weber"),
    Made(172.4, API_KEY, "terraform-monitors", "Aiko Tanaka"),
    Made(85.2, API_KEY, "chef-onprem-paris", "Noah Kim"),
    Made(91.4, API_KEY, "payments-k8s-prod", "Aiko Tanaka"),
    Made(380.2, APPLICATION_KEY, "old-import-script", "Jonas Weber"),
    Made(299.3, APPLICATION_KEY, "ci-pipeline-prod", "Noah Kim", "ci-deploy", _CI),
    Made(251.6, APPLICATION_KEY, "laptop-cli", "Aiko Tanaka"),
    Made(203.5, APPLICATION_KEY, "synthetics-report", "Emma Rossi", scopes=("synthetics_read",)),
    Made(172.2, APPLICATION_KEY, "terraform-cloud", "Aiko Tanaka", "terraform", _TERRAFORM),
    Made(140.8, APPLICATION_KEY, "incident-bot", "Noah Kim", scopes=("incident_read", "incident_write")),
    Made(121.3, APPLICATION_KEY, "oncall-sync", "Noah Kim"),
    Made(85.4, APPLICATION_KEY, "ci-pipeline-staging", "Camille Laurent", scopes=_CI),
    Made(84.9, APPLICATION_KEY, "slack-digest", "Aiko Tanaka", "slack-alerts", ("monitors_read", "incident_read")),
    Made(70.4, APPLICATION_KEY, "slo-dashboards-export", "Camille Laurent", scopes=("dashboards_read", "slos_read")),
    Made(44.7, APPLICATION_KEY, "log-archive-check", "Emma Rossi", scopes=("logs_read_archives",)),
    Made(12.6, APPLICATION_KEY, "cost-report", "Aiko Tanaka", scopes=("usage_read", "cloud_cost_management_read")),
    Made(4.3, APPLICATION_KEY, "dora-board", "Camille Laurent", scopes=("dora_metrics_read",)),
    Made(100.2, PERSONAL_ACCESS_TOKEN, "migration-script", "Emma Rossi", scopes=("logs_read_data",), lasts=90),
    Made(26.4, PERSONAL_ACCESS_TOKEN, "notebook-experiments", "Aiko Tanaka", scopes=("notebooks_read",), lasts=30),
    Made(9.1, PERSONAL_ACCESS_TOKEN, "dashboard-backup", "Camille Laurent", scopes=("dashboards_read",), lasts=90),
    Made(61.3, SERVICE_ACCESS_TOKEN, "github-actions", "Aiko Tanaka", "ci-deploy", _CI, lasts=365),
    Made(58.8, SERVICE_ACCESS_TOKEN, "terraform-plan", "Noah Kim", "terraform", _TERRAFORM[::2]),
    Made(20.5, SERVICE_ACCESS_TOKEN, "alert-relay", "Aiko Tanaka", "slack-alerts", ("monitors_read",), lasts=90),
)
GLOBEX_CREDENTIALS = (
    Made(50.2, API_KEY, "globex-agents", "Charlie Novak"),
    Made(49.1, APPLICATION_KEY, "reporting", "Charlie Novak", scopes=("dashboards_read",)),
)


@dataclass
class Story:
    """One organisation while its history is told: who is in it, and what happens when."""

    now: datetime
    domain: str
    organization: Organization
    cast: dict[str, Member] = field(default_factory=dict)
    steps: list[tuple[float, Callable[[datetime], None]]] = field(default_factory=list)

    def happens(self, days_ago: float, step: Callable[[datetime], None]) -> None:
        """Something that will be told in its turn."""
        self.steps.append((days_ago, step))

    def tell(self) -> None:
        """Do everything, oldest first, so that the audit trail reads as history."""
        for days_ago, step in sorted(self.steps, key=lambda told: -told[0]):
            step(self.now - timedelta(days=days_ago))

    def acting(self, name: str, at: datetime) -> Actor:
        """Somebody of the cast, at a desk."""
        return _at_a_desk(bootstrap.as_member(self.cast[name], now=at), name)


def _at_a_desk(actor: Actor, name: str) -> Actor:
    """The actor in a browser, at an address that is always the same for the same name."""
    return replace(actor, auth_method="SESSION", ip=f"192.0.2.{10 + sum(map(ord, name)) % 200}", user_agent=BROWSER)


def exists() -> bool:
    """Whether the demo's organisation is there."""
    return Organization.objects.filter(name_key=key(ORGANIZATION)).exists()


def admin() -> Member:
    """The admin of the demo's organisation. Raises Member.DoesNotExist where there is no demo."""
    return Member.objects.active().get(email=SIGN_INS[0][0], organization__name_key=key(ORGANIZATION))


def seed(*, now: datetime) -> bool:
    """Make the demo, all of it or nothing; False if its organisation exists already."""
    if exists():
        return False
    with _mail_kept_back(), transaction.atomic():
        sam = _support_person(now)
        acme = _acme(sam, now)
        acme.tell()
        demo_uses.tell(acme.organization.id, now=now)
        demo_usage.tell(acme.organization, now=now)
        demo_hygiene.tell(acme.organization, acting=acme.acting, now=now)
        _globex(sam, now).tell()
        demo_telling.settle(now)
    return True


@contextmanager
def _mail_kept_back() -> Iterator[None]:
    """The people of the demo do not exist: nothing is sent to them, not even to a file."""
    kept = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    try:
        yield
    finally:
        settings.EMAIL_BACKEND = kept


def _support_person(now: datetime) -> Person:
    """Support staff belong to no organisation, and no page makes them: the operator does."""
    person = Person(email=SUPPORT_EMAIL, name="Sam Reed", is_support=True, created_at=now - timedelta(days=400))
    person.set_password(PASSWORD)
    person.save(force_insert=True)
    return person


def _acme(sam: Person, now: datetime) -> Story:
    story = _begin(ORGANIZATION, "acme.example", founder="Aiko Tanaka", days_ago=400.5, now=now)
    for newcomer in PEOPLE:
        story.happens(newcomer.days_ago, _arrival(story, newcomer))
    for program in PROGRAMS:
        story.happens(program.days_ago, _setting_up(story, program))
    story.happens(141.2, _sharing(story, "Bob Martin"))
    for made in CREDENTIALS:
        story.happens(made.days_ago, _making(story, made))
    for days_ago, name, step in STEPS:
        story.happens(days_ago, _doing(story, name, step))
    story.happens(62.4, _asking(story, "Noah Kim", 50, "One key for each of our 42 clusters."))
    story.happens(61.8, _declining(story, sam, "One key for each team is enough to revoke without pain; ask again."))
    story.happens(40.3, lambda at: _leaving(story, "Jonas Weber", at))
    story.happens(2.1, _asking(story, "Aiko Tanaka", 10, "Two teams join the platform in January, each with its key."))
    for days_ago, name in ((6.2, "Noah Kim"), (3.3, "Camille Laurent"), (1.1, "Vera Silva"), (0.08, "Aiko Tanaka")):
        story.happens(days_ago, _signing_in(story, name))
    story.happens(0.3, lambda at: people.refused("bob.martin@acme.example", by=_stranger(at)))
    return story


def _globex(sam: Person, now: datetime) -> Story:
    story = _begin("Globex", "globex.example", founder="Charlie Novak", days_ago=60.2, now=now)
    for made in GLOBEX_CREDENTIALS:
        story.happens(made.days_ago, _making(story, made))
    reason = "Client tokens are in private beta; opened on request."
    there = story.organization
    story.happens(
        59.5,
        lambda at: limits.switch(
            CLIENT_TOKEN, on=False, reason=reason, by=organizations.in_organization(_as_support(sam, at), there)
        ),
    )
    return story


def _begin(name: str, domain: str, *, founder: str, days_ago: float, now: datetime) -> Story:
    """The organisation and its first admin, as `createorg` makes them, and the password the admin then chooses."""
    at = now - timedelta(days=days_ago)
    email = f"{founder.lower().replace(' ', '.')}@{domain}"
    day = bootstrap.create_organization(name=name, admin_email=email, with_keys=False, now=at)
    story = Story(now, domain, day.organization)
    _join(story, Member.objects.of(day.organization.id).get(email=email), founder, at)
    return story


def _join(story: Story, member: Member, name: str, at: datetime) -> None:
    token = invitations.make(member, now=at)
    known = Person.objects.filter(email=member.email).first()
    visitor = replace(_at_a_desk(_stranger(at), name), auth_method="NONE")
    story.cast[name] = invitations.accept(token, by=visitor, person=known, name=name, password=PASSWORD)


def _stranger(at: datetime) -> Actor:
    return Actor(
        organization_id=None,
        type=ActorType.ANONYMOUS,
        id="",
        label="",
        auth_method="NONE",
        ip="198.51.100.23",
        user_agent="curl/8.5.0",
        now=at,
    )


def _as_support(sam: Person, at: datetime) -> Actor:
    support = Actor(organization_id=None, type=ActorType.SUPPORT_USER, id=str(sam.id), label=sam.name, now=at)
    return _at_a_desk(support, sam.name)


def _arrival(story: Story, newcomer: Newcomer) -> Callable[[datetime], None]:
    def step(at: datetime) -> None:
        roles = frozenset({newcomer.role.id})
        by = story.acting("Aiko Tanaka", at)
        member = members.invite(email=f"{newcomer.mailbox}@{story.domain}", role_ids=roles, by=by)
        if newcomer.joins:
            _join(story, member, newcomer.name, at + timedelta(minutes=47))

    return step


def _setting_up(story: Story, program: Program) -> Callable[[datetime], None]:
    def step(at: datetime) -> None:
        story.cast[program.name] = service_accounts.create(
            name=program.name,
            email=f"platform@{story.domain}",
            role_ids=frozenset({program.role.id}),
            by=story.acting("Aiko Tanaka", at),
        )

    return step


def _sharing(story: Story, name: str) -> Callable[[datetime], None]:
    def step(at: datetime) -> None:
        by, (called, permissions) = story.acting("Noah Kim", at), RESPONDER
        role = roles.create(name=called, permissions=frozenset(permissions), by=by)
        roles.add_member(role.id, story.cast[name].id, by=by)

    return step


def _making(story: Story, made: Made) -> Callable[[datetime], None]:
    def step(at: datetime) -> None:
        lifecycle.issue(
            made.kind,
            name=made.name,
            by=story.acting(made.by, at),
            owner=None if made.kind.belongs_to_organization else story.cast[made.owner or made.by],
            scopes=list(made.scopes) or None,
            expires_at=at + timedelta(days=made.lasts) if made.lasts else None,
        )

    return step


def _doing(story: Story, name: str, step: Callable[[Actor], None]) -> Callable[[datetime], None]:
    return lambda at: step(story.acting(name, at))


def _asking(story: Story, name: str, wanted: int, reason: str) -> Callable[[datetime], None]:
    def step(at: datetime) -> None:
        limits.ask(API_KEY, wanted=wanted, reason=reason, by=story.acting(name, at))

    return step


def _declining(story: Story, sam: Person, answer: str) -> Callable[[datetime], None]:
    def step(at: datetime) -> None:
        request = SupportRequest.objects.of(story.organization.id).open().get(kind=API_KEY)
        limits.decline(request.id, answer=answer, by=_as_support(sam, at))

    return step


def _leaving(story: Story, name: str, at: datetime) -> None:
    offboarding.disable(story.cast[name].id, by=story.acting("Aiko Tanaka", at))


def _signing_in(story: Story, name: str) -> Callable[[datetime], None]:
    def step(at: datetime) -> None:
        person = story.cast[name].person
        if person:
            people.signed_in(person, by=story.acting(name, at))
            Person.objects.filter(pk=person.pk).update(last_login=at)  # as Django notes it

    return step
