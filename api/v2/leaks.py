"""/api/v2/leaks: what scanners find. An address of our own: Datadog's API has none for it."""

from accounts.permissions import Permission as P
from api.door import Call
from api.operations import Rate, operation
from api.v2.payloads import leaks as payloads
from api.v2.representations import leaks as shown
from keys.models import Way
from keys.safety import leaks
from keys.safety.matches import Match

TAG = "Leaks"
REPORTING = (P.SECURITY_MONITORING_FINDINGS_WRITE, P.GOVERNANCE_CONSOLE_WRITE)
"""The first is asked for nowhere else: a scanner that holds it alone can do nothing but report."""


@operation(tag=TAG, needs=REPORTING, rate=Rate.WRITE)
def report_leaks(call: Call, body: payloads.LeakReports) -> shown.LeakResultsDocument:
    """Report texts that were found where they must not be. Whatever of them is a credential of the organization is
    told of, quarantined or revoked at once, as its policy says; sent again, nothing more happens. An address of
    Keyhouse's own, for any scanner with a scoped token; Datadog has none for it."""
    matches = [Match(one.attributes.token, one.attributes.url, one.attributes.source) for one in body.data]
    reporter = leaks.Reporter.acting(call.actor, way=Way.SCANNER)
    found = leaks.accept(matches, reporter=reporter, within=call.actor.organization)
    rows = zip(matches, found, strict=True)
    return shown.LeakResultsDocument([shown.result(n, match.text, leak) for n, (match, leak) in enumerate(rows)])
