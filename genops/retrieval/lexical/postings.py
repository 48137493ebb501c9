"""Which passages hold a term, and how often: an inverted index in arrays that are memory-mapped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from genops.errors import Location, SnapshotError
from genops.retrieval.lexical.analyzer import Analyzer

_TERMS = "bm25.terms.jsonl"
_ARRAYS = ("starts", "holders", "counts", "lengths")
_BLOCK_WORDS = 4_000_000
_NO_TERM = -1


@dataclass(frozen=True)
class Postings:
    """Term frequencies of passages. No weight is in it, so that several can be scored, or joined, as one.

    Attributes:
        terms: The distinct tokens, sorted.
        starts: int64, one more than terms: term ``i`` has the postings from ``starts[i]`` to before ``starts[i + 1]``.
        holders: int32: the row of the passage of each posting, ascending within a term.
        counts: Unsigned: how often the passage has the term.
        lengths: int32: tokens of each passage.
    """

    terms: Sequence[str]
    starts: NDArray[np.int64]
    holders: NDArray[np.int32]
    counts: NDArray[np.unsignedinteger]
    lengths: NDArray[np.int32]

    @property
    def rows(self) -> int:
        """Passages."""
        return len(self.lengths)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Where each term stands in ``terms``."""
        return {term: number for number, term in enumerate(self.terms)}

    @classmethod
    def of(cls, texts: Iterable[str], analyzer: Analyzer) -> Postings:
        """Counts the tokens of texts, which are read one at a time."""
        return cls.joined(list(_counted(texts, analyzer)))

    @classmethod
    def none(cls, rows: int) -> Postings:
        """Of so many passages without words."""
        return _sorted({}, np.empty(0, dtype=np.int32), np.zeros(rows, dtype=np.int32))

    @classmethod
    def joined(cls, parts: Sequence[Postings], alive: NDArray[np.bool_] | None = None) -> Postings:
        """One for the passages of all parts in their order, without those that are not alive."""
        if len(parts) == 1 and alive is None:
            return parts[0]
        lengths = np.concatenate([part.lengths for part in parts])
        alive = np.ones(len(lengths), dtype=bool) if alive is None else alive
        renumbered = (np.cumsum(alive) - 1).astype(np.int32)
        living, first = [], 0
        for part in parts:
            rows = slice(first, first := first + part.rows)
            living.append(part._living(alive[rows], renumbered[rows]))
        return cls(*_merged(living), lengths[alive])

    def _living(self, alive: NDArray[np.bool_], renumbered: NDArray[np.int32]) -> _Run:
        kept = alive[self.holders]
        sizes = np.diff(np.concatenate([[0], np.cumsum(kept)])[self.starts])
        held = np.flatnonzero(sizes)
        return _Run(
            [self.terms[at] for at in held.tolist()], sizes[held], renumbered[self.holders[kept]], self.counts[kept]
        )

    def save(self, folder: Path) -> list[str]:
        """Writes it into an existing folder.

        Returns:
            The names of the files.
        """
        with (folder / _TERMS).open("wb") as stream:
            stream.writelines(orjson.dumps(term, option=orjson.OPT_APPEND_NEWLINE) for term in self.terms)
        for name in _ARRAYS:
            np.save(folder / _file(name), getattr(self, name), allow_pickle=False)
        return [_TERMS, *map(_file, _ARRAYS)]

    @classmethod
    def load(cls, folder: Path) -> Postings:
        """What :meth:`save` wrote, its arrays memory-mapped.

        Raises:
            SnapshotError: A file is missing or is not what was written.
        """
        try:
            lines = (folder / _TERMS).read_bytes().splitlines()
            terms = orjson.loads(b"[" + b",".join(lines) + b"]")
            arrays = {name: np.load(folder / _file(name), mmap_mode="r", allow_pickle=False) for name in _ARRAYS}
        except (OSError, EOFError, ValueError) as error:
            raise SnapshotError(f"the words of an index cannot be read: {error}", at=Location(folder)) from None
        loaded = cls(terms, **arrays)
        if len(loaded.starts) != len(terms) + 1 or not loaded.starts[-1] == len(loaded.holders) == len(loaded.counts):
            raise SnapshotError("the files with the words of an index do not belong together", at=Location(folder))
        return loaded


