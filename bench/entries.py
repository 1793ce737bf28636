"""`python -m bench.entries`: how many bytes a process grows by for each credential it remembers with its answer
and one question about it."""

import os

import django
from django.conf import settings

django.setup()

from api.verify import answers
from api.verify.answers import Answer
from api.verify.repeats import Repeat, Repeats
from bench import machine
from keys import standings
from keys.cache import Cache
from keys.standings import Standing

AT_ONCE = 200


def main() -> None:
    """Remember all the keys there are; the first few come before the first look at the memory."""
    texts = (settings.DATA_DIR / "keys.txt").read_text().split()
    cache: Cache[Standing, Answer] = Cache(len(texts))
    repeats = Repeats(len(texts))
    _remember(cache, repeats, texts[:AT_ONCE])
    before, known = machine.resident(os.getpid(), workers=1), len(cache)
    for start in range(AT_ONCE, len(texts), AT_ONCE):
        _remember(cache, repeats, texts[start : start + AT_ONCE])
    print((machine.resident(os.getpid(), workers=1) - before) / (len(cache) - known))


def _remember(cache: Cache[Standing, Answer], repeats: Repeats, texts: list[str]) -> None:
    for text, standing in standings.find(texts).items():
        entry = cache.put(text, standing, revision=cache.revision)
        entry.made = answers.good(standing)
        line = f"{standing.organization_id.hex}\t{standing.credential_id.hex}\tvalid\t\t127.0.0.0/24\t".encode()
        repeats.keep(repeats.mark(text.encode(), ""), Repeat(entry, entry.made, line))


if __name__ == "__main__":
    main()
