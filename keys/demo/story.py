"""Telling the demo: who does what when, oldest first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from accounts import invitations, members, organizations, people, roles, service_accounts
from accounts.actors import Actor, ActorType
from accounts.models import Member, Organization, Person
from accounts.names import key
from keys import bootstrap, lifecycle, limits, offboarding
from keys.demo import hygiene, life, rum, safety, telling, usage, uses
from keys.demo.cast import CREDENTIALS, GLOBEX_CREDENTIALS, PEOPLE, PROGRAMS, RESPONDER, Made, Newcomer, Program
from keys.kinds import API_KEY, CLIENT_TOKEN
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

SIGNED_IN = (
    (61.2, "Bob Martin"),
    (44.8, "Emma Rossi"),
    (6.2, "Noah Kim"),
    (3.3, "Camille Laurent"),
    (1.1, "Vera Silva"),
    (0.08, "Aiko Tanaka"),
)
"""How many days ago who signed in last."""
STEPS = (*rum.STEPS, *life.STEPS, *telling.STEPS, *safety.STEPS)
"""What else happens, each told in a module of its own."""


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
        uses.tell(acme.organization.id, now=now)
        usage.tell(acme.organization, now=now)
        hygiene.tell(acme.organization, acting=acme.acting, now=now)
        _globex(sam, now).tell()
        telling.settle(now)
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
    for days_ago, name in SIGNED_IN:
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
