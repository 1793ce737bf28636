"""How a client token may be used."""

import uuid

import pytest

from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import client_tokens, rum_applications, standings
from keys.kinds import API_KEY, CLIENT_TOKEN, Track
from keys.models import ClientTokenUse, Credential

SHOP = "https://shop.acme.example"


@pytest.fixture
def by(alice, actor_of):
    return actor_of(alice)


@pytest.fixture
def token(alice, issue):
    return issue(CLIENT_TOKEN, alice)


@pytest.fixture
def set_use(token, by):
    def say(application_id=None, sends=(Track.LOGS,), origins=(), by=by):
        return client_tokens.set_use(
            token.credential.pk, application_id=application_id, sends=sends, origins=origins, by=by
        )

    return say


def test_one_of_which_nothing_is_said_sends_logs_from_anywhere(token):
    use = client_tokens.use_of(token.credential)

    assert (use.application, use.sends, use.origins) == (None, ["logs"], [])


def test_what_is_said_is_kept_recorded_and_part_of_its_standing(token, set_use, by):
    shop = rum_applications.create(name="shop", by=by)
    set_use(shop.pk, (Track.RUM, Track.LOGS), [f" {SHOP.upper()}:443/ ", SHOP, ""])

    event = AuditEvent.objects.latest("pk")
    standing = standings.find([token.secret.text])[token.secret.text]
    assert (event.event, event.changes) == (
        "client_token.use_changed",
        {"application": [None, "shop"], "sends": [["logs"], ["logs", "rum"]], "origins": [[], [SHOP]]},
    )
    assert (standing.application_id, standing.sends, standing.origins) == (
        shop.pk,
        frozenset({"logs", "rum"}),
        frozenset({SHOP}),
    )


def test_saying_what_is_so_leaves_no_trace(set_use):
    set_use()

    assert not ClientTokenUse.objects.exists()
    assert not AuditEvent.objects.filter(event="client_token.use_changed").exists()


@pytest.mark.parametrize(
    "origin",
    [
        "shop.acme.example",
        "https://shop.acme.example/path",
        "https://*",
        "https://a.*.example",
        "https://user@shop.example",
        "ftp://shop.example",
        "javascript:alert(1)",
        "https://shop.example:0",
        "https://" + "a" * 64 + ".example",
        "null",
        "https://sh\u00f6p.example",
    ],
)
def test_what_is_no_origin_is_refused_by_name(origin, set_use):
    with pytest.raises(NotAllowed) as refusal:
        set_use(origins=[origin])

    assert refusal.value.field == "origins"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sends": ()}, "sends"),
        ({"sends": (Track.AGENT,)}, "sends"),
        ({"application_id": uuid.UUID(int=7)}, "application"),
        ({"origins": [f"https://{n}.example" for n in range(51)]}, "origins"),
    ],
    ids=["nothing", "what Agents send", "no application", "too many origins"],
)
def test_a_refusal_names_its_field(fields, field, set_use):
    with pytest.raises(NotAllowed) as refusal:
        set_use(**fields)

    assert refusal.value.field == field


def test_another_organisations_application_is_not_to_be_had(set_use, charlie, actor_of):
    theirs = rum_applications.create(name="theirs", by=actor_of(charlie))

    with pytest.raises(NotAllowed):
        set_use(theirs.pk)


def test_a_reader_and_a_stranger_change_nothing(set_use, token, bob, charlie, camille, actor_of):
    set_use(sends=(Track.RUM,), by=actor_of(camille))
    with pytest.raises(Credential.DoesNotExist):
        set_use(by=actor_of(bob))
    with pytest.raises(Credential.DoesNotExist):
        set_use(by=actor_of(charlie))


def test_other_kinds_have_no_use(alice, issue, by):
    key = issue(API_KEY, alice).credential

    with pytest.raises(Credential.DoesNotExist):
        client_tokens.set_use(key.pk, application_id=None, sends=[Track.LOGS], origins=[], by=by)
