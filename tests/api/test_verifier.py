"""The verifier in its loop: what it asks, remembers and counts."""

from api.verify.questions import Question
from api.verify.throttle import Throttle
from tests.api.verifying import counted, run


def test_many_questions_of_one_turn_are_one_query_and_one_write(database):
    texts = [database.add() for _ in range(20)]

    async def scene(talk):
        assert await talk.ask(*texts) == [200] * 20

    run(scene)
    assert (database.asked, [len(lines) for lines in counted()]) == ([set(texts)], [20])


def test_what_is_remembered_is_not_looked_up_again(database):
    text = database.add()

    async def scene(talk):
        assert await talk.ask(text) + await talk.ask(text, text) == [200, 200, 200]

    run(scene)
    assert len(database.asked) == 1


def test_every_verdict_is_counted_with_its_outcome(database):
    good, revoked = database.add(), database.add()
    database.revoke(revoked)

    async def scene(talk):
        assert await talk.ask(good, revoked, "0" * 32, "nonsense", "") == [200, 401, 401, 401, 401]

    run(scene)
    outcomes = [line.split(b"\t")[2].decode() for lines in counted() for line in lines]
    assert sorted(outcomes) == ["absent", "revoked", "unknown", "unknown", "valid"]


def test_a_network_that_tries_out_credentials_gets_no_more_look_ups(database, settings):
    settings.VERIFY_UNKNOWN = 3
    good, fresh = database.add(), database.add()

    async def scene(talk):
        await talk.ask(good)
        for digit in "1234":
            await talk.ask(digit * 32)
        assert await talk.ask(fresh, good, "5" * 32) == [429, 200, 429]

    run(scene)
    assert len(database.asked) == 4


def test_networks_beyond_number_share_one_count():
    throttle = Throttle(2, networks=2)
    for network in "abcd":
        throttle.allows(network, minute=1)
        throttle.count(network)

    assert [throttle.allows(network, minute=1) for network in "abcde"] == [True, True, False, False, False]
    assert throttle.allows("e", minute=2)


def test_what_is_known_is_forgiven(database, settings):
    settings.VERIFY_UNKNOWN = 2
    texts = [database.add() for _ in range(6)]

    async def scene(talk):
        for text in texts:
            assert await talk.ask(text) == [200]

    run(scene)


def test_what_is_not_spelled_like_a_credential_is_never_looked_up(database):
    async def scene(talk):
        assert await talk.ask("a" * 10_000, "é" * 32, "ddpat_" + "!" * 59) == [401] * 3

    run(scene)
    assert not database.asked


def test_whoever_asked_before_the_end_is_answered(database):
    text = database.add()
    given = []

    async def scene(talk):
        await talk.ask("")
        talk.verifier.ask(Question("/verify", {"dd-api-key": text}, "203.0.113.9"), given.append)

    run(scene)
    assert [answer.status for answer in given] == [200]
