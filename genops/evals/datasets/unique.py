"""Drops what is asked twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from genops.artifacts import Value
from genops.evals.datasets.sameness import exact_key, near_key, texts_of
from genops.evals.datasets.sources.row import Row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_AT_ONCE = 256


class Unique:
    """Lets the first of equal inputs through.

    Args:
        embed: Gives normalised vectors of texts; with it, what says nearly the same is dropped too.
        similarity: Cosine from which two are nearly the same.

    Attributes:
        dropped: How many were.
    """

    def __init__(
        self, embed: Callable[[list[str]], NDArray[np.float32]] | None = None, similarity: float = 0.95
    ) -> None:
        self.dropped = 0
        self._embed = embed
        self._similarity = similarity
        self._keys: set[int] = set()
        self._vectors: Any = None
        self._count = 0

    def rows(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows whose ``inputs`` are new."""
        given = iter(rows)
        while some := list(islice(given, _AT_ONCE)):
            new = self.among([row.values["inputs"] for row in some])
            yield from (row for row, is_new in zip(some, new, strict=True) if is_new)

    def among(self, inputs: list[Mapping[str, Value]]) -> list[bool]:
        """Which of these are new; from now on none of them is."""
        vectors = None if self._embed is None else self._embed(["\n".join(texts_of(given)) for given in inputs])
        found = []
        for place, given in enumerate(inputs):
            key = exact_key(given) if vectors is None else near_key(given)
            new = key not in self._keys and (vectors is None or self._is_far(vectors[place]))
            self._keys.add(key)
            self.dropped += not new
            found.append(new)
        return found

    def _is_far(self, vector: NDArray[np.float32]) -> bool:
        """Whether no vector that was kept is near this one, which is kept then."""
        import numpy as np

        if self._vectors is None:
            self._vectors = np.empty((_AT_ONCE, len(vector)), dtype=np.float32)
        if self._count and float(np.max(self._vectors[: self._count] @ vector)) >= self._similarity:
            return False
        if self._count == len(self._vectors):
            self._vectors = np.concatenate([self._vectors, np.empty_like(self._vectors)])
        self._vectors[self._count] = vector
        self._count += 1
        return True
