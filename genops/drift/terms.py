"""Terms: the words and phrases of many texts, counted within a stated bound of memory.

A phrase is two or three neighbouring words with no punctuation between them. One that is too rare cannot be part of a
frequent longer one, so that each length is counted among what the shorter ones left (R. Agrawal and R. Srikant, Fast
algorithms for mining association rules, VLDB 1994). There is no list of stop words: whether a word tells anything is
for the statistics to say.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import regex
from numpy.typing import NDArray

from genops.drift.words import UNSPACED, WORD

Ints: TypeAlias = NDArray[np.int64]
Term: TypeAlias = tuple[str, ...]
LONGEST = 3
READ = 40_000_000
"""Characters that are read of all texts together: of more, the same length from the beginning of each."""
MOST_TERMS = 50_000
_WORDS = regex.compile(rf"(?V1)({WORD})|[^\w\s]+|\n\s*\n")
_CHARACTER = regex.compile(rf"[{UNSPACED}]")
_BREAK = hash("")


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """How often each term is in each text.

    Attributes:
        counts: Sparse of shape (texts, terms), in columns (``scipy.sparse.csc_array``).
        lengths: How many words each term has, of shape (terms,).
        sizes: How many runs of 1, 2, 3 neighbouring words each text has, of shape (texts, 3): the first is its words.
        read: The share of all characters that was read.
        texts: What was read, each up to its ``limit``.
        limit: In characters.
        first: Where each term is first seen, of shape (terms, 2): the text, and the word in it, breaks counted.
    """

    counts: Any
    lengths: Ints
    sizes: Ints
    read: float
    texts: Sequence[str]
    limit: int
    first: Ints

    def __len__(self) -> int:
        return len(self.lengths)

    def named(self, terms: Sequence[int]) -> dict[int, Term]:
        """The words of terms, case folded; each text that they are first seen in is read once."""
        names: dict[int, Term] = {}
        words: list[str] = []
        read = -1
        for term in sorted(terms, key=lambda term: int(self.first[term, 0])):
            text, word = self.first[term].tolist()
            if text != read:
                words, read = _words(self.texts[text], self.limit), text
            names[term] = tuple(words[word : word + self.lengths[term]])
        return names

    def having(self, term: int) -> NDArray[np.int32]:
        """The texts that have a term, in order."""
        return np.asarray(self.counts.indices[self.counts.indptr[term] : self.counts.indptr[term + 1]])


def count_terms(
    texts: Sequence[str],
    groups: NDArray[np.intp] | None = None,
    *,
    longest: int = LONGEST,
    least_groups: int = 2,
    most: int = MOST_TERMS,
    read: int = READ,
) -> Terms:
    """Counts the words and phrases of texts.

    Words are runs of Unicode letters, marks and digits, case folded; in scripts without spaces, single characters.
    Which terms are kept depends on how many groups have them and not on the window that these are of, so that tests by
    relabelling stay exact.

    Args:
        texts: Any; what is empty has no terms.
        groups: Number of each text's group, from 0; None where each stands alone.
        longest: How many words a phrase may have, 1 to 3.
        least_groups: A term of fewer is left out.
        most: Terms to keep, those of most groups first.
        read: Characters to read of all texts together; memory grows with it, by about 25 bytes each.
    """
    limit = _limit(texts, read)
    words = array("q")
    ends = np.empty(len(texts), dtype=np.int64)
    for row, text in enumerate(texts):
        words.extend(map(hash, _words(text, limit)))
        words.append(_BREAK)
        ends[row] = len(words)
    row_of = np.repeat(np.arange(len(texts), dtype=np.int32), np.diff(ends, prepend=0))
    group_of = row_of if groups is None else groups.astype(np.int32)[row_of]
    hashes = np.frombuffer(words, dtype=np.int64)
    levels, sizes = _levels(hashes, row_of, group_of, longest, least_groups, len(texts))
    lengths = np.concatenate([np.full(len(level.first), length + 1) for length, level in enumerate(levels)])
    spread = np.concatenate([level.groups for level in levels])
    first = np.concatenate([level.first for level in levels])
    kept = np.sort(np.lexsort((np.arange(len(spread)), -spread))[:most])
    counts = _counts(levels, row_of, kept, len(texts))
    where = first[kept]
    begin = np.concatenate([[0], ends])[row_of[where]] if len(where) else where
    total = sum(map(len, texts))
    seen = sum(min(len(text), limit) for text in texts)
    at = np.column_stack([row_of[where], where - begin]).astype(np.int64)
    return Terms(counts, lengths[kept].astype(np.int64), sizes, seen / total if total else 1.0, texts, limit, at)


def shown(term: Term) -> str:
    """A term as people write it: characters of scripts without spaces stand next to one another."""
    text = ""
    for word in term:
        joined = not text or (_CHARACTER.fullmatch(text[-1]) and _CHARACTER.fullmatch(word[0]))
        text += word if joined else f" {word}"
    return text


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """Terms of one length: which begins at each position (-1: none), where each is first seen, its groups."""

    at: NDArray[np.int32]
    first: Ints
    groups: Ints


def _levels(
    hashes: Ints, row_of: NDArray[np.int32], group_of: NDArray[np.int32], longest: int, least: int, texts: int
) -> tuple[list[_Level], Ints]:
    inside = hashes != _BREAK
    levels = [_level(hashes, inside, group_of, least)]
    sizes = [np.bincount(row_of[inside], minlength=texts)]
    words = levels[0].at
    for length in range(2, LONGEST + 1):
        inside = inside & _ahead(hashes != _BREAK, length - 1, False)
        sizes.append(np.bincount(row_of[inside], minlength=texts))
        if length <= longest:
            shorter = levels[-1].at
            last = _ahead(words, length - 1, -1).astype(np.int64)
            both = (shorter >= 0) & (_ahead(shorter, 1, -1) >= 0) & inside
            levels.append(_level(shorter * np.int64(len(levels[0].first) or 1) + last, both, group_of, least))
    return levels, np.column_stack(sizes).astype(np.int64)


def _level(keys: Ints, inside: NDArray[np.bool_], group_of: NDArray[np.int32], least: int) -> _Level:
    """The keys that enough groups have, numbered in the order in which they are first seen."""
    positions = np.flatnonzero(inside)
    _, first, which = np.unique(keys[positions], return_index=True, return_inverse=True)
    size = int(group_of.max(initial=0)) + 1
    pairs = np.sort(which * np.int64(size) + group_of[positions])
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]  # np.unique is six times slower on numbers alone
    groups = np.bincount(pairs // size, minlength=len(first))
    kept = np.flatnonzero(groups >= least)
    kept = kept[np.argsort(first[kept])]
    number = np.full(len(first), -1, dtype=np.int32)
    number[kept] = np.arange(len(kept), dtype=np.int32)
    at = np.full(len(keys), -1, dtype=np.int32)
    at[positions] = number[which]
    return _Level(at, positions[first[kept]].astype(np.int64), groups[kept].astype(np.int64))


def _counts(levels: Sequence[_Level], row_of: NDArray[np.int32], kept: Ints, texts: int) -> Any:
    from scipy import sparse

    terms = sum(len(level.first) for level in levels)
    column = np.full(terms, -1, dtype=np.int32)
    column[kept] = np.arange(len(kept), dtype=np.int32)
    parts, start = [], 0
    for level in levels:
        found = np.flatnonzero(level.at >= 0)
        columns = column[level.at[found] + start]
        rows = row_of[found][columns >= 0]
        columns = columns[columns >= 0]
        parts.append(sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(texts, len(kept))))
        start += len(level.first)
    return sum(parts[1:], start=parts[0]).tocsc()


def _ahead(values: NDArray[Any], by: int, missing: object) -> NDArray[Any]:
    """What stands so many positions further on."""
    moved = np.full_like(values, missing)
    if by < len(values):
        moved[:-by] = values[by:]
    return moved


def _words(text: str, limit: int) -> list[str]:
    """The words of a text, case folded; an empty one for each break between them."""
    return _WORDS.findall(text[:limit].casefold())  # type: ignore[no-any-return]


def _limit(texts: Sequence[str], read: int) -> int:
    """The greatest length so that the beginnings of all texts stay within ``read`` characters."""
    lengths = np.sort(np.fromiter(map(len, texts), np.int64, len(texts)))
    before = np.concatenate([[0], np.cumsum(lengths)])
    left = len(lengths) - np.arange(len(lengths))
    beyond = np.flatnonzero(before[:-1] + left * lengths > read)
    if not len(beyond):
        return int(lengths[-1]) if len(lengths) else 0
    return int((read - before[beyond[0]]) // left[beyond[0]])
