"""What a name may be, and when two are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import names


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "a" * 129,
        "nul\0",
        "line\nbreak",
        "bidi\u202e",
        "mark\u200f",
        "lone\ud800",
        "private\ue000",
        "\u2028",
        "\u200b",
    ],
)
def test_a_bad_name_is_refused_with_a_reason(name):
    with pytest.raises(names.BadName) as refusal:
        names.checked(name)

    assert str(refusal.value.message)


@pytest.mark.parametrize("name", ["payments", "a" * 128, "決済 API キー", "l’été", "ci/deploy #2", "🔑!"])
def test_a_good_name_is_kept_as_it_is(name):
    assert names.checked(f"  {name} ") == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("API", "ａｐｉ"),
        ("Payments", " payments "),
        ("STRASSE", "straße"),
        ("a  b", "a b"),
        ("カ", "ｶ"),
        ("é", "e\u0301"),
    ],
)
def test_names_that_read_alike_are_the_same(one, other):
    assert names.key(one) == names.key(other)


@given(st.text(max_size=64))
def test_the_key_of_a_key_is_itself(name):
    assert names.key(names.key(name)) == names.key(name)


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=128))
def test_a_free_name_is_free_and_fits(wanted):
    taken = {names.key(wanted), names.key(names.free(wanted, {names.key(wanted)}))}

    free = names.free(wanted, taken)

    assert names.key(free) not in taken
    assert len(free) <= names.MAXIMUM_LENGTH
