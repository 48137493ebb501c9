"""What a detector watches: the mean of a reading between 0 and 1, and what it is at most under no change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from genops.drift.sequential.allowance import chosen_bets, upper_means
from genops.stats import Interval
from genops.stats.interval import Floats

METHOD = "betting, upper end (Waudby-Smith and Ramdas)"


@dataclass(frozen=True, slots=True)
class Reading:
    """A quantity between 0 and 1, a number an item, whose mean is watched for a rise.

    Attributes:
        witness: What is read: ``"value"``, ``"distance to the nearest topic"``.
        name: How: ``"mean"``, ``"rank"``, ``"share above the 0.97 quantile"``.
        reference: Its mean, whose upper end is what the mean is compared with. All readings of a baseline keep theirs
            at once, with probability ``level``.
    """

    witness: str
    name: str
    reference: Interval

    @property
    def bound(self) -> float:
        """A mean above it is a change; between it and the reference's own lies the allowance."""
        return self.reference.bounds[1] if self.reference.bounds else 1.0

    @property
    def smallest_change(self) -> float:
        """The least share of items with the highest reading, in place of some as ever, that lifts the mean above it."""
        return self.change(self.bound)

    def change(self, mean: float) -> float:
        """Which share of items with the highest reading a mean speaks for; of the rank it is the separation.

        Args:
            mean: Of the reading.
        """
        own = self.reference.estimate
        return (mean - own) / (1 - own) if own < 1 else 0.0

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Reading:
        """The reading of an ``asdict``."""
        reference = dict(state["reference"])
        bounds = reference["bounds"] and tuple(reference["bounds"])
        return cls(state["witness"], state["name"], Interval(**{**reference, "bounds": bounds}))

    def state(self) -> dict[str, Any]:
        """The same in plain types."""
        return asdict(self)


def bounded_readings(
    names: Sequence[tuple[str, str]], fitted: Floats, held: Floats, error: float
) -> tuple[Reading, ...]:
    """Readings with the upper ends of their means.

    Args:
        names: Witness and name of each.
        fitted: Readings of items that the witnesses were fitted to, of shape (a, R).
        held: Readings of further items, of shape (b, R).
        error: Probability that a bound is wrong, all together.
    """
    own = error / len(names)
    bets = chosen_bets(fitted, len(held), own)
    highest, means = upper_means(held, bets, own), held.mean(axis=0)
    return tuple(
        Reading(witness, name, Interval(mean, (0.0, bound), 1 - error, len(held), METHOD))
        for (witness, name), mean, bound in zip(names, means.tolist(), highest.tolist(), strict=True)
    )


def bounds_of(readings: Sequence[Reading]) -> Floats:
    """The bound of each, of shape (R,)."""
    return np.array([reading.bound for reading in readings])
