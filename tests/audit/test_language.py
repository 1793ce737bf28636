"""The search language: what a query finds, and in which words it is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from accounts.actors import Actor, ActorType
from audit.events import Event
from audit.language import MAXIMUM_DEPTH, MAXIMUM_LENGTH, MAXIMUM_TERMS, condition
from audit.log import Target, record
from audit.models import INSTALLATION, AuditEvent
from audit.refusals import QueryError

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 31, 10, tzinfo=UTC)
EVERY = {1, 2, 3, 4, 5}


def actor(kind, label, ago, **fields):
    return Actor(organization_id=None, type=kind, label=label, now=NOW - ago, **{"id": label.lower()[:3]} | fields)


@pytest.fixture(autouse=True)
def trail():
    """Five events: Alice's key, Camille's new name for one, a refusal, Robot's revocation, Élodie's limit."""
    alice = actor(ActorType.USER, "Alice Admin", timedelta(days=10), ip="192.0.2.1", request_id="req-1")
    camille = actor(ActorType.USER, "Camille", timedelta(hours=2), auth_id="k7", user_agent="curl/8.5.0")
    nobody = actor(ActorType.ANONYMOUS, "", timedelta(hours=1), auth_method="NONE")
    robot = actor(ActorType.SERVICE_ACCOUNT, "robot", timedelta(minutes=9), auth_method="API", ip="2001:db8::1")
    elodie = actor(ActorType.SUPPORT_USER, "Élodie", timedelta(microseconds=-123_456))
    record(Event.CREDENTIAL_ISSUED, by=alice, target=Target("api_key", "A-1", "payments"))
    record(Event.CREDENTIAL_RENAMED, by=camille, target=Target("application_key", "a-2", "store*front"))
    record(Event.PERSON_REFUSED, by=nobody, target=Target("person", "", "alice@acme.example"))
    record(
        Event.CREDENTIAL_REVOKED, by=robot, target=Target("api_key", "a-4", "100%_sure"), reason="Leaked\n(on GitHub)"
    )
    record(Event.LIMIT_CHANGED, by=elodie, target=Target("limit", "api_key", "api_key"), reason='said "yes" \\ AND')


def found(query):
    events = AuditEvent.objects.of(INSTALLATION).filter(condition(query, now=NOW))
    return set(events.values_list("sequence", flat=True))


@pytest.mark.parametrize("query", ["", "  \n", "*", "source:audit", "NOT source:datadog", "@sequence:*", "(((*)))"])
def test_what_asks_for_nothing_finds_everything(query):
    assert found(query) == EVERY


@pytest.mark.parametrize("query", ["service:web", "@http.status_code:200", "@nothing:*", "@nothing:>3", "@USR.ID:ali"])
def test_an_attribute_no_event_has_finds_nothing(query):
    assert found(query) == set()
    assert found(f"-{query}") == EVERY


@pytest.mark.parametrize(
    ("query", "sequences"),
    [
        ("@usr.id:ali", {1}),
        ("@usr.name:Camille", {2}),
        ("@evt.name:Authentication", {1, 2, 3, 4}),
        ("@evt.name:authentication @asset.type:api_key", {1, 4}),
        ('@evt.name:"Organization Management"', {5}),
        ("@evt.actor.type:(USER OR SUPPORT_USER)", {1, 2, 5}),
        ("@action:deleted", {4}),
        ("@event:credential.issued", {1}),
        ("@asset.type:api_key", {1, 4}),
        ("@asset.id:a-1", {1}),
        ("@asset.name:PAYMENTS", {1}),
        ("@auth_method:session", {1, 2, 5}),
        ("@auth_id:k7", {2}),
        ("@network.client.ip:192.0.2.1", {1}),
        ("@network.client.ip:2001:db8::1", {4}),
        ("@http.useragent:curl*", {2}),
        ("@http.request_id:req-1", {1}),
        ("@reason:*", {4, 5}),
        ("@status:warn", {3}),
        ("status:info", {1, 2, 4, 5}),
    ],
)
def test_an_attribute_is_compared_whole_and_whatever_its_case(query, sequences):
    assert found(query) == sequences


@pytest.mark.parametrize(
    ("query", "sequences"),
    [
        ("alice", {1, 3}),
        ("ALICE admin", {1}),
        ('"alice admin"', {1}),
        ("github", {4}),
        ("credential.re", {2, 4}),
        ("api_key", {5}),
        ("@acme", {3}),
        ("élodie", {5}),
        ("ÉLODIE", {5}),
        ("100%", {4}),
        ("%", {4}),
        ("leaked*github", {4}),
        ("ca?ille", {2}),
        ("-alice", {2, 4, 5}),
        ("' OR 1=1 --", set()),
    ],
)
def test_a_word_stands_anywhere_in_what_is_read(query, sequences):
    assert found(query) == sequences


@pytest.mark.parametrize(
    ("query", "sequences"),
    [
        ("@asset.name:pay*", {1}),
        ("@asset.name:*S", {1}),
        ("@asset.name:*a*m*t*", {1}),
        ("@asset.name:pay", set()),
        ("@asset.name:p?yments", {1}),
        ("@asset.name:?", set()),
        ("@asset.name:100?_sure", {4}),
        ("@asset.name:100_*", set()),
        ("@asset.name:a.*", set()),
        (r"@asset.name:store\*front", {2}),
        (r"@asset.name:pay\*", set()),
        ('@asset.name:"store*front"', {2}),
        ('@asset.name:"pay*"', set()),
        ("@reason:leaked?(*GITHUB)", set()),
        (r"@reason:leaked?\(*GITHUB\)", {4}),
        (r"@reason:leaked?\(*GITHUB\)?", set()),
        (r'@reason:"said \"yes\" \\ AND"', {5}),
        ("@usr.name:é*", {5}),
        ("@evt.name:*management", {5}),
        ("@action:*ed", {1, 2, 4, 5}),
    ],
)
def test_wildcards_stand_for_text_outside_quotation_marks(query, sequences):
    assert found(query) == sequences


@pytest.mark.parametrize(
    ("query", "sequences"),
    [
        ("payments OR robot camille", {1}),
        ("(payments OR robot) -camille", {1, 4}),
        ("payments OR robot AND credential.revoked", {1, 4}),
        ("NOT alice AND NOT camille", {4, 5}),
        ("NOT NOT payments", {1}),
        ("-(alice OR camille)", {4, 5}),
        ("@asset.type:(api_key OR limit)", {1, 4, 5}),
        ("@asset.name:(pay* -payments)", set()),
        ("@asset.type:(NOT api_key)", {2, 3, 5}),
        ('@asset.type:("limit" OR (person))', {3, 5}),
        (r"\AND", {5}),
        ('"AND"', {5}),
        ("and", {5}),
        ("pay\\ ments", set()),
    ],
)
def test_terms_are_put_together_by_and_or_and_not(query, sequences):
    assert found(query) == sequences


@pytest.mark.parametrize(
    ("query", "sequences"),
    [
        ("@sequence:2", {2}),
        ('@sequence:"2"', {2}),
        ("@sequence:>3", {4, 5}),
        ("@sequence:>=3", {3, 4, 5}),
        ("@sequence:<2", {1}),
        ("@sequence:<=2", {1, 2}),
        ("@sequence:[2 TO 4]", {2, 3, 4}),
        ("@sequence:[ * TO 2 ]", {1, 2}),
        ("@sequence:[4 TO *]", {4, 5}),
        ("@sequence:(>1 AND <3 OR 5)", {2, 5}),
        ("@sequence:<99999999999999999999999", EVERY),
        ("@sequence:99999999999999999999999", set()),
        ("@sequence:>-99999999999999999999999", EVERY),
        ("@sequence:>=9223372036854775807", set()),
        ("@timestamp:>now-90m", {3, 4, 5}),
        ("@timestamp:<2026-01-22", {1}),
        ("@timestamp:[now-1d TO now-1h]", {2, 3}),
        ('@timestamp:["2026-01-31 07:00" TO "2026-01-31T09:00+01:00"]', {2}),
        ("@timestamp:2026-01-31T10:00:00.123Z", {5}),
        ("@timestamp:>2026-01-31T10:00:00.123Z", set()),
        ("@timestamp:<=2026-01-31T10:00:00.123Z", EVERY),
        (f"@timestamp:>={int(NOW.timestamp() * 1000)}", {5}),
        ("@timestamp:<=9999-12-31T23:59:59.999999Z", EVERY),
        ("@timestamp:>0001-01-01", EVERY),
    ],
)
def test_numbers_and_times_are_compared(query, sequences):
    assert found(query) == sequences


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ("(alice", "Character 1: This parenthesis is never closed."),
        ("alice (", "Character 7: This parenthesis is never closed."),
        ("@usr.id:(a", "Character 9: This parenthesis is never closed."),
        ("alice)", "Character 6: This parenthesis was never opened."),
        (") alice", "Character 1: This parenthesis was never opened."),
        ("alice ( )", "Character 7: These parentheses are empty."),
        ('alice "bob', "Character 7: This quotation mark is never closed."),
        ('@usr.name:""', "Character 11: Nothing stands between these quotation marks."),
        ("alice AND", "Character 10: Nothing follows “AND”."),
        ("alice AND OR bob", "Character 11: Nothing follows “AND”."),
        ("(alice OR) bob", "Character 10: Nothing follows “OR”."),
        ("NOT", "Character 4: Nothing follows “NOT”."),
        ("(-)", "Character 3: Nothing follows “-”."),
        ("OR bob", "Character 1: Nothing stands before “OR”."),
        ("@usr.id: alice", "Character 9: Nothing follows “@usr.id:”."),
        ("@sequence:> 3", "Character 12: Nothing follows “>”."),
        (":alice", "Character 1: Nothing stands before “:”."),
        ("alice\\", "Character 6: Nothing follows “\\”."),
        ("@sequence:[1 TO", "Character 11: A range is written like [1 TO 10]."),
        ("bob @sequence:ten", "Character 5: “ten” is not a whole number."),
        ("@sequence:1*", "Character 1: “1*” is not a whole number."),
        ("@usr.id:>a", "Character 1: Only @sequence and @timestamp have an order to compare by."),
        ("@action:[a TO b]", "Character 1: Only @sequence and @timestamp have an order to compare by."),
        ("@timestamp:>1e999999", "Character 1: “1e999999” is not a time. Write now"),
        ("nul\0", "Character 4: A query cannot hold the character U+0000."),
        ("\ud800", "Character 1: A query cannot hold the character U+D800."),
        ("a" * (MAXIMUM_LENGTH + 1), "Character 2001: A query has at most 2000 characters."),
        ("a " * (MAXIMUM_TERMS + 1), "Character 201: A query has at most 100 terms."),
        ("(" * 21 + "a" + ")" * 21, "Character 21: Parentheses and negations lie at most 20 deep."),
        ("-" * 21 + "a", "Character 21: Parentheses and negations lie at most 20 deep."),
    ],
)
def test_what_cannot_be_read_is_refused_by_name_and_place(query, refusal):
    with pytest.raises(QueryError) as refused:
        condition(query, now=NOW)

    assert str(refused.value).startswith(refusal)


@pytest.mark.parametrize(
    "query",
    [
        "a" * MAXIMUM_LENGTH,
        "*a" * (MAXIMUM_LENGTH // 2),
        "?" * MAXIMUM_LENGTH,
        "a " * MAXIMUM_TERMS,
        "-a OR " * (MAXIMUM_TERMS - 1) + "a",
        "(" * MAXIMUM_DEPTH + "a" + ")" * MAXIMUM_DEPTH,
        "(a " * MAXIMUM_DEPTH + "a" + ")" * MAXIMUM_DEPTH,
        "NOT (a OR " * (MAXIMUM_DEPTH // 2) + "a" + ")" * (MAXIMUM_DEPTH // 2),
    ],
)
def test_the_longest_queries_still_run(query):
    assert found(query) <= EVERY


def test_a_pattern_of_many_wildcards_takes_no_time():
    by = actor(ActorType.USER, "a" * 320, timedelta(0))
    record(Event.CREDENTIAL_ISSUED, by=by, target=Target("api_key", "a", "a"), reason="a" * 10_000)

    assert found("a*" * 900 + "b") == set()
    assert found("@reason:" + "*a?" * 600 + "*b") == set()


PIECES = (
    *("AND", "OR", "NOT", "-", "(", ")", '"', " ", "\\", "*", "?", ":", "@", "[", " TO ", "]", ">", "<=", "\n"),
    *("alice", "é", "%", "_", "'", "2", "now-1h", "@usr.name:", "@reason:", "@sequence:", "@timestamp:", "@action:"),
    *("@status:", "@other:", "source:"),
)
QUERIES = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=20).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=20).map(" ".join),
)
OFTEN = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


@OFTEN
@given(QUERIES)
@example("@timestamp:now-99999999999d")
@example("@timestamp:" + "9" * 60)
@example("@timestamp:9999-12-31T23:59:59-23:59")
def test_any_text_finds_something_or_is_refused(query):
    try:
        assert found(query) <= EVERY
    except QueryError as refused:
        assert 1 <= refused.position <= len(query) + 1


@OFTEN
@given(QUERIES)
def test_not_finds_what_is_left(query):
    assume(query.strip())
    try:
        whole, rest = found(query), found(f"NOT ({query})")
    except QueryError:
        assume(False)

    assert rest == EVERY - whole
