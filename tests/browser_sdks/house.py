"""The organisation whose pages carry the SDKs: its applications, and what the server knows of them afterwards."""

import json
from typing import NamedTuple

from tests.browser_sdks.shop import AUDIENCE, COOKIE, ISSUER, SHARED_KEY
from tests.server.intake import run

AS_ADMIN = """
import json
import time
from django.db.models import Sum
from django.utils import timezone
from accounts.models import Member
from audit.models import AuditEvent
from keys import bootstrap, lifecycle, rum_applications, rum_proxies, upstreams
from keys.models import BrowserSighting, RumApplication, UsageDay, UsageHour
given = json.loads({given!r})
by = bootstrap.as_member(Member.objects.get(organization_id=given["organization"]), now=timezone.now())
"""
FORWARD = """
upstreams.set_address(given["address"], by=by)
print(json.dumps(None))
"""
APPLICATIONS = """
made = []
for name in given["names"]:
    application = rum_applications.create(name=name, by=by)
    proxy = rum_proxies.change(application.pk, is_open=True, by=by, **given["terms"])
    token = RumApplication.objects.with_tokens().get(pk=application.pk).token
    made.append([name, str(application.pk), str(token.pk), token.public_text, proxy.placeholder])
print(json.dumps(made))
"""
COUNTS = """
def counted(model):
    rows = model.objects.filter(credential_id__in=given["expected"]).values("credential_id", "outcome")
    found = {}
    for row in rows.annotate(sum=Sum("count")):
        found.setdefault(str(row["credential_id"]), {})[row["outcome"]] = row["sum"]
    return found
for _ in range(100):
    found = [counted(UsageHour), counted(UsageDay)]
    if found == [given["expected"]] * 2:
        break
    time.sleep(0.1)
print(json.dumps(found))
"""
SEEN = """
for _ in range(100):
    sightings = BrowserSighting.objects.filter(credential__organization_id=by.organization_id)
    events = AuditEvent.objects.of(by.organization_id).filter(event="credential.seen_in_browser")
    if sightings and events:
        break
    time.sleep(0.1)
found = [[one.credential.last4, one.origin] for one in sightings]
print(json.dumps({"sightings": found, "events": [str(vars(one)) for one in events]}))
"""
REVOKE = """
lifecycle.revoke(given["credential"], by=by)
print(json.dumps(None))
"""


class Application(NamedTuple):
    """An application, with the token of its pages and the placeholder for it."""

    name: str
    id: str
    token_id: str
    token: str
    placeholder: str


class House:
    """An organisation on a server, acted on by its admin."""

    def __init__(self, server, name):
        self._server = server
        self.admin = f"ada@{name.lower()}.example"
        self.keys = json.loads(server.manage("createorg", name, "--admin", self.admin, "--keys"))

    def forward_to(self, address):
        """Have everything that is taken in sent on to this address."""
        self._do(FORWARD, address=address)

    def applications(self, *names):
        """New applications whose proxies are open to visitors of the shop."""
        terms = {"shared_key": SHARED_KEY, "issuer": ISSUER, "audience": AUDIENCE, "cookie": COOKIE}
        return [Application(*made) for made in self._do(APPLICATIONS, names=names, terms=terms)]

    def counts(self, expected):
        """How often each of these credentials was used, by outcome, by hours and by days, once it is as expected or
        ten seconds have passed."""
        return self._do(COUNTS, expected=expected)

    def seen_in_browser(self):
        """What is known of API keys that came from a browser, once there is anything or ten seconds have passed."""
        return self._do(SEEN)

    def mails(self):
        """All that were sent to the admin, what waits to be sent included."""
        self._server.manage("tick")
        texts = [file.read_text() for file in (self._server.data_dir / "outbox").glob("*")]
        return [text for text in texts if f"To: {self.admin}" in text]

    def log(self):
        """What the server has written."""
        return self._server.log()

    def revoke(self, application):
        """Revoke the application's token."""
        self._do(REVOKE, credential=application.token_id)

    def _do(self, script, **given):
        given["organization"] = self.keys["org_id"]
        return run(self._server, AS_ADMIN.format(given=json.dumps(given)) + script)