@dataclass(frozen=True)
class _Run:
    """Postings of some terms, on their way into a merge: ``sizes`` of each, then all of them one after the other."""

    terms: Sequence[str]
    sizes: NDArray[np.int64]
    holders: NDArray[np.int32]
    counts: NDArray[np.unsignedinteger]


def _merged(
    runs: Sequence[_Run],
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int32], NDArray[np.unsignedinteger]]:
    """Terms, starts, holders and counts of all runs: within each term one run after the other."""
    terms = sorted(set().union(*(run.terms for run in runs)))
    number = {term: at for at, term in enumerate(terms)}.__getitem__
    numbers = [np.fromiter(map(number, run.terms), np.int64, len(run.terms)) for run in runs]
    starts = np.zeros(len(terms) + 1, dtype=np.int64)
    for run, at in zip(runs, numbers, strict=True):
        starts[1:][at] += run.sizes
    np.cumsum(starts, out=starts)
    holders = np.empty(starts[-1], dtype=np.int32)
    counts = np.empty(starts[-1], dtype=np.result_type(np.uint8, *(run.counts.dtype for run in runs)))
    free = starts[:-1].copy()
    for run, at in zip(runs, numbers, strict=True):
        begin = np.cumsum(run.sizes) - run.sizes
        target = np.repeat(free[at] - begin, run.sizes) + np.arange(len(run.holders))
        holders[target], counts[target] = run.holders, run.counts
        free[at] += run.sizes
    return terms, starts, holders, counts


def _counted(texts: Iterable[str], analyzer: Analyzer) -> Iterator[Postings]:
    """Postings of runs of texts, each small enough to be sorted in memory."""
    numbers = _Numbers(analyzer)
    words: list[int] = []
    counts: list[int] = []
    for text in texts:
        found = analyzer.words(text)
        words.extend(map(numbers.__getitem__, found))
        counts.append(len(found))
        if len(words) >= _BLOCK_WORDS:
            yield _sorted(numbers.terms, np.array(words, dtype=np.int32), np.array(counts, dtype=np.int32))
            numbers = _Numbers(analyzer)
            words, counts = [], []
    yield _sorted(numbers.terms, np.array(words, dtype=np.int32), np.array(counts, dtype=np.int32))


class _Numbers(dict[str, int]):
    """The number of each word's term, made when the word is first met; ``_NO_TERM`` for a stop word.

    Attributes:
        terms: In the order of their numbers.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        super().__init__()
        self.terms: dict[str, int] = {}
        self._token_of = analyzer.token_of

    def __missing__(self, word: str) -> int:
        token = self._token_of(word)
        number = self[word] = self.terms.setdefault(token, len(self.terms)) if token else _NO_TERM
        return number


def _sorted(numbers: dict[str, int], words: NDArray[np.int32], counts: NDArray[np.int32]) -> Postings:
    """Postings of words, which stand there by the number of their term, so many of each passage after the other's."""
    kept = words != _NO_TERM
    rows = np.repeat(np.arange(len(counts)), counts)[kept]
    terms = sorted(numbers)
    place = np.empty(len(terms), dtype=np.int64)
    place[np.fromiter(map(numbers.__getitem__, terms), np.int64, len(terms))] = np.arange(len(terms))
    pairs, times = np.unique(place[words[kept]] * len(counts) + rows, return_counts=True)
    held, holders = np.divmod(pairs, max(1, len(counts)))
    starts = np.searchsorted(held, np.arange(len(terms) + 1))
    return Postings(
        terms,
        starts.astype(np.int64),
        holders.astype(np.int32),
        times.astype(np.min_scalar_type(times.max(initial=0))),
        np.bincount(rows, minlength=len(counts)).astype(np.int32),
    )


def _file(array: str) -> str:
    return f"bm25.{array}.npy"
