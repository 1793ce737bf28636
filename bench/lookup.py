"""`python -m bench.lookup`: how long judging one credential takes when no cache helps, in microseconds."""

import random
import time
from statistics import median

import django
from django.conf import settings
from django.utils import timezone

django.setup()

from keys import verification

HOW_MANY = 2000


def main() -> None:
    """The median over so many different keys."""
    texts = (settings.DATA_DIR / "keys.txt").read_text().split()
    sample = random.Random(1).sample(texts, min(HOW_MANY, len(texts)))  # noqa: S311 - the same ones each time
    print(median(_microseconds(text) for text in [sample[0], *sample]))


def _microseconds(text: str) -> float:
    now, begun = timezone.now(), time.perf_counter()
    if not verification.verify(text, now=now):
        raise RuntimeError("a good key was refused")
    return (time.perf_counter() - begun) * 1e6


if __name__ == "__main__":
    main()
