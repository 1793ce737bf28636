"""What scanners report with a token of their own."""

import pytest

from audit.models import AuditEvent
from keys.kinds import APPLICATION_KEY, CLIENT_TOKEN
from keys.models import Leak, Use
from keys.verification import Outcome, verify

pytestmark = pytest.mark.django_db

PATH = "/api/v2/leaks"


def report(*texts, **fields):
    rows = [{"type": "leak_reports", "attributes": {"token": text, "url": "https://example.com/log"}} for text in texts]
    return {"data": rows}


@pytest.fixture
def scanner(token, alice):
    """A program with a token that is scoped for this and nothing else."""
    return token(alice, "governance_console_write")


def test_a_leaked_credential_is_dealt_with_and_the_answer_says_how(scanner, issue, alice, now):
    key, public = issue(APPLICATION_KEY, alice), issue(CLIENT_TOKEN, alice)

    answer = scanner.post(PATH, report(key.secret.text, "nonsense", public.secret.text))

    rows = [row["attributes"] for row in answer.json()["data"]]
    assert [(row["is_ours"], row["action"]) for row in rows] == [(True, "revoked"), (False, None), (True, "told")]
    assert rows[0]["leak_id"] == str(Leak.objects.get(credential=key.credential).pk)
    assert verify(key.secret.text, now=now).outcome is Outcome.REVOKED
    (leak,) = Leak.objects.filter(credential=key.credential)
    assert (leak.way, leak.reporter, leak.place) == ("scanner", alice.name, "https://example.com/log")


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
