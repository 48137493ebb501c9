"""Packing: atoms are put together into chunks that are as full as good places to end allow."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from genops.retrieval.chunkers.atoms import Atoms
from genops.retrieval.chunkers.room import Room
from genops.retrieval.chunkers.section import Break, Section

_SHRINK = 7 / 8


def pack(section: Section, room: Room, overlap: int) -> Iterator[tuple[int, int]]:
    """Spans of the chunks of a section, in order.

    A chunk ends at the best break that leaves at least half of its room filled; of equal ones at the last. The next
    one begins with what it repeats, from the best place that makes this at least half of the overlap.

    Args:
        section: What to cut.
        room: Of a chunk.
        overlap: Tokens that a chunk repeats of the one before it, at most.

    Raises:
        InputError: A single character has more tokens than there is room for.
    """
    whole = _trimmed(section, room.ruler.text)
    if whole is None:
        return
    if room.ruler.size(*whole, room.budget) <= room.budget and room.fits(*whole):
        yield whole  # most sections are short: one count instead of one a word
        return
    atoms = Atoms(section, room, overlap)
    first = fresh = 0  # a chunk begins at atom `first`; the atoms before `fresh` repeat the chunk before it
    while fresh < len(atoms):
        first, after = _filled(atoms, room, first, fresh)
        yield atoms.starts[first], atoms.ends[after - 1]
        first, fresh = _shared(atoms, room, overlap, first, after), after


def _trimmed(section: Section, text: str) -> tuple[int, int] | None:
    """From the first to the last character that is no white space, or None when there is none."""
    for first in section.blocks:
        begin = text[first.start : first.end]
        if begin.strip():
            break
    else:
        return None
    for last in reversed(section.blocks):
        end = text[last.start : last.end].rstrip()
        if end:
            return first.start + len(begin) - len(begin.lstrip()), last.start + len(end)
    return None


def _filled(atoms: Atoms, room: Room, first: int, fresh: int) -> tuple[int, int]:
    """A chunk as its first atom and the one behind its last: sums of tokens are trusted only after counting."""
    limit = float(room.budget)
    while True:
        after = _end(atoms, first, fresh, limit)
        if room.fits(atoms.starts[first], atoms.ends[after - 1]):
            return first, after
        if after > fresh + 1:
            limit = _SHRINK * min(limit, atoms.totals[after] - atoms.totals[first])
        elif first < fresh:
            first, limit = fresh, float(room.budget)
        else:
            room.check(atoms.starts[first], atoms.ends[first])


def _end(atoms: Atoms, first: int, fresh: int, limit: float) -> int:
    """Where to end a chunk of at most ``limit`` tokens, with at least one fresh atom."""
    totals = atoms.totals
    furthest = max(fresh + 1, bisect_right(totals, totals[first] + limit) - 1)
    if furthest == len(atoms):
        return furthest
    half = (totals[fresh] + totals[first] + limit) / 2
    nearest = bisect_left(totals, half, fresh + 1, furthest)
    return min(range(furthest, nearest - 1, -1), key=lambda after: atoms.breaks[after - 1])


def _shared(atoms: Atoms, room: Room, overlap: int, first: int, fresh: int) -> int:
    """Where the chunk after one from ``first`` to ``fresh`` begins: there, or earlier to repeat some of it."""
    if not overlap or fresh == len(atoms):
        return fresh
    totals = atoms.totals
    most = min(overlap, room.budget - (totals[fresh + 1] - totals[fresh]))
    earliest = max(first + 1, bisect_left(totals, totals[fresh] - most))
    latest = bisect_right(totals, totals[fresh] - most / 2, earliest, fresh) - 1
    places = range(earliest, max(latest + 1, min(earliest + 1, fresh)))
    begin = min(places, key=lambda place: max(atoms.breaks[place - 1], Break.SENTENCE), default=fresh)
    while begin < fresh and room.ruler.tokens(atoms.starts[begin], atoms.ends[fresh - 1]) > overlap:
        begin += 1
    return begin
