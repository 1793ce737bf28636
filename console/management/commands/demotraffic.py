"""manage.py demotraffic: questions to /verify, as gateways ask them, about a demo that runs on this machine."""

import http.client
import ipaddress
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Member
from accounts.refusals import NotAllowed
from keys import bootstrap, demo, lifecycle
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, PERSONAL_ACCESS_TOKEN, Kind
from keys.models import Credential
from keys.ownership import Owned
from keys.verification import Outcome

PREFIX = "demo-traffic "
"""What the names of the credentials begin with that are the command's own."""
ASKERS = 4
PATIENCE = 5.0  # seconds
STRIDE = 37
"""Shuffles the questions, the same way every time: no common divisor with how many there are."""
STATUSES = {
    Outcome.VALID: 200,
    Outcome.UNKNOWN: 401,
    Outcome.REVOKED: 401,
    Outcome.WRONG_KIND: 403,
    Outcome.MISSING_SCOPE: 403,
}
OTHER = "other"
"""An answer that is not the expected one, or none."""

_AGENT, _CI, _CURL = "datadog-agent/7.71.2", "datadog-ci/4.2.0", "curl/8.17.0"
_PYTHON = "datadog-api-client-python/2.62.0 (python 3.13.1; os linux; arch x86_64)"
_CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"
_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@dataclass(frozen=True)
class Question:
    """One request that a gateway asks about: with which credential, from whom and where, and what must come of it."""

    credential: str
    agent: str
    ip: str
    target: str
    outcome: Outcome = Outcome.VALID
    wants: tuple[tuple[str, str], ...] = ()
    weight: int = 1


QUESTIONS = (
    Question("agent", _AGENT, "203.0.113.40", "/api/v2/series", weight=30),
    Question("agent", _AGENT, "203.0.113.41", "/api/v2/logs", weight=12),
    Question("agent", "datadog-agent/7.66.0", "192.0.2.17", "/api/v1/check_run", weight=8),
    Question("web", _CHROME, "198.51.100.201", "/api/v2/rum?batch=1", weight=12),
    Question("web", _FIREFOX, "2001:db8:1f::2", "/api/v2/rum?batch=1", weight=6),
    Question("deploy", _CI, "198.51.100.90", "/api/v1/dashboard/4711", wants=(("scope", "dashboards_read"),), weight=9),
    Question("deploy", _CURL, "192.0.2.44", "/api/v1/validate", weight=3),
    Question("deploy", _CI, "198.51.100.90", "/api/v2/users", Outcome.MISSING_SCOPE, (("scope", "monitors_write"),), 4),
    Question("notebook", _PYTHON, "192.0.2.61", "/api/v1/notebooks", weight=3),
    Question("notebook", _PYTHON, "192.0.2.61", "/api/v2/series", Outcome.WRONG_KIND, (("accept", "api_key"),), 4),
    Question("retired", "python-requests/2.31.0", "192.0.2.80", "/api/v1/import", Outcome.REVOKED, weight=4),
    Question("stranger", _CURL, "198.51.100.250", "/api/v2/series", Outcome.UNKNOWN, weight=5),
)
_MIX = [question for question in QUESTIONS for _ in range(question.weight)]


class Command(BaseCommand):
    help = (
        "Asks a running demo's /verify as gateways would, with credentials that it issues for itself in the demo"
        " organization (those of the run before are revoked), and prints how often there was which answer: as a table,"
        " then as one line of JSON."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=20.0, help="how long (default: 20)")
        parser.add_argument("--rate", type=float, default=200.0, help="questions a second (default: 200)")
        parser.add_argument("--url", default=settings.SITE_URL, help="where Keyhouse runs, on this machine")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = _on_this_machine(options["url"])
        if options["seconds"] <= 0 or options["rate"] <= 0:
            raise CommandError("--seconds, --rate: more than nothing, please.")
        try:
            admin = demo.admin()
            texts = _issued(admin)
        except Member.DoesNotExist:
            raise CommandError("There is no demo organization here. Start with DEMO=1 and an empty database.") from None
        except NotAllowed as refusal:
            raise CommandError(f"{demo.ORGANIZATION}: {refusal}") from None
        traffic = Traffic(host, port, str(admin.organization_id), texts, options["rate"], options["seconds"])
        answers = traffic.sent()
        for outcome, count in answers.most_common():
            self.stdout.write(f"{outcome:<16}{count:>10,}")
        self.stdout.write(f"{'sent':<16}{answers.total():>10,}")
        self.stdout.write(json.dumps({"sent": answers.total(), **answers}))


