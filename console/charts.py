"""The geometry of the charts: from counts to the paths of an SVG, in whole units."""

from collections.abc import Sequence
from dataclasses import dataclass

from keys.usage.reports import Bucket

SPARK_STEP, SPARK_BAR, SPARK_HEIGHT = 3, 2, 20
STEP, BAR, HEIGHT = 10, 6, 1000
"""Of one bucket: its width, that of its bar, and the height of the whole."""


def spark_path(counts: Sequence[int]) -> str:
    """A bar for each count that is not zero, the highest as high as there is room."""
    most = max(counts, default=0)
    heights = [-(-count * SPARK_HEIGHT // most) if count else 0 for count in counts]
    return "".join(_bar(n * SPARK_STEP, SPARK_BAR, SPARK_HEIGHT, height) for n, height in enumerate(heights) if height)


def spark_ticks(counts: Sequence[int]) -> str:
    """A faint tick for each count that is zero."""
    return "".join(_bar(n * SPARK_STEP, SPARK_BAR, SPARK_HEIGHT, 1) for n, count in enumerate(counts) if not count)


def _bar(x: int, width: int, foot: int, height: int) -> str:
    return f"M{x} {foot}v-{height}h{width}v{height}z"


@dataclass(frozen=True)
class Column:
    """One bucket: where it stands, and its two bars, the refused on top of the good."""

    bucket: Bucket
    x: int
    good: str
    refused: str


def columns(buckets: Sequence[Bucket], top: int) -> list[Column]:
    """The buckets drawn to a scale on which `top` is as high as there is room."""
    return [_column(n * STEP, bucket, top) for n, bucket in enumerate(buckets)]


def _column(x: int, bucket: Bucket, top: int) -> Column:
    left, good = x + (STEP - BAR) // 2, _height(bucket.good, top)
    refused = _height(bucket.refused, top)
    return Column(
        bucket=bucket,
        x=x,
        good=_bar(left, BAR, HEIGHT, good) if good else "",
        refused=_bar(left, BAR, HEIGHT - good, refused) if refused else "",
    )


def bar(place: int, count: int, top: int) -> str:
    """One bar alone, in its place, to a scale on which `top` is as high as there is room."""
    return _bar(place * STEP + (STEP - BAR) // 2, BAR, HEIGHT, _height(count, top)) if count else ""


def _height(count: int, top: int) -> int:
    """Never so low that it cannot be seen."""
    return max(6, count * HEIGHT // top) if count else 0


def round_top(most: int) -> int:
    """The scale's upper end: a round number, not much above what must fit below it, whose half is round too."""
    size = 1
    while most > 100 * size:
        size *= 10
    return next(top * size for top in _TOPS if most <= top * size)


_TOPS = (2, 4, 6, 8, 10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100)
