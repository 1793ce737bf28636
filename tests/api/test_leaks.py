"""What scanners report with a token of their own."""

import pytest

from audit.models import AuditEvent
from keys import policies
from keys.kinds import API_KEY, APPLICATION_KEY, CLIENT_TOKEN, PERSONAL_ACCESS_TOKEN
from keys.models import Leak, LeakAction, Use, Way
from keys.safety import leaks
from keys.safety.matches import Match
from keys.verification import Outcome, verify

pytestmark = pytest.mark.django_db

PATH = "/api/v2/leaks"


def report(*texts):
    rows = [{"type": "leak_reports", "attributes": {"token": text, "url": "https://example.com/log"}} for text in texts]
    return {"data": rows}


@pytest.fixture
def scanner(token, alice):
    """A program with a token that is scoped for this and nothing else."""
    return token(alice, "security_monitoring_findings_write")


def test_a_leaked_credential_is_dealt_with_and_the_answer_says_how(scanner, issue, alice, now):
    key, public = issue(APPLICATION_KEY, alice), issue(CLIENT_TOKEN, alice)

    answer = scanner.post(PATH, report(key.secret.text, "nonsense", public.secret.text))

    rows = [row["attributes"] for row in answer.json()["data"]]
    assert [(row["is_ours"], row["action"]) for row in rows] == [(True, "revoked"), (False, None), (True, "told")]
    assert rows[0]["leak_id"] == str(Leak.objects.get(credential=key.credential).pk)
    assert verify(key.secret.text, now=now).outcome is Outcome.REVOKED
    (leak,) = Leak.objects.filter(credential=key.credential)
    assert (leak.way, leak.reporter, leak.place) == ("scanner", alice.name, "https://example.com/log")


def test_a_scanner_can_do_nothing_but_report(scanner, token, alice):
    control = "/api/v2/governance/control/unused_api_keys"
    asked = {"data": {"type": "governance_control", "attributes": {"detection_parameters": {"api_key_threshold": 700}}}}
    assert scanner.patch(control, asked).status_code == 403
    assert scanner.get("/api/v2/api_keys").status_code == 403

    rights = {"governance_console_write": 200, "governance_console_read": 403}
    told = {right: token(alice, right, name=right).post(PATH, report("x")).status_code for right in rights}
    assert told == rights


def test_what_belongs_to_others_looks_like_what_belongs_to_nobody(scanner, issue, charlie, now):
    theirs = issue(APPLICATION_KEY, charlie)

    rows = [row["attributes"] for row in scanner.post(PATH, report(theirs.secret.text, "x")).json()["data"]]

    assert [rows[0] | {"token_hash": ""}, rows[1] | {"token_hash": ""}] == [
        {"token_hash": "", "is_ours": False, "leak_id": None, "action": None}
    ] * 2
    assert verify(theirs.secret.text, now=now).outcome is Outcome.VALID


def test_the_text_stands_nowhere(scanner, issue, alice, capsys):
    text = issue(APPLICATION_KEY, alice).secret.text

    answer = scanner.post(PATH, report(text))

    kept = [*Leak.objects.values(), *AuditEvent.objects.values(), *Use.objects.values()]
    assert text not in answer.content.decode() + str(kept) + str(capsys.readouterr())


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"data": []}, "data: Expected `array` of length >= 1"),
        (report(*["x"] * 101), "data: Expected `array` of length <= 100"),
        (report(""), "data[0].attributes.token"),
        (report("x" * 1001), "data[0].attributes.token"),
        ({"data": [{"type": "leaks", "attributes": {"token": "x"}}]}, "data[0].type"),
    ],
)
def test_a_bad_report_is_refused_with_its_place(body, problem, scanner):
    answer = scanner.post(PATH, body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0].startswith(problem)


def test_a_key_that_leaked_says_so_where_clients_look_for_it(acme, issue, alice, pair, actor_of, now):
    program = pair(alice)
    row = policies.default(acme.pk, PERSONAL_ACCESS_TOKEN)
    row.leak_action = LeakAction.QUARANTINE
    row.save()
    made, other = (issue(PERSONAL_ACCESS_TOKEN, alice, name=name) for name in ("leaky", "fine"))
    reporter = leaks.Reporter(way=Way.GITHUB, name="GitHub", now=now)
    (leak,) = leaks.accept([Match(made.secret.text, "https://example.com", "commit")], reporter=reporter)
    path = "/api/v2/personal_access_tokens"

    shown = program.get(path, **{"filter[leaked]": "true", "include": "leak_information"}).json()
    ordered = [row["id"] for row in program.get(path, sort="-leaked").json()["data"]]
    plain = program.get(f"{path}/{other.credential.pk}", include="leak_information").json()

    (data,) = shown["data"]
    assert data["relationships"]["leak_information"] == {"data": {"type": "leaked_keys", "id": str(leak.pk)}}
    (included,) = shown["included"]
    assert (included["id"], included["attributes"]["leak_source"]) == (str(leak.pk), "commit")
    assert ordered == [str(made.credential.pk), str(other.credential.pk)]
    assert (plain["data"]["relationships"]["leak_information"], plain["included"]) == ({"data": None}, [])


def test_a_false_alarm_is_no_leak_of_a_key(alice, pair, issue, actor_of, now):
    program = pair(alice)
    made = issue(API_KEY, alice, name="one")
    reporter = leaks.Reporter(way=Way.GITHUB, name="GitHub", now=now)
    policy = policies.default(alice.organization_id, API_KEY)
    policy.leak_action = LeakAction.TELL
    policy.save()
    (leak,) = leaks.accept([Match(made.secret.text)], reporter=reporter)
    path = f"/api/v2/api_keys/{made.credential.pk}"

    before = program.get(path).json()["data"]["relationships"]["leak_information"]["data"]
    leaks.dismiss(leak.pk, reason="no", by=actor_of(alice))
    after = program.get(path).json()["data"]["relationships"]["leak_information"]["data"]

    assert (before["id"], after) == (str(leak.pk), None)
