"""Every message is said in every language: none missing, none unsure, the same placeholders."""

import re

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

from console.extraction import catalogue

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


@pytest.fixture(scope="module")
def wanted():
    return {(message.context, message.id) for message in catalogue() if message.id}


@pytest.fixture(scope="module", params=LANGUAGES)
def known(request):
    file = settings.LOCALE_PATHS[0] / request.param / "LC_MESSAGES" / "django.po"
    with file.open("rb") as source:
        return read_po(source, locale=request.param)


def test_no_message_is_missing_and_none_is_left_over(wanted, known):
    found = {(message.context, message.id) for message in known if message.id}

    assert wanted - found == set()
    assert found - wanted == set()
    assert not known.obsolete


def test_every_message_is_translated_and_none_is_fuzzy(known):
    for message in known:
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert message.id == "" or all(texts), message.id
        assert message.id == "" or not message.fuzzy, message.id


def test_translations_fill_in_what_the_message_does(known):
    for message in known:
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set(PLACEHOLDER.findall(" ".join(originals)))
        for text in texts if message.id else ():
            assert set(PLACEHOLDER.findall(text)) <= wanted, message.id
        assert not message.id or set(PLACEHOLDER.findall(" ".join(texts))) == wanted, message.id
