"""What a detector compares with: readings of a reference, with what their means are at most.

Of the reference's items most bound the means of the readings: two thirds of vectors, three quarters of categories and
of numbers that are read by their rank, nine tenths of those that are read by their value. The others make the scale on
which rows are read, and two ninths of vectors are what witnesses compare with: they would look too familiar on a scale
of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.artifacts import digest_of
from genops.drift.samples import Labels
from genops.drift.sequential.gauge import (
    ByKind,
    ByPlace,
    ByRank,
    ByValue,
    Gauge,
    both_ways,
    checked_numbers,
    checked_vectors,
    gauge_from_state,
)
from genops.drift.sequential.learned import Material
from genops.drift.sequential.reading import Reading, bounded_readings
from genops.drift.sequential.scale import Scale
from genops.drift.sequential.sessions import Items
from genops.drift.sequential.space import Space
from genops.errors import InputError
from genops.stats import Interval

ERROR = 0.01
_LEAST, _FITTED, _HELD = 30, 1_500, 4_000


@dataclass(frozen=True, eq=False)
class Baseline:
    """The reference of a detector.

    Attributes:
        gauge: Turns rows into readings.
        readings: What they are under no change.
        error: Probability, over references, that a bound is wrong.
        sessions: Whether an item is a session: a group of rows.
        smallest: A change of no more than it is none: a share of items of a wholly new kind, of ranks the separation;
            of categories and of values between two ends by how much a share or the mean rises.
        compared: Vectors with which learned witnesses compare; None of numbers.
        scaling: Vectors that make their scale; None of numbers.
        held: Vectors that bound the means of their readings; None of numbers.
    """

    gauge: Gauge
    readings: tuple[Reading, ...]
    error: float
    sessions: bool = False
    smallest: float = 0.0
    compared: Items | None = None
    scaling: Items | None = None
    held: Items | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.smallest < 1:
            raise InputError(f"a smallest change is a share from 0 to below 1, not {self.smallest}")

    @classmethod
    def of_vectors(
        cls,
        reference: NDArray[Any],
        groups: Labels | None = None,
        *,
        smallest: float = 0.0,
        error: float = ERROR,
        seed: int = 0,
    ) -> Baseline:
        """A baseline of embeddings.

        Args:
            reference: Independent rows, of shape (n, d).
            groups: The session of each; None where each stands alone. With sessions an item is a session.
            smallest: The share of new items that is no change yet, 0 to 1.
            error: Probability, over references, that a bound is wrong.
            seed: Of the split, the frequencies and the topics.

        Raises:
            InputError: There are fewer than 30 items, or a number is not finite.
        """
        rows = checked_vectors(reference)
        fitted, held = _split(rows, groups, 1 / 3, error, seed)
        third = len(fitted) // 3
        scaling, compared = fitted.part(0, third), fitted.part(third, len(fitted))
        space = Space.fitted(compared.rows, seed)
        gauge = ByPlace(space, Scale.fitted(space.project(scaling.rows)[1]))
        kept = held.part(0, min(_HELD, len(held)))
        readings = _bounded(gauge, scaling, held, error)
        return cls(gauge, readings, error, groups is not None, smallest, compared, scaling, kept)

    @classmethod
    def of_numbers(
        cls,
        reference: Sequence[float] | NDArray[Any],
        groups: Labels | None = None,
        *,
        ends: tuple[float, float] | None = None,
        smallest: float = 0.0,
        error: float = ERROR,
        seed: int = 0,
    ) -> Baseline:
        """A baseline of numbers: of their mean where they lie between two ends, else of their ranks.

        Args:
            reference: Independent numbers, of shape (n,).
            groups: The session of each; None where each stands alone. With sessions an item is a session.
            ends: Between which all lie: (0, 1) for scores, and for a rate of what is 0 or 1. None where there are none:
                then it is watched how they rank among those of the reference.
            smallest: The separation that is no change yet, 0 to 1; of numbers between two ends the part of the way
                from one to the other by which their mean may move.
            error: Probability, over references, that a bound is wrong.
            seed: Of the split.

        Raises:
            InputError: There are fewer than 30 items, or a number is not finite or not between the ends.
        """
        rows = checked_numbers(reference) if ends is None else _by_value(ends).rows(reference)
        fitted, held = _split(rows, groups, 1 / 4 if ends is None else 1 / 10, error, seed)
        gauge = ByRank(Scale.fitted(both_ways(fitted.rows))) if ends is None else _by_value(ends)
        return cls(gauge, _bounded(gauge, fitted, held, error), error, groups is not None, smallest)

    @classmethod
    def of_categories(
        cls,
        reference: Sequence[str],
        groups: Labels | None = None,
        *,
        smallest: float = 0.0,
        error: float = ERROR,
        seed: int = 0,
    ) -> Baseline:
        """A baseline of categories: of the share of each of the most frequent, and of all others together.

        Args:
            reference: Independent categories, n of them.
            groups: The session of each; None where each stands alone. With sessions an item is a session.
            smallest: By how much the share of a category may rise without a change, 0 to 1.
            error: Probability, over references, that a bound is wrong.
            seed: Of the split.

        Raises:
            InputError: There are fewer than 30 items.
        """
        names = np.array(reference, dtype=object)
        gauge = ByKind.fitted(_split(names, groups, 1 / 4, error, seed)[0].rows.tolist())
        fitted, held = _split(gauge.rows(reference), groups, 1 / 4, error, seed)
        return cls(gauge, _bounded(gauge, fitted, held, error), error, groups is not None, smallest)

    @classmethod
    def given(
        cls, low: float, high: float, *, ends: tuple[float, float] = (0.0, 1.0), sessions: bool = False
    ) -> Baseline:
        """A baseline that is known: a mean between two values is no change.

        Args:
            low: The least mean that is no change.
            high: The highest.
            ends: Between which all numbers lie.
            sessions: Whether an item is a session.

        Raises:
            InputError: The values are not between the ends, in order; or the highest mean is the lower end or the
                least the upper, as then a single other number would be a change.
        """
        gauge = _by_value(ends)
        if not ends[0] <= low <= high <= ends[1] or high == ends[0] or low == ends[1]:
            raise InputError(
                f"means from {low} to {high} are no range for numbers between {ends[0]} and {ends[1]}",
                hint="give the least and the highest mean that are no change",
            )
        least, middle, highest = gauge.read(np.array([low, (low + high) / 2, high]))[0]
        known = zip(gauge.names, middle.tolist(), (float(highest[0]), float(least[1])), strict=True)
        readings = [Reading(*name, Interval(mean, (0.0, bound), 1.0, 0, "given")) for name, mean, bound in known]
        return cls(gauge, tuple(readings), 0.0, sessions)

    @cached_property
    def material(self) -> Material | None:
        """What witnesses are learned with; None of numbers."""
        if self.compared is None or self.scaling is None or self.held is None:
            return None
        parts = [(self.gauge.read(part.rows)[1], part) for part in (self.compared, self.scaling, self.held)]
        compared, scaling, held = (Items(features, part.starts) for features, part in parts if features is not None)
        return Material.of(compared, scaling, held)

    @property
    def smallest_change(self) -> float:
        """The least change that could ever raise an alarm, however long it lasts, in the unit of ``smallest``.

        What it is more than ``smallest`` is the cost of the allowance: the difference lies within the sampling error of
        the reference. A larger one is found the sooner, the larger it is.
        """
        return min(reading.change(reading.limit(self.smallest)) for reading in self.readings)

    @cached_property
    def digest(self) -> str:
        """Of all that it is."""
        return digest_of(self.state())

    def state(self) -> dict[str, Any]:
        """All there is to know, in plain types: of vectors up to 5,000 rows of the reference."""
        return {
            "gauge": self.gauge.state(),
            "readings": [reading.state() for reading in self.readings],
            "error": self.error,
            "sessions": self.sessions,
            "smallest": self.smallest,
            **{name: part and part.state() for name, part in self._parts().items()},
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Baseline:
        """The baseline of a ``state``, also after a round trip through JSON."""
        return cls(
            gauge_from_state(state["gauge"]),
            tuple(Reading.from_state(reading) for reading in state["readings"]),
            state["error"],
            state["sessions"],
            state["smallest"],
            *(state[name] and Items.from_state(state[name]) for name in ("compared", "scaling", "held")),
        )

    def _parts(self) -> dict[str, Items | None]:
        return {"compared": self.compared, "scaling": self.scaling, "held": self.held}


def _by_value(ends: tuple[float, float]) -> ByValue:
    if not -np.inf < ends[0] < ends[1] < np.inf:
        raise InputError(f"numbers cannot lie between {ends[0]} and {ends[1]}")
    return ByValue(ends)


def _split(rows: NDArray[Any], groups: Labels | None, part: float, error: float, seed: int) -> tuple[Items, Items]:
    """A part of the items, drawn at random, and the rest; in an order drawn at random."""
    if not 0 < error < 1:
        raise InputError(f"the probability of a wrong bound lies between 0 and 1, not at {error}")
    items = Items.of(rows, groups)
    count = len(items)
    if count < _LEAST:
        what = "rows" if groups is None else "groups"
        raise InputError(f"a reference has at least {_LEAST} {what}, not {count}", hint="take a longer window")
    order = np.random.default_rng([seed, 4]).permutation(count)
    fitted = max(_LEAST // 3, min(int(part * count), _FITTED))
    return items.picked(order[:fitted]), items.picked(order[fitted:])


def _bounded(gauge: Gauge, fitted: Items, held: Items, error: float) -> tuple[Reading, ...]:
    read = [part.means(gauge.read(part.rows)[0]) for part in (fitted, held)]
    return bounded_readings(gauge.names, read[0], read[1], error)
