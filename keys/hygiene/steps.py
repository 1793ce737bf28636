"""One thing after the other, each by itself."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def each(things: Iterable[T], act: Callable[[T], object]) -> int:
    """Do it to every one of them; how often that came to anything. What fails keeps no other back, and is raised when
    all had their turn."""
    done, failure = 0, None
    for thing in things:
        try:
            done += bool(act(thing))
        except Exception as error:
            failure = error
    if failure:
        raise failure
    return done