def _on_this_machine(url: str) -> tuple[str, int]:
    """Host and port of an address that nobody else's server can have."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        near = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = False
    if parts.scheme != "http" or not near:
        raise CommandError(f"--url: {url} is not on this machine. Use http://127.0.0.1 or http://localhost.")
    return host, parts.port or 80


def _issued(admin: Member) -> dict[str, str]:
    """Texts of fresh credentials by name; those of the run before are revoked first, for there is a limit."""
    by = bootstrap.as_member(admin, now=timezone.now())
    for old in Credential.objects.of(admin.organization_id).live().filter(name__startswith=PREFIX):
        lifecycle.revoke(old.pk, by=by, reason="demo traffic begins anew")
    scopes = ["dashboards_read"]
    made = {
        "agent": _issue(API_KEY, "agent", by, owned=Owned(member_id=admin.pk)),
        "web": _issue(CLIENT_TOKEN, "web", by),
        "deploy": _issue(APPLICATION_KEY, "deploy", by, owner=admin, scopes=scopes),
        "notebook": _issue(
            PERSONAL_ACCESS_TOKEN, "notebook", by, owner=admin, scopes=scopes, expires_at=by.now + timedelta(days=30)
        ),
        "retired": _issue(APPLICATION_KEY, "retired", by, owner=admin, scopes=scopes),
    }
    lifecycle.revoke(made["retired"].credential.pk, by=by, reason="demo traffic shows what is revoked")
    return {name: issued.secret.text for name, issued in made.items()} | {"stranger": "0" * 32}


def _issue(kind: Kind, name: str, by: Actor, **fields: Any) -> lifecycle.Issued:
    return lifecycle.issue(kind, name=PREFIX + name, by=by, **fields)


@dataclass(frozen=True)
class Traffic:
    """So many questions a second for so many seconds, over a few connections that are kept."""

    host: str
    port: int
    organization_id: str
    texts: dict[str, str] = field(repr=False)
    rate: float
    seconds: float

    def sent(self) -> Counter[str]:
        """Ask, and count the answers by outcome."""
        begun = time.monotonic()
        with ThreadPoolExecutor(ASKERS) as pool:
            counts = pool.map(lambda asker: self._ask(asker, begun), range(ASKERS))
            return sum(counts, Counter())

    def _ask(self, asker: int, begun: float) -> Counter[str]:
        """Every ASKERS-th question, each when it is due; what falls behind is left out at the end."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        answers: Counter[str] = Counter()
        for number in range(asker, int(self.rate * self.seconds), ASKERS):
            time.sleep(max(0.0, begun + number / self.rate - time.monotonic()))
            if time.monotonic() > begun + self.seconds:
                break
            question = _MIX[number * STRIDE % len(_MIX)]
            answers[question.outcome if self._as_expected(connection, question) else OTHER] += 1
        connection.close()
        return answers

    def _as_expected(self, connection: http.client.HTTPConnection, question: Question) -> bool:
        wants = urlencode([*question.wants, ("organization", self.organization_id)])
        try:
            connection.request("GET", f"/verify?{wants}", headers=self._headers(question))
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return False
        return answer.status == STATUSES[question.outcome]

    def _headers(self, question: Question) -> dict[str, str]:
        """What a gateway passes on, and what it knows of the client."""
        return {
            "DD-API-KEY": self.texts[question.credential],
            "User-Agent": question.agent,
            "X-Forwarded-For": question.ip,
            "X-Original-URI": question.target,
            "X-Verify-Secret": settings.VERIFY_SECRET,
        }
