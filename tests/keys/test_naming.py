"""Advice about names: pure functions, nothing refused, no secret repeated."""

import uuid

import pytest

from keys import minting
from keys.kinds import KINDS
from keys.naming import Advice, Hint, hint, looks_secret

PEOPLE = ("Aiko Tanaka", "Noël d’Arc")


@pytest.mark.parametrize("name", ["test", "key1", "My API key 2", "TEMP", "foo-bar", "x", "12345", "new_token"])
def test_a_name_that_says_nothing_is_said_to(name):
    assert hint(name).advice is Advice.NOTHING


@pytest.mark.parametrize("name", ["Aiko Tanaka", "aiko", "tanaka-key-2", "Noël"])
def test_a_name_that_is_only_a_persons_is_said_to_be(name):
    assert hint(name, people=PEOPLE).advice is Advice.PERSON


@pytest.mark.parametrize("name", ["", "payments-k8s-prod", "aiko-laptop-cli", "決済-本番", "deploy 2024-11"])
def test_good_names_pass_in_silence(name):
    assert hint(name, people=PEOPLE) == Hint()


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_text_of_every_kind_looks_like_a_secret(kind):
    text = minting.mint(kind, uuid.uuid4()).text

    assert hint(text).advice is Advice.SECRET


@pytest.mark.parametrize("text", ["ghp_16C7e42F292c6912E7710c838347Ae178B4a", "AKIAIOSFODNN7EXAMPLE", "eyJhbGciOiJI"])
def test_so_does_a_strangers_token(text):
    assert looks_secret(f"deploy {text}")


def test_team_and_environment_suggest_the_pattern():
    assert hint("checkout", team="Payments", environment="prod").suggestion == "payments-checkout-prod"
    assert hint("test", team="Payments", environment="prod").suggestion == "payments-prod"
    assert hint("", team="Data Platform", environment="").suggestion == "data-platform"


def test_what_is_said_already_is_not_suggested_again():
    assert hint("payments-checkout-prod", team="payments", environment="prod") == Hint()
    assert hint("checkout-prod", team="payments", environment="prod").suggestion == "payments-checkout-prod"


def test_a_secret_never_comes_back_in_a_suggestion():
    secret = "0123456789abcdef0123456789abcdef"

    for said in ({"name": secret, "team": "a"}, {"name": "b", "team": secret}, {"name": "b", "environment": secret}):
        assert secret not in repr(hint(**said))
