"""What a detector finds in a text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Match(NamedTuple):
    """A piece of text to replace: ``text[start:end]``, and the type that its placeholder names."""

    start: int
    end: int
    type: str


def merged(matches: Iterable[Match]) -> list[Match]:
    """Matches in order of position, those that overlap joined into one so that nothing of either is left over.

    A joined match has the type of the one that starts first, the longer one of two that start together, and the one
    that was given first of two that are equal.
    """
    joined: list[Match] = []
    for match in sorted(matches, key=lambda m: (m.start, -m.end)):
        if joined and match.start < joined[-1].end:
            joined[-1] = joined[-1]._replace(end=max(joined[-1].end, match.end))
        else:
            joined.append(match)
    return joined
