"""What the tests of leaks look at."""

from audit.models import AuditEvent
from keys.verification import verify

GIST = "https://gist.github.com/octocat/1"


def outcome(issued, now):
    return verify(issued.secret.text, now=now).outcome


def events(name):
    return list(AuditEvent.objects.filter(event=name).order_by("sequence"))
