"""What turns rows into readings: numbers by value or rank, categories by kind, vectors by where they lie in a space."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.drift.samples import Of
from genops.drift.sequential.arrays import from_plain, to_plain
from genops.drift.sequential.scale import READINGS, Scale
from genops.drift.sequential.space import FIXED, Space
from genops.errors import InputError
from genops.stats.interval import Floats

Names: TypeAlias = tuple[tuple[str, str], ...]
_KINDS = 20


class Gauge(Protocol):
    """A fixed map of rows to readings, fitted to a part of the reference or to nothing."""

    @property
    def of(self) -> Of:
        """What a row is."""
        ...

    @property
    def names(self) -> Names:
        """Witness and name of each reading."""
        ...

    def rows(self, values: Any) -> NDArray[Any]:
        """The rows as an array.

        Raises:
            InputError: They are of another shape, out of range or not finite.
        """
        ...

    def read(self, rows: NDArray[Any]) -> tuple[Floats, Floats | None]:
        """Readings between 0 and 1, of shape (n, R), and the features of vectors, of shape (n, D)."""
        ...

    def state(self) -> dict[str, Any]:
        """The same in plain types."""
        ...


@dataclass(frozen=True, slots=True)
class ByValue:
    """Numbers between two ends, whose mean is watched upwards and downwards: scores, and the 0 or 1 of a rate.

    Attributes:
        ends: Between which every number lies.
    """

    ends: tuple[float, float]
    of: Of = "numbers"
    names: Names = (("value", "mean"), ("value, downwards", "mean"))

    def rows(self, values: Any) -> NDArray[Any]:
        """Numbers, of shape (n,)."""
        found = checked_numbers(values)
        outside = np.flatnonzero((found < self.ends[0]) | (found > self.ends[1]))
        if len(outside):
            where, low, high = int(outside[0]), *self.ends
            raise InputError(f"row {where + 1} is {found[where]}, which is not between {low} and {high}")
        return found

    def read(self, rows: NDArray[Any]) -> tuple[Floats, None]:
        """How far each is from the lower end, and from the upper."""
        high = (rows - self.ends[0]) / (self.ends[1] - self.ends[0])
        return np.stack([high, 1 - high], axis=1), None

    def state(self) -> dict[str, Any]:
        """The same in plain types."""
        return {"ends": list(self.ends)}


@dataclass(frozen=True, slots=True, eq=False)
class ByRank:
    """Numbers of any size, whose ranks among those of the reference are watched: latencies, lengths, costs.

    Attributes:
        scale: Of the numbers, and of their opposites.
    """

    scale: Scale
    of: Of = "numbers"
    names: Names = tuple((witness, name) for witness in ("value", "value, downwards") for name in READINGS)

    def rows(self, values: Any) -> NDArray[Any]:
        """Numbers, of shape (n,)."""
        return checked_numbers(values)

    def read(self, rows: NDArray[Any]) -> tuple[Floats, None]:
        """The readings of the number and of its opposite."""
        return self.scale.read(both_ways(rows)), None

    def state(self) -> dict[str, Any]:
        """The same in plain types."""
        return {"scale": scale_state(self.scale)}


@dataclass(frozen=True, slots=True)
class ByKind:
    """Categories, whose shares are watched, each for a rise: where one falls another rises.

    Attributes:
        kinds: The most frequent ones; all others count as one more.
    """

    kinds: tuple[str, ...]
    of: Of = "categories"

    @classmethod
    def fitted(cls, categories: Sequence[str]) -> ByKind:
        """The gauge of some categories."""
        return cls(tuple(sorted(kind for kind, _ in Counter(categories).most_common(_KINDS))))

    @property
    def names(self) -> Names:
        """Witness and name of each reading."""
        return tuple((witness, "share") for witness in (*self.kinds, "any other category"))

    def rows(self, values: Any) -> NDArray[Any]:
        """Numbers of the categories, of shape (n,)."""
        if isinstance(values, str) or not all(isinstance(value, str) for value in values):
            raise InputError("categories are names, one a row")
        numbers = {kind: number for number, kind in enumerate(self.kinds)}
        return np.array([numbers.get(value, len(numbers)) for value in values], dtype=np.intp)

    def read(self, rows: NDArray[Any]) -> tuple[Floats, None]:
        """Whether each is of the kind."""
        return np.equal(rows[:, None], np.arange(len(self.kinds) + 1)).astype(np.float64), None

    def state(self) -> dict[str, Any]:
        """The same in plain types."""
        return {"kinds": list(self.kinds)}


@dataclass(frozen=True, slots=True, eq=False)
class ByPlace:
    """Vectors, whose distances from what is known are watched, and whose features a witness can be learned on.

    Attributes:
        space: Fitted to vectors.
        scale: Of its fixed witnesses.
    """

    space: Space
    scale: Scale
    of: Of = "vectors"
    names: Names = tuple((witness, name) for witness in FIXED for name in READINGS)

    def rows(self, values: Any) -> NDArray[Any]:
        """Vectors, float32 of shape (n, d)."""
        return checked_vectors(values, len(self.space.centre))

    def read(self, rows: NDArray[Any]) -> tuple[Floats, Floats]:
        """The readings of the fixed witnesses, and the features."""
        features, fixed = self.space.project(rows)
        return self.scale.read(fixed), features

    def state(self) -> dict[str, Any]:
        """The same in plain types."""
        return {"space": self.space.state(), "scale": scale_state(self.scale)}


def gauge_from_state(state: Mapping[str, Any]) -> Gauge:
    """The gauge of a ``state``."""
    if "ends" in state:
        return ByValue((state["ends"][0], state["ends"][1]))
    if "kinds" in state:
        return ByKind(tuple(state["kinds"]))
    scale = Scale(from_plain(state["scale"]["ranks"]), from_plain(state["scale"]["tails"]))
    return ByPlace(Space.from_state(state["space"]), scale) if "space" in state else ByRank(scale)


def scale_state(scale: Scale) -> dict[str, Any]:
    """A scale in plain types."""
    return {"ranks": to_plain(scale.ranks), "tails": to_plain(scale.tails)}


def both_ways(numbers: Floats) -> Floats:
    """Numbers and their opposites, of shape (n, 2)."""
    return np.stack([numbers, -numbers], axis=1)


def checked_vectors(values: Any, dimension: int | None = None) -> NDArray[np.float32]:
    """Vectors, float32 of shape (n, d).

    Args:
        values: The rows.
        dimension: Which they have; None where any will do.

    Raises:
        InputError: They are of another shape or not finite.
    """
    with np.errstate(over="ignore"):
        found = np.asarray(values, dtype=np.float32)
    if found.ndim != 2 or not found.shape[1]:
        raise InputError(f"vectors are rows of a matrix, and this is of shape {found.shape}")
    if dimension is not None and found.shape[1] != dimension:
        raise InputError(
            f"vectors of {dimension} and of {found.shape[1]} dimensions cannot be compared",
            hint="embed production with the embedder of the reference",
        )
    _check_finite(np.asarray(np.isfinite(found).all(axis=1)))
    return found


def checked_numbers(values: Any) -> Floats:
    """Numbers, float64 of shape (n,).

    Args:
        values: The rows.

    Raises:
        InputError: They are of another shape or not finite.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1:
        raise InputError(f"numbers are one a row, and this is of shape {found.shape}")
    _check_finite(np.asarray(np.isfinite(found)))
    return found


def _check_finite(finite: NDArray[np.bool_]) -> None:
    if not finite.all():
        row = int(finite.argmin()) + 1
        raise InputError(f"row {row} holds what is no finite number", hint="leave such rows out, and count them")
